using System.Text;
using Rag.Documents;
using Rag.Ingestion;
using Rag.Tests.Documents;
using Xunit;

namespace Rag.Tests.Conformance.Documents;

// The queue: who gets which job, how often, and what becomes of results that come late or twice.
public abstract partial class DocumentServiceConformance
{
    [Fact]
    public async Task Jobs_come_in_the_order_of_their_uploads_and_a_newer_version_takes_the_place_of_one_that_waits()
    {
        var documents = New();
        foreach (var id in (string[])["a", "b", "c", "a"])
            await documents.PutAsync(id, "text of " + id);
        var jobs = await documents.ClaimAsync();
        Assert.Equal([("a", 2), ("b", 1), ("c", 1)], jobs.Select(j => (j.DocumentId, j.Version)));
        Assert.Equal(["text of a", "text of b", "text of c"], jobs.Select(j => Encoding.UTF8.GetString(j.Content.Span)));
        Assert.Equal(3, await documents.DepthAsync());
        Assert.True(jobs.Select(j => j.JobId).Distinct().Count() == 3);
    }

    [Fact]
    public async Task Two_jobs_of_one_document_are_never_out_together()
    {
        var documents = New();
        await documents.PutAsync("a", "one");
        var first = Assert.Single(await documents.ClaimAsync());
        await documents.PutAsync("a", "two");
        Assert.True(await documents.NothingIsReadyAsync());
        Assert.Equal(2, await documents.DepthAsync());
        await documents.CompleteAsync([first]);
        var second = Assert.Single(await documents.ClaimAsync());
        Assert.Equal(2, second.Version);
        Assert.Equal((2, DocumentState.Processing), await documents.StandAsync("a"));
        await documents.CompleteAsync([second]);
        Assert.Equal((2, DocumentState.Searchable), await documents.StandAsync("a"));
        Assert.Equal(0, await documents.DepthAsync());
    }

    [Fact]
    public async Task A_late_result_of_an_overtaken_version_changes_nothing_of_the_newest()
    {
        var documents = New();
        await documents.PutAsync("a", "one");
        var first = Assert.Single(await documents.ClaimAsync());
        await documents.PutAsync("a", "two");
        await documents.FailAsync(first, IngestionOutcome.Poison, "late");
        var status = (await documents.StatusAsync("a"))!;
        Assert.Equal((2, DocumentState.Queued, null), (status.Version, status.Status, status.Reason));
        Assert.Equal(0, (await documents.Service.DescribeAsync(default)).Quarantined);
        Assert.Equal(2, Assert.Single(await documents.IngestAsync()).Version);
        await documents.CompleteAsync([first]);
        Assert.Equal((2, DocumentState.Searchable), await documents.StandAsync("a"));
        Assert.Equal("two", (await documents.Service.GetAsync("t", "a", default))!.Text);
    }

    [Fact]
    public async Task A_late_result_of_a_deleted_document_doesnt_bring_it_back()
    {
        var documents = New();
        await documents.PutAsync("a", "one");
        var first = Assert.Single(await documents.ClaimAsync());
        Assert.True(await documents.Service.DeleteAsync("t", "a", null, default));
        Assert.False(await documents.Service.DeleteAsync("t", "a", null, default));
        await documents.CompleteAsync([first]);
        Assert.Null(await documents.StatusAsync("a"));
        Assert.Null(await documents.Service.GetAsync("t", "a", default));
        Assert.Equal((IngestionKind.Delete, 2), (await documents.IngestAsync()).Select(j => (j.Kind, j.Version)).Single());
        Assert.Equal(new DocumentsState(0, 0, TimeSpan.Zero, 0), await documents.Service.DescribeAsync(default));
        Assert.Equal(3, (await documents.PutAsync("a")).Version);
    }

    [Fact]
    public async Task What_a_worker_held_when_it_died_comes_back_with_its_next_run_and_others_jobs_do_not()
    {
        var documents = New();
        await documents.PutAsync("a");
        await documents.PutAsync("b");
        var held = Assert.Single(await documents.ClaimAsync(1, "one", "first run"));
        var others = Assert.Single(await documents.ClaimAsync(1, "two", "first run"));
        Assert.True(await documents.NothingIsReadyAsync());
        var again = Assert.Single(await documents.ClaimAsync(10, "one", "second run"));
        Assert.Equal((held.DocumentId, held.JobId, 0), (again.DocumentId, again.JobId, again.Attempt));
        await documents.CompleteAsync([again, others]);
        Assert.Equal(0, await documents.DepthAsync());
    }

    [Fact]
    public async Task Documents_under_which_a_worker_dies_come_alone_from_the_fourth_time_and_are_given_up_on_after_the_twelfth()
    {
        var documents = New();
        await documents.PutAsync("killer");
        await documents.PutAsync("innocent");
        for (var run = 0; run < 3; run++)
            Assert.Equal(["killer", "innocent"], (await documents.ClaimAsync(10, "one", $"run {run}")).Select(j => j.DocumentId));
        Assert.Equal("killer", Assert.Single(await documents.ClaimAsync(10, "one", "run 3")).DocumentId);
        await documents.PutAsync("third");
        Assert.Equal("third", Assert.Single(await documents.ClaimAsync(10, "one", "run 3")).DocumentId);
        Assert.Equal("innocent", Assert.Single(await documents.ClaimAsync(10, "one", "run 3")).DocumentId);
        for (var run = 4; run < documents.Options.MaxInterruptions; run++)
            while ((await documents.Queue.ClaimAsync(new IngestionClaim("one", $"run {run}", 10, TimeSpan.Zero), default)).Count > 0)
            {
            }

        while ((await documents.Queue.ClaimAsync(new IngestionClaim("one", "last run", 10, TimeSpan.Zero), default)).Count > 0)
        {
        }

        var status = (await documents.StatusAsync("killer"))!;
        Assert.Equal((DocumentState.Failed, "the service stopped 12 times while it processed this document"), (status.Status, status.Reason));
    }

    [Fact]
    public async Task A_job_whose_lease_ends_comes_back_and_the_first_workers_good_news_still_counts()
    {
        var documents = New();
        await documents.PutAsync("a");
        var first = Assert.Single(await documents.ClaimAsync());
        await PassAsync(documents.Options.Lease - TimeSpan.FromSeconds(10));
        Assert.True(await documents.NothingIsReadyAsync());
        await PassAsync(TimeSpan.FromSeconds(11));
        var second = Assert.Single(await documents.ClaimAsync());
        Assert.Equal((first.JobId, 1), (second.JobId, second.Attempt));

        // Bad news of a claim that is over is not believed, good news is: what is indexed is indexed.
        await documents.FailAsync(first, IngestionOutcome.Poison, "late");
        await documents.FailAsync(first, IngestionOutcome.Retry, "late");
        Assert.Equal((1, DocumentState.Processing), await documents.StandAsync("a"));
        Assert.True(await documents.NothingIsReadyAsync());
        await documents.CompleteAsync([first]);
        Assert.Equal((1, DocumentState.Searchable), await documents.StandAsync("a"));
        await documents.CompleteAsync([second]);
        Assert.Equal(0, await documents.DepthAsync());
    }

    [Fact]
    public async Task Tries_back_off_and_end_in_quarantine_with_the_last_reason()
    {
        var documents = New(new DocumentsOptions { MaxAttempts = 4, RetryDelay = TimeSpan.FromSeconds(20), MaxRetryDelay = TimeSpan.FromHours(1) });
        await documents.PutAsync("a");
        // 20 s, 40 s, 80 s between four tries.
        foreach (var wait in (int[])[20, 40, 80])
        {
            var job = Assert.Single(await documents.ClaimAsync());
            await documents.FailAsync(job, IngestionOutcome.Retry, "odd");
            var resting = (await documents.StatusAsync("a"))!;
            Assert.Equal((DocumentState.Queued, "odd", job.Attempt + 1), (resting.Status, resting.Reason, resting.Attempts));
            await PassAsync(TimeSpan.FromSeconds(wait - 10));
            Assert.True(await documents.NothingIsReadyAsync());
            await PassAsync(TimeSpan.FromSeconds(11));
        }

        var last = Assert.Single(await documents.ClaimAsync());
        Assert.Equal(3, last.Attempt);
        await documents.FailAsync(last, IngestionOutcome.Retry, "odd");
        var status = (await documents.StatusAsync("a"))!;
        Assert.Equal((DocumentState.Failed, 4, "given up after 4 tries; the last one: odd"), (status.Status, status.Attempts, status.Reason));
        Assert.NotNull(status.FailedAt);
        Assert.Equal(new DocumentsState(1, 0, TimeSpan.Zero, 1), await documents.Service.DescribeAsync(default));
        await documents.PutAsync("a");
        Assert.Equal(0, (await documents.Service.DescribeAsync(default)).Quarantined);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_outage_never_costs_a_document_and_a_deletion_is_never_given_up(bool deletion)
    {
        var documents = New(new DocumentsOptions { MaxAttempts = 2 });
        await documents.PutAsync("a");
        if (deletion)
            await documents.Service.DeleteAsync("t", "a", null, default);
        for (var i = 0; i < 10; i++)
        {
            var job = Assert.Single(await documents.ClaimAsync());
            await documents.FailAsync(job, deletion ? IngestionOutcome.Retry : IngestionOutcome.Deferred, "down");
            await PassAsync(documents.Options.MaxRetryDelay + TimeSpan.FromSeconds(1));
        }

        Assert.Equal(deletion ? IngestionKind.Delete : IngestionKind.Index, Assert.Single(await documents.IngestAsync()).Kind);
        Assert.Equal(deletion ? null : (1, DocumentState.Searchable), await documents.StandAsync("a"));
    }

    [Fact]
    public async Task A_new_version_need_not_wait_for_the_backoff_of_the_one_before()
    {
        var documents = New(new DocumentsOptions { RetryDelay = TimeSpan.FromSeconds(60), MaxRetryDelay = TimeSpan.FromSeconds(60) });
        await documents.PutAsync("a");
        await documents.FailAsync(Assert.Single(await documents.ClaimAsync()), IngestionOutcome.Retry, "odd");
        await documents.PutAsync("a", "better");
        Assert.Equal((2, 0), (await documents.IngestAsync()).Select(j => (j.Version, j.Attempt)).Single());
        await PassAsync(TimeSpan.FromMinutes(2));
        Assert.True(await documents.NothingIsReadyAsync());
    }

    [Fact]
    public async Task Claims_that_wait_are_woken_by_uploads_and_share_them()
    {
        var documents = New();
        var claims = Enumerable.Range(0, 3).Select(_ => documents.ClaimAsync(1)).ToArray();
        foreach (var id in (string[])["a", "b", "c"])
            await documents.PutAsync(id);
        Assert.Equal(["a", "b", "c"], (await Task.WhenAll(claims)).Select(jobs => Assert.Single(jobs).DocumentId).Order());
    }

    [Fact]
    public async Task One_claim_brings_no_more_than_its_share_of_bytes_and_a_large_document_comes_alone()
    {
        var documents = New();
        await documents.PutAsync("small");
        await documents.PutAsync("large", new string('x', 20 * 1024 * 1024));
        await documents.PutAsync("other");
        Assert.Equal(["small"], (await documents.IngestAsync()).Select(j => j.DocumentId));
        var large = Assert.Single(await documents.IngestAsync());
        Assert.Equal(("large", 20 * 1024 * 1024), (large.DocumentId, large.Content.Length));
        Assert.Equal(["other"], (await documents.IngestAsync()).Select(j => j.DocumentId));
        Assert.Equal(20 * 1024 * 1024, (await documents.Service.GetAsync("t", "large", default))!.Text!.Length);
    }

    [Fact]
    public async Task A_caller_who_gave_up_gets_nothing_else()
    {
        var documents = New();
        await documents.PutAsync("a");
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await documents.Queue.ClaimAsync(new IngestionClaim("w", "1", 1, TimeSpan.FromMinutes(1)), stopped.Token));
        Assert.Equal("a", Assert.Single(await documents.ClaimAsync(worker: "w")).DocumentId);
    }

    [Fact]
    public async Task Nothing_completed_is_no_commit_and_the_same_result_twice_is_one()
    {
        var documents = New();
        await documents.Queue.CompleteAsync([], default);
        await documents.PutAsync("a");
        var job = Assert.Single(await documents.ClaimAsync());
        await documents.Queue.CompleteAsync([DocumentsFixture.Done(job), DocumentsFixture.Done(job)], default);
        await documents.CompleteAsync([job]);
        Assert.Equal((1, DocumentState.Searchable), await documents.StandAsync("a"));
        Assert.Equal(new DocumentsState(1, 0, TimeSpan.Zero, 0), await documents.Service.DescribeAsync(default));
    }
}
