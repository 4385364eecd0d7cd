using Rag.Documents;
using Rag.Ingestion;
using Xunit;

namespace Rag.Tests.Documents;

public class QueueTests
{
    [Fact]
    public async Task Jobs_come_in_the_order_of_their_uploads_and_a_newer_version_takes_the_place_of_one_that_waits()
    {
        using var documents = new DocumentsFixture();
        foreach (var id in (string[])["a", "b", "c", "a"])
            await documents.PutAsync(id, "text of " + id);
        var jobs = await documents.ClaimAsync();
        Assert.Equal([("a", 2), ("b", 1), ("c", 1)], jobs.Select(j => (j.DocumentId, j.Version)));
        Assert.Equal(3, (await documents.Service.DescribeAsync(default)).QueueDepth);
    }

    [Fact]
    public async Task Two_jobs_of_one_document_are_never_out_together()
    {
        using var documents = new DocumentsFixture();
        await documents.PutAsync("a", "one");
        var first = Assert.Single(await documents.ClaimAsync());
        await documents.PutAsync("a", "two");
        Assert.True(await documents.NothingIsReadyAsync());
        Assert.Equal(2, (await documents.Service.DescribeAsync(default)).QueueDepth);

        await documents.Queue.CompleteAsync([DocumentsFixture.Done(first)], default);
        var second = Assert.Single(await documents.ClaimAsync());
        Assert.Equal(2, second.Version);
        Assert.Equal(DocumentState.Processing, (await documents.StatusAsync("a"))!.Status);
        await documents.Queue.CompleteAsync([DocumentsFixture.Done(second)], default);
        Assert.Equal((2, DocumentState.Searchable), ((await documents.StatusAsync("a"))!.Version, (await documents.StatusAsync("a"))!.Status));
        Assert.Equal(0, (await documents.Service.DescribeAsync(default)).QueueDepth);
    }

    [Fact]
    public async Task A_late_result_of_an_overtaken_version_changes_nothing_of_the_newest()
    {
        using var documents = new DocumentsFixture();
        await documents.PutAsync("a", "one");
        var first = Assert.Single(await documents.ClaimAsync());
        await documents.PutAsync("a", "two");
        await documents.Queue.CompleteAsync([new(first, IngestionOutcome.Poison, Reason: "late")], default);
        var status = await documents.StatusAsync("a");
        Assert.Equal((2, DocumentState.Queued, null), (status!.Version, status.Status, status.Reason));
        Assert.Equal(0, (await documents.Service.DescribeAsync(default)).Quarantined);
        Assert.Equal(2, Assert.Single(await documents.IngestAsync()).Version);

        await documents.Queue.CompleteAsync([DocumentsFixture.Done(first)], default);
        Assert.Equal((2, DocumentState.Searchable), ((await documents.StatusAsync("a"))!.Version, (await documents.StatusAsync("a"))!.Status));
        Assert.Equal("two", (await documents.Service.GetAsync("t", "a", default))!.Text);
    }

    [Fact]
    public async Task A_late_result_of_a_deleted_document_doesnt_bring_it_back()
    {
        using var documents = new DocumentsFixture();
        await documents.PutAsync("a", "one");
        var first = Assert.Single(await documents.ClaimAsync());
        await documents.Service.DeleteAsync("t", "a", null, default);
        await documents.Queue.CompleteAsync([DocumentsFixture.Done(first)], default);
        Assert.Null(await documents.StatusAsync("a"));
        Assert.Equal((IngestionKind.Delete, 2), (await documents.IngestAsync()).Select(j => (j.Kind, j.Version)).Single());
        Assert.Equal(0, (await documents.Service.DescribeAsync(default)).QueueDepth);
    }

    [Fact]
    public async Task What_a_worker_held_when_it_died_comes_back_with_its_next_run_and_others_jobs_do_not()
    {
        using var documents = new DocumentsFixture();
        await documents.PutAsync("a");
        await documents.PutAsync("b");
        var held = Assert.Single(await documents.Queue.ClaimAsync(DocumentsFixture.Claim(1, "one", "first run"), default));
        var others = Assert.Single(await documents.Queue.ClaimAsync(DocumentsFixture.Claim(1, "two", "first run"), default));
        Assert.True(await documents.NothingIsReadyAsync());

        var again = Assert.Single(await documents.Queue.ClaimAsync(DocumentsFixture.Claim(10, "one", "second run"), default));
        Assert.Equal((held.DocumentId, held.JobId), (again.DocumentId, again.JobId));
        await documents.Queue.CompleteAsync([DocumentsFixture.Done(again), DocumentsFixture.Done(others)], default);
        Assert.Equal(0, (await documents.Service.DescribeAsync(default)).QueueDepth);
    }

    [Fact]
    public async Task A_document_under_which_its_worker_died_twelve_times_is_given_up_on()
    {
        using var documents = new DocumentsFixture();
        await documents.PutAsync("a");
        for (var run = 0; run < documents.Options.MaxInterruptions; run++)
            Assert.Single(await documents.Queue.ClaimAsync(DocumentsFixture.Claim(1, "one", $"run {run}"), default));
        Assert.Empty(await documents.Queue.ClaimAsync(DocumentsFixture.Claim(1, "one", "last run") with { Wait = TimeSpan.Zero }, default));
        Assert.Equal(DocumentState.Failed, (await documents.StatusAsync("a"))!.Status);
    }

    [Fact]
    public async Task A_claim_ends_empty_when_its_wait_is_over()
    {
        using var documents = new DocumentsFixture();
        var claim = documents.Queue.ClaimAsync(DocumentsFixture.Claim(1) with { Wait = TimeSpan.FromSeconds(20) }, default).AsTask();
        documents.Time.Advance(TimeSpan.FromSeconds(19));
        Assert.False(claim.IsCompleted);
        documents.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(await claim.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_waiting_claim_is_woken_by_an_upload()
    {
        using var documents = new DocumentsFixture();
        var claims = Enumerable.Range(0, 3).Select(_ => documents.Queue.ClaimAsync(DocumentsFixture.Claim(10), default).AsTask()).ToArray();
        await documents.PutAsync("a");
        var first = await await Task.WhenAny(claims).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal("a", Assert.Single(first).DocumentId);
        await documents.PutAsync("b");
        await documents.PutAsync("c");
        var all = await Task.WhenAll(claims.Select(c => c.WaitAsync(TimeSpan.FromSeconds(10))));
        Assert.Equal(["a", "b", "c"], all.SelectMany(j => j).Select(j => j.DocumentId).Order());
    }

    [Fact]
    public async Task A_job_whose_lease_ends_comes_back_and_the_first_workers_good_news_still_counts()
    {
        using var documents = new DocumentsFixture();
        await documents.PutAsync("a");
        var first = Assert.Single(await documents.ClaimAsync());
        documents.Time.Advance(documents.Options.Lease - TimeSpan.FromSeconds(1));
        Assert.True(await documents.NothingIsReadyAsync());
        documents.Time.Advance(TimeSpan.FromSeconds(2));
        var second = Assert.Single(await documents.ClaimAsync());
        Assert.Equal((first.JobId, 1), (second.JobId, second.Attempt));

        // Bad news of a claim that is over is not believed, good news is: what is indexed is indexed.
        await documents.Queue.CompleteAsync([new(first, IngestionOutcome.Poison, Reason: "late")], default);
        Assert.Equal(DocumentState.Processing, (await documents.StatusAsync("a"))!.Status);
        await documents.Queue.CompleteAsync([DocumentsFixture.Done(first)], default);
        Assert.Equal(DocumentState.Searchable, (await documents.StatusAsync("a"))!.Status);
        await documents.Queue.CompleteAsync([DocumentsFixture.Done(second)], default);
        Assert.Equal(0, (await documents.Service.DescribeAsync(default)).QueueDepth);
    }

    [Fact]
    public async Task Tries_back_off_and_end_in_quarantine_with_the_last_reason()
    {
        using var documents = new DocumentsFixture(new DocumentsOptions { MaxAttempts = 4 });
        await documents.PutAsync("a");
        // 200 ms, 400 ms, 800 ms between four tries.
        foreach (var wait in (int[])[200, 400, 800])
        {
            var job = Assert.Single(await documents.ClaimAsync());
            await documents.Queue.CompleteAsync([new(job, IngestionOutcome.Retry, Reason: "odd")], default);
            Assert.Equal((DocumentState.Queued, "odd"), ((await documents.StatusAsync("a"))!.Status, (await documents.StatusAsync("a"))!.Reason));
            documents.Time.Advance(TimeSpan.FromMilliseconds(wait - 1));
            Assert.True(await documents.NothingIsReadyAsync());
            documents.Time.Advance(TimeSpan.FromMilliseconds(3));
        }

        var last = Assert.Single(await documents.ClaimAsync());
        Assert.Equal(3, last.Attempt);
        await documents.Queue.CompleteAsync([new(last, IngestionOutcome.Retry, Reason: "odd")], default);
        var status = await documents.StatusAsync("a");
        Assert.Equal((DocumentState.Failed, 4, "given up after 4 tries; the last one: odd"), (status!.Status, status.Attempts, status.Reason));
        Assert.Equal(new DocumentsState(1, 0, TimeSpan.Zero, 1), await documents.Service.DescribeAsync(default));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_outage_never_costs_a_document_and_a_deletion_is_never_given_up(bool deletion)
    {
        using var documents = new DocumentsFixture(new DocumentsOptions { MaxAttempts = 2 });
        await documents.PutAsync("a");
        if (deletion)
            await documents.Service.DeleteAsync("t", "a", null, default);
        for (var i = 0; i < 30; i++)
        {
            var job = Assert.Single(await documents.ClaimAsync());
            var outcome = deletion ? IngestionOutcome.Retry : IngestionOutcome.Deferred;
            await documents.Queue.CompleteAsync([new(job, outcome, Reason: "down")], default);
            documents.Time.Advance(documents.Options.MaxRetryDelay + TimeSpan.FromSeconds(1));
        }

        Assert.Equal(deletion ? IngestionKind.Delete : IngestionKind.Index, Assert.Single(await documents.IngestAsync()).Kind);
        Assert.Equal(deletion ? null : DocumentState.Searchable, (await documents.StatusAsync("a"))?.Status);
    }

    [Fact]
    public async Task A_new_version_need_not_wait_for_the_backoff_of_the_one_before()
    {
        using var documents = new DocumentsFixture();
        await documents.PutAsync("a");
        var job = Assert.Single(await documents.ClaimAsync());
        await documents.Queue.CompleteAsync([new(job, IngestionOutcome.Retry, Reason: "odd")], default);
        await documents.PutAsync("a", "better");
        Assert.Equal((2, 0), (await documents.IngestAsync()).Select(j => (j.Version, j.Attempt)).Single());
        documents.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(await documents.NothingIsReadyAsync());
    }

    [Fact]
    public async Task A_document_under_which_the_process_dies_again_and_again_is_tried_alone_and_then_given_up()
    {
        var documents = new DocumentsFixture(new DocumentsOptions { MaxInterruptions = 5 });
        await documents.PutAsync("killer");
        await documents.PutAsync("innocent");
        for (var death = 1; death <= 5; death++)
        {
            // From the fourth start on, both are suspects and come one at a time.
            var jobs = await documents.ClaimAsync();
            Assert.Equal(death <= 3 ? ["killer", "innocent"] : ["killer"], jobs.Select(j => j.DocumentId));
            if (death == 4)
                Assert.Equal("innocent", Assert.Single(await documents.IngestAsync()).DocumentId);
            documents = Restart(documents);
        }

        await documents.PutAsync("later");
        Assert.Equal(["later"], (await documents.IngestAsync()).Select(j => j.DocumentId));
        Assert.True(await documents.NothingIsReadyAsync());
        var status = await documents.StatusAsync("killer");
        Assert.Equal((DocumentState.Failed, "the service stopped 5 times while it processed this document"), (status!.Status, status.Reason));
        documents.Dispose();
        Directory.Delete(documents.Folder, recursive: true);
    }

    [Fact]
    public async Task Uploads_are_refused_when_too_many_wait_and_deletions_are_not()
    {
        using var documents = new DocumentsFixture(new DocumentsOptions { MaxQueuedJobs = 2 });
        await documents.PutAsync("a");
        await documents.PutAsync("b");
        var refusal = await Assert.ThrowsAsync<Rag.Errors.RagException>(async () => await documents.PutAsync("c"));
        Assert.Equal(Rag.Errors.RagError.Overloaded, refusal.Error);
        Assert.NotNull(refusal.RetryAfter);
        Assert.True(await documents.Service.DeleteAsync("t", "a", null, default));
        await documents.IngestAsync();
        await documents.PutAsync("c");
    }

    [Fact]
    public async Task One_claim_brings_no_more_than_its_share_of_bytes_and_a_large_document_comes_alone()
    {
        using var documents = new DocumentsFixture();
        await documents.PutAsync("small");
        await documents.PutAsync("large", new string('x', 20 * 1024 * 1024));
        await documents.PutAsync("other");
        Assert.Equal(["small"], (await documents.IngestAsync()).Select(j => j.DocumentId));
        Assert.Equal(["large"], (await documents.IngestAsync()).Select(j => j.DocumentId));
        Assert.Equal(["other"], (await documents.IngestAsync()).Select(j => j.DocumentId));
    }

    /// <summary>As kill -9 leaves it: nothing is completed, the queue's memory is gone.</summary>
    private static DocumentsFixture Restart(DocumentsFixture documents)
    {
        documents.Service.Dispose();
        documents.Store.Dispose();
        return new DocumentsFixture(documents.Options, documents.Folder, time: documents.Time);
    }
}
