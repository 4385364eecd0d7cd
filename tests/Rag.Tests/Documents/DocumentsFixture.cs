using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rag.Caching;
using Rag.Documents;
using Rag.Engines.Sqlite;
using Rag.Ingestion;
using Xunit;

namespace Rag.Tests.Documents;

/// <summary>The documents service with its queue on a SQLite file in a folder of its own.</summary>
internal sealed class DocumentsFixture : IDisposable
{
    private readonly bool _ownsFolder;

    public DocumentsFixture(DocumentsOptions? options = null, string? folder = null, Func<IDocumentStore, IDocumentStore>? wrap = null, TimeProvider? time = null,
        ICaching? caching = null, DeadLetterRelay? dead = null)
    {
        _ownsFolder = folder is null;
        Folder = folder ?? Directory.CreateTempSubdirectory("rag-documents-").FullName;
        Time = time as FakeTimeProvider ?? new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Options = options ?? new DocumentsOptions();
        IDocumentStore store = SqliteDocumentStore.Open(Folder);
        Store = wrap is null ? store : wrap(store);
        Service = new DocumentService(Store, Options, time ?? Time, NullLogger<DocumentService>.Instance);
        Invalidation = new CacheInvalidation(caching ?? new CacheStore(new CachingOptions(), Time, new Random(1)), time ?? Time, NullLogger<CacheInvalidation>.Instance);
        Queue = new OutboxQueue(Service, Store, Invalidation, time ?? Time, dead);
    }

    public string Folder { get; }

    public FakeTimeProvider Time { get; }

    public DocumentsOptions Options { get; }

    public IDocumentStore Store { get; }

    public DocumentService Service { get; }

    public OutboxQueue Queue { get; }

    public CacheInvalidation Invalidation { get; }

    public string DatabasePath => Path.Combine(Folder, "documents.db");

    public static PutDocument Upload(string? id, string text = "some text", string tenant = "t", int? ifVersion = null, string title = "") => new()
    {
        Tenant = tenant,
        User = "u",
        Id = id,
        Title = title,
        ContentType = "text/plain",
        Content = Encoding.UTF8.GetBytes(text),
        IfVersion = ifVersion,
    };

    public ValueTask<DocumentAccepted> PutAsync(string? id, string text = "some text", int? ifVersion = null) =>
        Service.PutAsync(Upload(id, text, ifVersion: ifVersion), default);

    public static IngestionClaim Claim(int max, string worker = "tests", string run = "1") => new(worker, run, max, TimeSpan.FromHours(1));

    public async Task<IReadOnlyList<IngestionJob>> ClaimAsync(int max = 100) => await Queue.ClaimAsync(Claim(max), default).AsTask().WaitAsync(TimeSpan.FromSeconds(10));

    /// <summary>Claims what is ready and ends it well.</summary>
    public async Task<IReadOnlyList<IngestionJob>> IngestAsync(int max = 100)
    {
        var jobs = await ClaimAsync(max);
        await Queue.CompleteAsync([.. jobs.Select(Done)], default);
        return jobs;
    }

    public static IngestionResult Done(IngestionJob job) =>
        new(job, IngestionOutcome.Done, Chunks: 1, Text: job.Kind == IngestionKind.Index ? Encoding.UTF8.GetString(job.Content.Span) : null);

    public async Task<DocumentStatus?> StatusAsync(string id) => await Service.GetStatusAsync("t", id, default);

    public async Task<bool> NothingIsReadyAsync()
    {
        using var soon = new CancellationTokenSource();
        var claim = Queue.ClaimAsync(Claim(1), soon.Token).AsTask();
        var waits = !claim.IsCompleted;
        await soon.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => claim);
        return waits;
    }

    public void Dispose()
    {
        Invalidation.Dispose();
        Service.Dispose();
        Store.Dispose();
        if (_ownsFolder)
            Directory.Delete(Folder, recursive: true);
    }
}
