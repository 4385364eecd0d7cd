using Rag.Documents;
using Rag.Errors;
using Rag.Ingestion;
using Xunit;

namespace Rag.Tests.Documents;

public class GroupCommitTests
{
    [Fact]
    public async Task Uploads_that_arrive_during_a_flush_share_the_next_one()
    {
        GatedStore? gate = null;
        using var documents = new DocumentsFixture(wrap: s => gate = new GatedStore(s));
        gate!.Close();
        var first = documents.PutAsync("first").AsTask();
        await gate.Reached.WaitAsync(TimeSpan.FromSeconds(10));
        var others = Enumerable.Range(0, 100).Select(i => documents.PutAsync($"d{i}").AsTask()).ToArray();
        Assert.DoesNotContain(others, o => o.IsCompleted);
        Assert.False(first.IsCompleted);
        gate.Open();
        await Task.WhenAll(others).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(2, gate.Commits);
    }

    [Fact]
    public async Task A_full_queue_refuses_at_once_and_says_when_to_come_back()
    {
        GatedStore? gate = null;
        using var documents = new DocumentsFixture(new DocumentsOptions { MaxPendingWrites = 10 }, wrap: s => gate = new GatedStore(s));
        gate!.Close();
        var accepted = new List<Task> { documents.PutAsync("first").AsTask() };
        await gate.Reached.WaitAsync(TimeSpan.FromSeconds(10));
        for (var i = 0; i < 10; i++)
            accepted.Add(documents.PutAsync($"d{i}").AsTask());
        var refusal = await Assert.ThrowsAsync<RagException>(async () => await documents.PutAsync("one-too-many"));
        Assert.Equal((RagError.Overloaded, TimeSpan.FromSeconds(1)), (refusal.Error, refusal.RetryAfter));
        Assert.StartsWith("documents: 10 writes (0 MiB) are waiting for the disk, the limit is 10", refusal.Message);
        gate.Open();
        await Task.WhenAll(accepted).WaitAsync(TimeSpan.FromSeconds(10));
        await documents.PutAsync("one-too-many");
    }

    [Fact]
    public async Task Waiting_bytes_are_bounded_too()
    {
        GatedStore? gate = null;
        using var documents = new DocumentsFixture(new DocumentsOptions { MaxPendingBytes = 1_000 }, wrap: s => gate = new GatedStore(s));
        gate!.Close();
        var first = documents.PutAsync("first").AsTask();
        await gate.Reached.WaitAsync(TimeSpan.FromSeconds(10));
        var large = documents.PutAsync("large", new string('x', 5_000)).AsTask();
        Assert.Equal(RagError.Overloaded, (await Assert.ThrowsAsync<RagException>(async () => await documents.PutAsync("small"))).Error);
        gate.Open();
        await Task.WhenAll(first, large).WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_refused_write_costs_its_neighbours_nothing()
    {
        GatedStore? gate = null;
        using var documents = new DocumentsFixture(wrap: s => gate = new GatedStore(s));
        gate!.Close();
        var first = documents.PutAsync("first").AsTask();
        await gate.Reached.WaitAsync(TimeSpan.FromSeconds(10));
        var before = documents.PutAsync("before").AsTask();
        var refused = documents.PutAsync("missing", ifVersion: 7).AsTask();
        var after = documents.PutAsync("after").AsTask();
        gate.Open();
        Assert.Equal(1, (await before).Version);
        Assert.Equal(RagError.NotFound, (await Assert.ThrowsAsync<RagException>(() => refused)).Error);
        Assert.Equal(1, (await after).Version);
        Assert.Null(await documents.StatusAsync("missing"));
        await first;
    }

    [Fact]
    public async Task When_the_disk_fails_nothing_is_acknowledged_nothing_is_kept_and_the_next_write_works()
    {
        GatedStore? gate = null;
        using var documents = new DocumentsFixture(wrap: s => gate = new GatedStore(s));
        gate!.Failure = new IOException("disk full");
        var failed = await Assert.ThrowsAsync<RagException>(async () => await documents.PutAsync("a"));
        Assert.Equal((RagError.Unavailable, "documents: the database can't be written; try again later"), (failed.Error, failed.Message));
        Assert.Null(await documents.StatusAsync("a"));
        gate.Failure = null;
        Assert.Equal(1, (await documents.PutAsync("a")).Version);
    }

    [Fact]
    public async Task When_results_cant_be_recorded_the_jobs_come_back_soon()
    {
        GatedStore? gate = null;
        using var documents = new DocumentsFixture(wrap: s => gate = new GatedStore(s));
        await documents.PutAsync("a");
        var job = Assert.Single(await documents.ClaimAsync());
        gate!.Failure = new IOException("disk full");
        await Assert.ThrowsAsync<RagException>(async () => await documents.Queue.CompleteAsync([DocumentsFixture.Done(job)], default));
        Assert.NotEqual(DocumentState.Searchable, (await documents.StatusAsync("a"))!.Status);
        gate.Failure = null;
        Assert.True(await documents.NothingIsReadyAsync());
        documents.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(job.JobId, Assert.Single(await documents.IngestAsync()).JobId);
        Assert.Equal(DocumentState.Searchable, (await documents.StatusAsync("a"))!.Status);
    }

    [Fact]
    public async Task An_acknowledged_upload_is_visible_to_every_reader()
    {
        using var documents = new DocumentsFixture();
        for (var i = 1; i <= 50; i++)
        {
            Assert.Equal(i, (await documents.PutAsync("d", $"text {i}")).Version);
            Assert.Equal(i, (await documents.StatusAsync("d"))!.Version);
            Assert.Equal(i, (await documents.Service.GetAsync("t", "d", default))!.Version);
        }
    }

    [Fact]
    public async Task Results_that_were_not_kept_give_their_jobs_back_also_when_the_worker_waits_no_longer()
    {
        GatedStore? gate = null;
        using var documents = new DocumentsFixture(wrap: s => gate = new GatedStore(s));
        await documents.PutAsync("a");
        var claim = new IngestionClaim("worker", "1", 10, TimeSpan.Zero);
        var job = Assert.Single(await documents.Queue.ClaimAsync(claim, default));
        gate!.Close();
        gate.Failure = new RagException(RagError.Unavailable, "down");
        using var patience = new CancellationTokenSource();
        var told = documents.Queue.CompleteAsync([DocumentsFixture.Done(job)], patience.Token).AsTask();
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => told);
        gate.Open();
        await gate.Met.WaitAsync(TimeSpan.FromSeconds(60)); // or what was to fail might not
        gate.Failure = null;

        // Long before its lease of 90 s is over.
        documents.Time.Advance(TimeSpan.FromSeconds(2));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        IReadOnlyList<IngestionJob> again;
        while ((again = await documents.Queue.ClaimAsync(claim, limit.Token)).Count == 0)
            documents.Time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(job.JobId, Assert.Single(again).JobId);
    }

    /// <summary>A store whose commits can be held, and made to fail inside their transaction.</summary>
    private sealed class GatedStore(IDocumentStore inner) : IDocumentStore
    {
        private readonly ManualResetEventSlim _open = new(true);
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _met = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task;

        /// <summary>Ends when a commit has failed.</summary>
        public Task Met => _met.Task;

        public int Commits { get; private set; }

        public Exception? Failure { get; set; }

        public void Close() => _open.Reset();

        public void Open() => _open.Set();

        public void Commit(Action<IDocumentTransaction> work)
        {
            _reached.TrySetResult();
            Assert.True(_open.Wait(TimeSpan.FromSeconds(20)));
            inner.Commit(
                t =>
                {
                    work(t);
                    if (Failure is not { } failure)
                        return;
                    _met.TrySetResult();
                    throw failure;
                });
            Commits++;
        }

        public ValueTask<StoredVersion?> FindAsync(string tenant, string documentId, CancellationToken cancellationToken) =>
            inner.FindAsync(tenant, documentId, cancellationToken);

        public ValueTask<IReadOnlyList<StoredVersion>> ListAsync(string tenant, string? after, int limit, CancellationToken cancellationToken) =>
            inner.ListAsync(tenant, after, limit, cancellationToken);

        public ValueTask<StoredContent?> ReadContentAsync(long jobId, CancellationToken cancellationToken) => inner.ReadContentAsync(jobId, cancellationToken);

        public ValueTask<string?> ReadTextAsync(long jobId, CancellationToken cancellationToken) => inner.ReadTextAsync(jobId, cancellationToken);

        public StoredBacklog ReadBacklog() => inner.ReadBacklog();

        public void NoteInHand(long jobId, bool inHand) => inner.NoteInHand(jobId, inHand);

        public void Dispose() => inner.Dispose();
    }
}
