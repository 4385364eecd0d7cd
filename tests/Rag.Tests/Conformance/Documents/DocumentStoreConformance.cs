using System.Text;
using Rag.Documents;
using Rag.Ingestion;
using Xunit;

namespace Rag.Tests.Conformance.Documents;

/// <summary>What a store promises to the rules above it.</summary>
public abstract class DocumentStoreConformance : IAsyncLifetime
{
    private static readonly DateTimeOffset Time = new(2030, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    private protected IDocumentStore Store { get; private set; } = null!;

    protected abstract Task<IDocumentStore> OpenAsync();

    public virtual async ValueTask InitializeAsync() => Store = await OpenAsync();

    public virtual ValueTask DisposeAsync()
    {
        Store?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_commit_that_throws_keeps_nothing_and_its_exception_passes()
    {
        var thrown = new InvalidOperationException("on purpose");
        Assert.Same(thrown, Assert.Throws<InvalidOperationException>(() => Store.Commit(t =>
        {
            Append(t, "a");
            throw thrown;
        })));
        Assert.Null(await Store.FindAsync("t", "a", default));
        Store.Commit(t => Assert.Null(t.Find("t", "a")));
        Store.Commit(_ => { });
        Assert.Equal(0, Store.ReadBacklog().Documents);
    }

    [Fact]
    public async Task Reads_of_a_transaction_see_its_own_writes()
    {
        Store.Commit(t =>
        {
            Assert.Null(t.Find("t", "a"));
            var (job, key) = Append(t, "a", "one");
            Assert.Equal((key, 1, false), (t.Find("t", "a")!.Key, t.Find("t", "a")!.Version, t.Find("t", "a")!.Deleted));
            var (next, same) = Append(t, "a", "two");
            Assert.True(next > job && same == key);
            Assert.Equal(2, t.Find("t", "a")!.Version);
            Assert.False(t.RemoveJob(job)); // the second took its place
        });
        var found = (await Store.FindAsync("t", "a", default))!;
        Assert.Equal((2, DocumentState.Queued, "title of a", "text/plain", "a.txt", "u"), (found.Version, found.State, found.Title, found.ContentType, found.FileName, found.UploadedBy));
        Assert.Equal((Time, Time, "{}"), (found.CreatedAt, found.QueuedAt, Encoding.UTF8.GetString(found.Metadata.Span)));
        Assert.Equal("two", Encoding.UTF8.GetString((await Store.ReadContentAsync(found.JobId, default))!.Content.Span));
        Assert.Equal(2, Assert.Single(Store.ReadBacklog().Jobs).Version.Version);
    }

    [Fact]
    public void A_job_is_taken_out_once_and_counts_until_then()
    {
        long job = 0;
        Store.Commit(t => job = Append(t, "a").Job);
        Store.Commit(t => t.CountJob(new JobTicket(new DocumentKey("t", "a"), job, IngestionKind.Index, 1, 1, Time) { Attempts = 3 }, TimeSpan.FromMinutes(1), "odd"));
        Assert.Equal((3, 0), (Store.ReadBacklog().Jobs[0].Attempts, Store.ReadBacklog().Jobs[0].Interruptions));
        Store.Commit(t => Assert.True(t.RemoveJob(job)));
        Store.Commit(t => Assert.False(t.RemoveJob(job)));
        Store.Commit(t => t.CountJob(new JobTicket(new DocumentKey("t", "a"), job, IngestionKind.Index, 1, 1, Time) { Attempts = 4 }, TimeSpan.Zero, null));
        Assert.Empty(Store.ReadBacklog().Jobs);
        Assert.Equal(1, Store.ReadBacklog().Documents);
    }

    [Fact]
    public async Task A_settled_version_keeps_its_text_and_title_and_a_failed_one_its_reason()
    {
        long job = 0;
        Store.Commit(t => job = Append(t, "a").Job);
        Store.Commit(t =>
        {
            t.RemoveJob(job);
            t.Settle(t.Find("t", "a")!, new Settlement(1, DocumentState.Searchable, Time, Time.AddSeconds(1), 2, 3, null, "found title", "the text"));
            Assert.Equal(1, t.Find("t", "a")!.SearchableVersion);
        });
        var found = (await Store.FindAsync("t", "a", default))!;
        Assert.Equal((DocumentState.Searchable, Time, Time.AddSeconds(1), null, 2, 3, "found title"), (found.State, found.StartedAt, found.SearchableAt, found.FailedAt, found.Attempts, found.Chunks, found.Title));
        Assert.Equal("the text", await Store.ReadTextAsync(job, default));

        Store.Commit(t => job = Append(t, "a").Job);
        Store.Commit(t =>
        {
            t.RemoveJob(job);
            t.Settle(t.Find("t", "a")!, new Settlement(2, DocumentState.Failed, null, Time, 1, 0, "why", null, null));
        });
        Store.Commit(t => Assert.Equal((true, 1), (t.Find("t", "a")!.Failed, t.Find("t", "a")!.SearchableVersion)));
        found = (await Store.FindAsync("t", "a", default))!;
        Assert.Equal((DocumentState.Failed, "why", Time, null, "title of a"), (found.State, found.Reason, found.FailedAt, found.SearchableAt, found.Title));
        Assert.Equal(1, Store.ReadBacklog().Failed);
        Assert.Null(await Store.ReadTextAsync(job, default));
    }

    [Fact]
    public async Task What_is_pruned_is_gone_but_for_the_version_that_is_kept()
    {
        var jobs = new List<long>();
        long key = 0;
        for (var version = 1; version <= 6; version++)
            Store.Commit(t =>
            {
                var (job, document) = Append(t, "a", $"v{version}");
                jobs.Add(job);
                key = document;
            });
        Store.Commit(t => t.Prune(key, contentsBelow: 5, rowsBelow: 4, keepVersion: 2));
        var kept = new List<string>();
        foreach (var job in jobs)
            kept.Add(await Store.ReadContentAsync(job, default) is not { } stored ? "-" : stored.Content.IsEmpty ? "row" : Encoding.UTF8.GetString(stored.Content.Span));
        Assert.Equal(["-", "v2", "-", "row", "v5", "v6"], kept);
    }

    [Fact]
    public async Task Versions_counted_by_many_threads_at_a_time_have_no_gaps()
    {
        var versions = new List<int>();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 10; i++)
                Store.Commit(t =>
                {
                    Append(t, "a");
                    lock (versions)
                        versions.Add(t.Find("t", "a")!.Version);
                });
        })));
        Assert.Equal(Enumerable.Range(1, 80), versions);
        Assert.Equal(80, (await Store.FindAsync("t", "a", default))!.Version);
    }

    [Fact]
    public async Task Empty_and_enormous_contents_come_back()
    {
        var large = new byte[48 * 1024 * 1024];
        new Random(1).NextBytes(large);
        long first = 0, second = 0;
        Store.Commit(t =>
        {
            first = t.Append(t.Find("t", "empty"), Version("empty", 1), default).JobId;
            second = t.Append(t.Find("t", "large"), Version("large", 1), large).JobId;
        });
        Assert.True((await Store.ReadContentAsync(first, default))!.Content.IsEmpty);
        Assert.True((await Store.ReadContentAsync(second, default))!.Content.Span.SequenceEqual(large));
        Assert.Null(await Store.ReadContentAsync(long.MaxValue, default));
        Assert.Null(await Store.ReadTextAsync(-1, default));
    }

    [Fact]
    public async Task A_thousand_documents_in_one_commit_are_listed_in_their_order()
    {
        Store.Commit(t =>
        {
            for (var i = 0; i < 1_000; i++)
                Append(t, $"d{i:0000}");
        });
        var rows = await Store.ListAsync("t", "d0099", 5, default);
        Assert.Equal(["d0100", "d0101", "d0102", "d0103", "d0104"], rows.Select(r => r.DocumentId));
        Assert.Equal(1_000, (await Store.ListAsync("t", null, 5_000, default)).Count);
        Assert.Empty(await Store.ListAsync("other", null, 10, default));
        var backlog = Store.ReadBacklog();
        Assert.Equal((1_000, 1_000), (backlog.Jobs.Count, backlog.Documents));
        Assert.Equal(backlog.Jobs.Select(j => j.Version.JobId).Order(), backlog.Jobs.Select(j => j.Version.JobId));
    }

    private protected static (long Job, long Key) Append(IDocumentTransaction transaction, string id, string content = "content")
    {
        var head = transaction.Find("t", id);
        return transaction.Append(head, Version(id, (head?.Version ?? 0) + 1), Encoding.UTF8.GetBytes(content));
    }

    private static StoredVersion Version(string id, int version) => new()
    {
        Tenant = "t",
        DocumentId = id,
        Version = version,
        Kind = IngestionKind.Index,
        State = DocumentState.Queued,
        Title = "title of " + id,
        ContentType = "text/plain",
        FileName = id + ".txt",
        Bytes = 7,
        Metadata = "{}"u8.ToArray(),
        UploadedBy = "u",
        CreatedAt = Time,
        QueuedAt = Time,
    };
}
