using System.Diagnostics;
using Rag.Documents;
using Rag.Ingestion;
using Rag.Tests.Traces;
using Rag.Traces;
using Xunit;

namespace Rag.Tests.Conformance.Queue;

/// <summary>What every engine of the queue owes ingestion, from an upload to its completion.</summary>
public abstract class QueueConformance
{
    /// <summary>Opens a channel of its own for a test; null for the outbox itself.</summary>
    internal abstract Task<QueueChannel?> OpenChannelAsync();

    /// <summary>Where a test's documents and their outbox are; null for a SQLite file.</summary>
    internal virtual Task<IDocumentStore?> OpenStoreAsync() => Task.FromResult<IDocumentStore?>(null);

    internal async Task<QueueHouse> OpenAsync(DocumentsOptions? options = null, TimeSpan? again = null, Func<IJobAnnouncer, IJobAnnouncer>? wrap = null) =>
        await QueueHouse.OpenAsync(await OpenChannelAsync(), options, again, wrap, await OpenStoreAsync());

    [Fact]
    public async Task What_is_uploaded_comes_with_its_content_and_is_searchable_after_its_result()
    {
        await using var house = await OpenAsync();
        var worker = house.NewWorker();
        await house.PutAsync("a", "words of a");
        var job = Assert.Single(await worker.ClaimAsync());
        Assert.Equal(("t", "a", 1, "words of a", "text/plain", 0), (job.Tenant, job.DocumentId, job.Version, System.Text.Encoding.UTF8.GetString(job.Content.Span), job.ContentType, job.Attempt));
        Assert.Equal(DocumentState.Processing, (await house.Documents.StatusAsync("a"))!.Status);
        await worker.EndAsync(job);
        await house.AssertSearchableAsync("a", 1, "words of a");
        Assert.Equal(0, await house.DepthAsync());
        Assert.True(await worker.NothingComesAsync());
    }

    [Fact]
    public async Task A_job_comes_with_the_trace_of_its_upload_and_without_one_when_there_is_none()
    {
        await using var house = await OpenAsync();
        var worker = house.NewWorker();
        await house.PutAsync("untraced");
        var untraced = Assert.Single(await worker.ClaimAsync());
        Assert.Null(untraced.TraceParent);
        await worker.EndAsync(untraced);
        using var spans = new SpanWatch();
        using (var request = Spans.Begin("request", ActivityKind.Server, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")!)
            await house.PutAsync("traced");
        var job = Assert.Single(await worker.ClaimAsync());
        var sent = spans.Of("0af7651916cd43dd8448eb211c80319c").Single(span => span.OperationName == "send ingestion");
        Assert.Equal(sent.Id, job.TraceParent);
        await worker.EndAsync(job);
    }

    [Fact]
    public async Task A_newer_version_waits_for_the_one_in_hand_and_takes_the_place_of_one_that_waits()
    {
        await using var house = await OpenAsync();
        var (one, two) = (house.NewWorker("one"), house.NewWorker("two"));
        await house.PutAsync("a", "first");
        var first = Assert.Single(await one.ClaimAsync());
        await house.PutAsync("a", "second");
        await house.PutAsync("a", "third");
        Assert.True(await two.NothingComesAsync());
        Assert.True(await one.NothingComesAsync(100));
        await one.EndAsync(first);
        var third = await EitherAsync(one, two);
        Assert.Equal(3, third.Job.Version);
        await third.Worker.EndAsync(third.Job);
        await house.AssertSearchableAsync("a", 3, "third");
    }

    [Fact]
    public async Task Many_workers_end_with_the_newest_version_of_each_document_and_never_share_one()
    {
        await using var house = await OpenAsync();
        var newest = new Dictionary<string, (int Version, string Text, bool Deleted)>();
        var uploads = Task.Run(async () =>
        {
            var chance = new Random(7);
            for (var i = 0; i < 300; i++)
            {
                var id = $"d{chance.Next(12)}";
                if (chance.Next(6) == 0 && newest.TryGetValue(id, out var known) && !known.Deleted)
                {
                    Assert.True(await house.Documents.Service.DeleteAsync("t", id, null, default));
                    newest[id] = (known.Version + 1, "", true);
                }
                else
                    newest[id] = ((await house.PutAsync(id, $"text {i}")).Version, $"text {i}", false);
                if (i % 25 == 0)
                    await Task.Delay(5);
            }
        });
        var done = await house.DrainAsync(workers: 3, until: uploads);
        Assert.All(done.GroupBy(job => job.DocumentId), jobs => Assert.Equal(jobs.Select(j => j.Version).Order(), jobs.Select(j => j.Version)));
        foreach (var (id, (version, text, deleted)) in newest)
        {
            Assert.Equal(version, done.Last(job => job.DocumentId == id).Version);
            if (deleted)
                Assert.Null(await house.Documents.Service.GetAsync("t", id, default));
            else
                await house.AssertSearchableAsync(id, version, text);
        }
    }

    [Fact]
    public async Task What_a_worker_held_when_it_died_comes_back_with_its_next_run()
    {
        await using var house = await OpenAsync();
        var worker = house.NewWorker("one", "first run");
        foreach (var id in (string[])["a", "b", "c"])
            await house.PutAsync(id);
        var held = new List<IngestionJob>();
        while (held.Count < 3)
            held.AddRange(await worker.ClaimAsync());
        worker.Die();
        var next = house.NewWorker("one", "second run");
        var again = new List<IngestionJob>();
        while (again.Count < 3)
            again.AddRange(await next.ClaimAsync());
        Assert.Equal(held.Select(j => j.JobId).Order(), again.Select(j => j.JobId).Order());
        Assert.All(again, job => Assert.Equal(0, job.Attempt));
        foreach (var job in again)
            await next.EndAsync(job);
        Assert.Equal(0, await house.DepthAsync());
    }

    [Fact]
    public async Task What_a_dead_worker_held_goes_to_another_when_its_lease_ends()
    {
        await using var house = await OpenAsync(new DocumentsOptions { Lease = TimeSpan.FromSeconds(1), RetryDelay = TimeSpan.FromMilliseconds(50) });
        var (one, two) = (house.NewWorker("one"), house.NewWorker("two"));
        await house.PutAsync("a");
        var (dead, held) = await EitherAsync(one, two);
        dead.Die();
        var alive = dead == one ? two : one;
        var job = Assert.Single(await alive.ClaimAsync());
        Assert.Equal((held.JobId, 1), (job.JobId, job.Attempt));
        await alive.EndAsync(job);
        Assert.Equal(0, await house.DepthAsync());
        Assert.Equal(DocumentState.Searchable, (await house.Documents.StatusAsync("a"))!.Status);
    }

    [Fact]
    public async Task A_failed_try_comes_back_after_a_pause_with_its_count_and_an_outage_does_not_count()
    {
        await using var house = await OpenAsync(new DocumentsOptions { RetryDelay = TimeSpan.FromMilliseconds(400) });
        var worker = house.NewWorker();
        await house.PutAsync("a");
        await worker.EndAsync(Assert.Single(await worker.ClaimAsync()), IngestionOutcome.Deferred, "down");
        Assert.True(await worker.NothingComesAsync(200));
        var second = Assert.Single(await worker.ClaimAsync());
        Assert.Equal(0, second.Attempt);
        await worker.EndAsync(second, IngestionOutcome.Retry, "odd");
        Assert.Equal((DocumentState.Queued, "odd"), ((await house.Documents.StatusAsync("a"))!.Status, (await house.Documents.StatusAsync("a"))!.Reason));
        var third = Assert.Single(await worker.ClaimAsync());
        Assert.Equal(1, third.Attempt);
        await worker.EndAsync(third);
        Assert.Equal(0, await house.DepthAsync());
    }

    [Fact]
    public async Task What_can_never_succeed_ends_failed_and_among_the_dead_letters()
    {
        await using var house = await OpenAsync(new DocumentsOptions { MaxAttempts = 2, RetryDelay = TimeSpan.FromMilliseconds(10) });
        var worker = house.NewWorker();
        await house.PutAsync("poison");
        await worker.EndAsync(Assert.Single(await worker.ClaimAsync()), IngestionOutcome.Poison, "not a text");
        await house.PutAsync("odd");
        for (var i = 0; i < 2; i++)
            await worker.EndAsync(Assert.Single(await worker.ClaimAsync()), IngestionOutcome.Retry, "odd");
        Assert.Equal((DocumentState.Failed, "not a text"), ((await house.Documents.StatusAsync("poison"))!.Status, (await house.Documents.StatusAsync("poison"))!.Reason));
        Assert.Equal(DocumentState.Failed, (await house.Documents.StatusAsync("odd"))!.Status);
        Assert.Equal(0, await house.DepthAsync());
        Assert.True(await worker.NothingComesAsync());
        if (house.Channel is not { } channel)
            return;
        var letters = await channel.LettersAsync(2);
        Assert.Equal([("odd", 2), ("poison", 1)], letters.Select(l => (l.Notice.DocumentId, l.Attempts)).Order());
        Assert.Equal("not a text", letters.Single(l => l.Notice.DocumentId == "poison").Reason);
    }

    [Fact]
    public async Task Five_thousand_jobs_reach_two_workers_once_each()
    {
        await using var house = await OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async client =>
        {
            for (var i = 0; i < 250; i++)
                await house.PutAsync($"c{client}-{i}", $"text {client} {i}");
        }));
        var done = await house.DrainAsync(workers: 2);
        Assert.Equal(5_000, done.Count);
        Assert.Equal(5_000, done.Select(job => job.DocumentId).Distinct().Count());
        Assert.Equal(new DocumentsState(5_000, 0, TimeSpan.Zero, 0), await house.Documents.Service.DescribeAsync(default));
    }

    [Fact]
    public async Task Tenants_of_any_script_and_ids_of_any_length_come_through()
    {
        await using var house = await OpenAsync();
        var id = new string('x', 256);
        string[] tenants = ["Łódź", "株式会社", "🚢/⚓", "a/b", "\"quoted\"\\\n", "null\0byte", new string('ü', 3_000)];
        foreach (var tenant in tenants)
            await house.PutAsync(id, $"of {tenant.Length}", tenant);
        var done = await house.DrainAsync();
        Assert.Equal(tenants.Order(StringComparer.Ordinal), done.Select(job => job.Tenant).Order(StringComparer.Ordinal));
        foreach (var tenant in tenants)
            await house.AssertSearchableAsync(id, 1, $"of {tenant.Length}", tenant);
    }

    [Fact]
    public async Task A_deletion_comes_as_a_job_without_content_and_is_never_given_up()
    {
        await using var house = await OpenAsync(new DocumentsOptions { MaxAttempts = 2, RetryDelay = TimeSpan.FromMilliseconds(10), MaxRetryDelay = TimeSpan.FromMilliseconds(20) });
        var worker = house.NewWorker();
        await house.PutAsync("a");
        await worker.EndAsync(Assert.Single(await worker.ClaimAsync()));
        await house.Documents.Service.DeleteAsync("t", "a", null, default);
        for (var i = 0; i < 5; i++)
        {
            var job = Assert.Single(await worker.ClaimAsync());
            Assert.Equal((IngestionKind.Delete, 2, 0), (job.Kind, job.Version, job.Content.Length));
            await worker.EndAsync(job, i < 4 ? IngestionOutcome.Retry : IngestionOutcome.Done, "odd");
        }

        Assert.Equal(0, await house.DepthAsync());
    }

    [Fact]
    public async Task A_claim_ends_when_its_caller_goes()
    {
        await using var house = await OpenAsync();
        using var gone = new CancellationTokenSource();
        var worker = house.NewWorker();
        var claim = worker.Queue.ClaimAsync(new IngestionClaim("w", "1", 1, QueueHouse.Limit), gone.Token).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => claim);
        await house.PutAsync("a");
        await worker.EndAsync(Assert.Single(await worker.ClaimAsync()));
    }

    internal static async Task<(QueueWorker Worker, IngestionJob Job)> EitherAsync(params QueueWorker[] workers)
    {
        using var limit = new CancellationTokenSource(QueueHouse.Limit);
        while (true)
            foreach (var worker in workers)
            {
                Assert.False(limit.IsCancellationRequested, "nobody was given a job");
                if (await worker.ClaimAsync(wait: TimeSpan.FromMilliseconds(50)) is { Count: > 0 } jobs)
                    return (worker, Assert.Single(jobs));
            }
    }
}
