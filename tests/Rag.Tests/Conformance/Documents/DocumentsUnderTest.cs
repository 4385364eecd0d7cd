using Microsoft.Extensions.Logging.Abstractions;
using Rag.Caching;
using Rag.Documents;
using Rag.Engines.Postgres;
using Rag.Engines.Postgres.Documents;
using Rag.Ingestion;
using Rag.Tests.Documents;

namespace Rag.Tests.Conformance.Documents;

/// <summary>The documents service and its queue on some store.</summary>
internal sealed class DocumentsUnderTest : IDisposable
{
    private readonly CacheInvalidation _invalidation;
    private int _strangers;

    public DocumentsUnderTest(IDocumentStore store, DocumentsOptions options, TimeProvider time, DeadLetterRelay? dead = null)
    {
        (Store, Options) = (store, options);
        Service = new DocumentService(store, options, time, NullLogger<DocumentService>.Instance);
        _invalidation = new CacheInvalidation(new CacheStore(new CachingOptions(), time, new Random(1)), time, NullLogger<CacheInvalidation>.Instance);
        Queue = new OutboxQueue(Service, store, _invalidation, time, dead);
    }

    public IDocumentStore Store { get; }

    public DocumentsOptions Options { get; }

    public DocumentService Service { get; }

    public OutboxQueue Queue { get; }

    public static PostgresDocumentStore On(PostgresSource source) => new(source, NullLogger<PostgresDocumentStore>.Instance);

    public ValueTask<DocumentAccepted> PutAsync(string? id, string text = "some text", int? ifVersion = null) =>
        Service.PutAsync(DocumentsFixture.Upload(id, text, ifVersion: ifVersion), default);

    /// <summary>Claims, and waits for ten seconds at most.</summary>
    public async Task<IReadOnlyList<IngestionJob>> ClaimAsync(int max = 100, string worker = "tests", string run = "1") =>
        await Queue.ClaimAsync(new IngestionClaim(worker, run, max, TimeSpan.FromHours(1)), default).AsTask().WaitAsync(TimeSpan.FromSeconds(10));

    /// <summary>Claims what is ready and ends it well.</summary>
    public async Task<IReadOnlyList<IngestionJob>> IngestAsync(int max = 100)
    {
        var jobs = await ClaimAsync(max);
        await CompleteAsync(jobs);
        return jobs;
    }

    public ValueTask CompleteAsync(IEnumerable<IngestionJob> jobs) => Queue.CompleteAsync([.. jobs.Select(DocumentsFixture.Done)], default);

    public async Task FailAsync(IngestionJob job, IngestionOutcome outcome, string reason) => await Queue.CompleteAsync([new(job, outcome, Reason: reason)], default);

    public ValueTask<DocumentStatus?> StatusAsync(string id) => Service.GetStatusAsync("t", id, default);

    public async Task<(int Version, DocumentState Status)?> StandAsync(string id) => await StatusAsync(id) is { } status ? (status.Version, status.Status) : null;

    public async Task<long> DepthAsync() => (await Service.DescribeAsync(default)).QueueDepth;

    /// <summary>Whether a worker that was never here gets nothing.</summary>
    public async Task<bool> NothingIsReadyAsync() =>
        (await Queue.ClaimAsync(new IngestionClaim($"stranger {_strangers++}", "1", 1, TimeSpan.Zero), default)).Count == 0;

    public void Dispose()
    {
        _invalidation.Dispose();
        Service.Dispose();
        Store.Dispose();
    }
}
