using Microsoft.Extensions.Logging.Abstractions;
using Rag.Documents;
using Rag.Ingestion;
using Rag.Seams.Faults;
using Rag.Tests.Documents;
using Xunit;

namespace Rag.Tests.Ingestion;

/// <summary>A worker on a documents service and fake indexes, stopped when disposed.</summary>
internal sealed class WorkerFixture : IAsyncDisposable
{
    private readonly BatchProcessor _processor;
    private readonly IngestionWorker _worker;

    public WorkerFixture(DocumentsFixture documents, FakeServices services, IngestionOptions? options = null, IIngestionQueue? queue = null, FaultBoard? faults = null)
    {
        options ??= new IngestionOptions();
        (Documents, Services) = (documents, services);
        _processor = new BatchProcessor(options, new DocumentPreparer(options, TimeProvider.System), new DocumentIndexer(services, services, services), TimeProvider.System);
        _worker = new IngestionWorker(queue ?? documents.Queue, _processor, options, TimeProvider.System, NullLogger<IngestionWorker>.Instance, faults);
    }

    public DocumentsFixture Documents { get; }

    public FakeServices Services { get; }

    public BatchProcessor Processor => _processor;

    public Task StartAsync() => _worker.StartAsync(default);

    /// <summary>Waits until a document's newest version has ended, well or badly.</summary>
    public async Task<DocumentStatus> EndAsync(string id) => await UntilAsync(
        async () => await Documents.StatusAsync(id) is { Status: DocumentState.Searchable or DocumentState.Failed } status ? status : null);

    /// <summary>Waits until nothing is queued.</summary>
    public Task DrainAsync() => UntilAsync(async () => (await Documents.Service.DescribeAsync(default)).QueueDepth == 0 ? this : null);

    public async ValueTask DisposeAsync()
    {
        await _worker.StopAsync(default);
        _worker.Dispose();
        _processor.Dispose();
    }

    private static async Task<T> UntilAsync<T>(Func<Task<T?>> look) where T : class
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            if (await look() is { } seen)
                return seen;
            Assert.False(limit.IsCancellationRequested, "not within 20 s");
            await Task.Yield();
        }
    }
}
