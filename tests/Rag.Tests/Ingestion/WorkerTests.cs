using System.Text;
using Rag.Documents;
using Rag.Errors;
using Rag.Filters;
using Rag.Ingestion;
using Rag.Tests.Documents;
using Xunit;

namespace Rag.Tests.Ingestion;

public class WorkerTests
{
    [Fact]
    public async Task A_document_becomes_searchable_in_both_indexes_with_its_title_before_each_chunk()
    {
        using var documents = new DocumentsFixture(time: TimeProvider.System);
        await using var worker = new WorkerFixture(documents, new FakeServices(), new IngestionOptions { ChunkTokens = 32, OverlapTokens = 8 });
        await worker.StartAsync();
        var text = string.Concat(Enumerable.Range(0, 30).Select(i => $"This is sentence number {i}. "));
        await documents.Service.PutAsync(
            DocumentsFixture.Upload("d", text, title: "Title") with { Metadata = new Dictionary<string, MetadataValue> { ["k"] = "v" } }, default);
        var status = await worker.EndAsync("d");

        Assert.Equal((DocumentState.Searchable, 1, null), (status.Status, status.Attempts, status.Reason));
        var chunks = worker.Services.KeywordIndex[("t", "d")].Chunks!;
        Assert.InRange(status.Chunks, 6, 20);
        Assert.Equal((status.Chunks, "Title"), (chunks.Chunks.Count, chunks.Title));
        Assert.Equal("v", chunks.Metadata["k"].Text);
        Assert.Equal(chunks.Chunks.Select(c => "Title\n" + c), worker.Services.Embedded);
        Assert.Equal(worker.Services.Embedded.Select(t => (float)t.Length), worker.Services.VectorIndex[("t", "d")].Chunks!.Select(v => v[0]));
        Assert.Equal(text, (await documents.Service.GetAsync("t", "d", default))!.Text);
    }

    [Fact]
    public async Task A_title_found_inside_is_used_when_none_was_given()
    {
        using var documents = new DocumentsFixture(time: TimeProvider.System);
        await using var worker = new WorkerFixture(documents, new FakeServices());
        await worker.StartAsync();
        var page = Encoding.UTF8.GetBytes("<html><title>Found</title><body>Some text</body></html>");
        await documents.Service.PutAsync(DocumentsFixture.Upload("without") with { ContentType = "text/html", Content = page }, default);
        await documents.Service.PutAsync(DocumentsFixture.Upload("with", title: "Given") with { ContentType = "text/html", Content = page }, default);
        await worker.EndAsync("without");
        await worker.EndAsync("with");
        foreach (var (id, title) in (ReadOnlySpan<(string, string)>)[("without", "Found"), ("with", "Given")])
            Assert.Equal(title, worker.Services.KeywordIndex[("t", id)].Chunks!.Title);
        Assert.Equal(("Found", "Some text"), await Read("without"));
        Assert.Equal(("Given", "Some text"), await Read("with"));

        async Task<(string, string?)> Read(string id) => (await documents.Service.GetAsync("t", id, default)) is { } d ? (d.Title, d.Text) : default;
    }

    [Fact]
    public async Task A_poison_document_fails_with_its_reason_and_its_neighbours_go_through()
    {
        using var documents = new DocumentsFixture(time: TimeProvider.System);
        await documents.PutAsync("before");
        await documents.Service.PutAsync(DocumentsFixture.Upload("bad", "no pdf") with { ContentType = "application/pdf" }, default);
        await documents.PutAsync("after");
        await using var worker = new WorkerFixture(documents, new FakeServices());
        await worker.StartAsync();
        var bad = await worker.EndAsync("bad");
        Assert.Equal(DocumentState.Failed, bad.Status);
        Assert.StartsWith("it is not a readable PDF file (", bad.Reason);
        Assert.NotNull(bad.FailedAt);
        Assert.Equal(DocumentState.Searchable, (await worker.EndAsync("before")).Status);
        Assert.Equal(DocumentState.Searchable, (await worker.EndAsync("after")).Status);
    }

    [Theory]
    [InlineData("embed")]
    [InlineData("vectors.replace")]
    [InlineData("keywords.replace")]
    public async Task An_outage_of_a_dependency_delays_documents_and_costs_none(string call)
    {
        // Ten failures in a row: more than the tries that a document has.
        using var documents = new DocumentsFixture(new DocumentsOptions { MaxAttempts = 2, RetryDelay = TimeSpan.FromMilliseconds(1) }, time: TimeProvider.System);
        var failures = 10;
        var services = new FakeServices
        {
            Before = name =>
            {
                if (name == call && Interlocked.Decrement(ref failures) >= 0)
                    throw failures % 2 == 0 ? new RagException(RagError.Unavailable, "down") : new TimeoutException();
            },
        };
        await using var worker = new WorkerFixture(documents, services, new IngestionOptions { MaxPause = TimeSpan.FromMilliseconds(2) });
        await worker.StartAsync();
        await documents.PutAsync("a");
        await documents.PutAsync("b");
        Assert.Equal(DocumentState.Searchable, (await worker.EndAsync("a")).Status);
        Assert.Equal(DocumentState.Searchable, (await worker.EndAsync("b")).Status);
        Assert.True(failures < 0);
    }

    [Fact]
    public async Task Results_that_the_queue_could_not_record_are_told_again_and_the_work_is_not_done_twice()
    {
        using var documents = new DocumentsFixture(time: TimeProvider.System);
        var queue = new ForgetfulQueue(documents.Queue, refusals: 3);
        await using var worker = new WorkerFixture(documents, new FakeServices(), new IngestionOptions { MaxPause = TimeSpan.FromMilliseconds(2) }, queue);
        await worker.StartAsync();
        await documents.PutAsync("a");
        Assert.Equal(DocumentState.Searchable, (await worker.EndAsync("a")).Status);
        Assert.Equal(4, queue.Told);
        Assert.Equal(1, queue.HandedOut);
    }

    [Fact]
    public async Task One_document_that_an_index_refuses_is_given_up_and_its_neighbours_are_not()
    {
        using var documents = new DocumentsFixture(new DocumentsOptions { MaxAttempts = 2, RetryDelay = TimeSpan.FromMilliseconds(1) }, time: TimeProvider.System);
        foreach (var id in (string[])["a", "bad", "c"])
            await documents.PutAsync(id, id == "bad" ? "refused" : "fine");
        var services = new FakeServices();
        services.Before = name =>
        {
            // The batch of three is refused for one of them; alone, each comes right after its own embedding.
            if (name == "vectors.replace" && (services.Embedded.Count == 3 || services.Embedded[^1].Contains("refused", StringComparison.Ordinal)))
                throw new RagException(RagError.InvalidArgument, "refused");
        };
        await using var worker = new WorkerFixture(documents, services);
        var jobs = await documents.ClaimAsync();
        var results = await worker.Processor.ProcessAsync(jobs, JobSpans.None, default);
        Assert.Equal(
            [("a", IngestionOutcome.Done), ("bad", IngestionOutcome.Retry), ("c", IngestionOutcome.Done)],
            results.Select(r => (r.Job.DocumentId, r.Outcome)).Order());
    }

    [Fact]
    public async Task A_deleted_document_leaves_both_indexes_and_a_recreated_one_comes_back()
    {
        using var documents = new DocumentsFixture(time: TimeProvider.System);
        await using var worker = new WorkerFixture(documents, new FakeServices());
        await worker.StartAsync();
        await documents.PutAsync("d");
        await worker.EndAsync("d");
        await documents.Service.DeleteAsync("t", "d", null, default);
        await worker.DrainAsync();
        Assert.Equal((2, null), worker.Services.VectorIndex[("t", "d")]);
        Assert.Equal((2, null), worker.Services.KeywordIndex[("t", "d")]);
        await documents.PutAsync("d");
        Assert.Equal((3, DocumentState.Searchable), ((await worker.EndAsync("d")).Version, (await worker.EndAsync("d")).Status));
        Assert.Equal(3, worker.Services.KeywordIndex[("t", "d")].Version);
    }

    [Fact]
    public async Task Many_writers_of_few_documents_end_with_the_newest_version_of_each()
    {
        using var documents = new DocumentsFixture(time: TimeProvider.System);
        await using var worker = new WorkerFixture(documents, new FakeServices(), new IngestionOptions { Batches = 4, BatchJobs = 3 });
        await worker.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async writer =>
        {
            var chance = new Random(writer);
            for (var i = 0; i < 60; i++)
                if (chance.Next(8) == 0)
                    await documents.Service.DeleteAsync("t", $"d{chance.Next(5)}", null, default);
                else
                    await documents.PutAsync($"d{chance.Next(5)}", $"writer {writer} text {i}");
        }));
        await worker.DrainAsync();
        for (var i = 0; i < 5; i++)
        {
            var newest = await documents.Service.GetAsync("t", $"d{i}", default);
            var (vectors, keywords) = (worker.Services.VectorIndex[("t", $"d{i}")], worker.Services.KeywordIndex[("t", $"d{i}")]);
            Assert.Equal(vectors.Version, keywords.Version);
            Assert.Equal((newest is null, newest is null), (vectors.Chunks is null, keywords.Chunks is null));
            if (newest is not null)
                Assert.Equal((newest.Version, newest.Text, DocumentState.Searchable), (keywords.Version, keywords.Chunks!.Chunks.Single(), newest.Status));
        }
    }

    /// <summary>A queue that can't be reached with results for a while, such as one whose service is starting again.</summary>
    private sealed class ForgetfulQueue(IIngestionQueue queue, int refusals) : IIngestionQueue
    {
        private int _told;
        private int _handedOut;

        public int Told => Volatile.Read(ref _told);

        public int HandedOut => Volatile.Read(ref _handedOut);

        public async ValueTask<IReadOnlyList<IngestionJob>> ClaimAsync(IngestionClaim claim, CancellationToken cancellationToken)
        {
            var jobs = await queue.ClaimAsync(claim, cancellationToken);
            Interlocked.Add(ref _handedOut, jobs.Count);
            return jobs;
        }

        public ValueTask CompleteAsync(IReadOnlyList<IngestionResult> results, CancellationToken cancellationToken) =>
            Interlocked.Increment(ref _told) <= refusals ? throw new RagException(RagError.Unavailable, "documents can't be reached") : queue.CompleteAsync(results, cancellationToken);
    }
}
