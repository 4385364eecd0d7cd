using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Rag.Errors;
using Rag.Traces;

namespace Rag.Documents;

/// <summary>Documents on a store with one writer. Polls are answered from memory, unless others work on the store as well.</summary>
internal sealed class DocumentService : IDocuments, IDisposable
{
    /// <summary>The most rows that one filtered page looks at; it then ends early, with a cursor to go on from.</summary>
    private const int MaxScannedRows = 10_000;
    private const int ScanStep = 256;


    // Workers that are alive come for work at once, or every few seconds while something that they need is down.
    private static readonly TimeSpan Unattended = TimeSpan.FromSeconds(5);
    private static readonly IReadOnlyList<string> WithoutIngestion = ["ingestion_unavailable"];

    private readonly IDocumentStore _store;
    private readonly ISharedDocumentStore? _shared;
    private readonly TimeProvider _time;
    private readonly Admission _admission;

    public DocumentService(IDocumentStore store, DocumentsOptions options, TimeProvider time, ILogger<DocumentService> logger)
    {
        (_store, _shared, _time) = (store, store as ISharedDocumentStore, time);
        Memory = new DocumentMemory(options, time, _shared?.OpenBoard(options, time));
        if (_shared is null)
            Memory.Load(store.ReadBacklog());
        _admission = new Admission(Memory.Board, TimeSpan.FromSeconds(options.MaxLagSeconds), time);
        Writer = new CommitWriter(store, options, logger);
        DocumentsMetrics.Watch(Memory);
    }

    /// <summary>For the queue, which is the same outbox seen from the other side.</summary>
    public DocumentMemory Memory { get; }

    /// <summary>For the queue: there is one writer.</summary>
    public CommitWriter Writer { get; }

    public async ValueTask<DocumentAccepted> PutAsync(PutDocument request, CancellationToken cancellationToken)
    {
        var mediaType = DocumentRules.Check(request, Memory.Options);
        if (Memory.Board.Depth >= Memory.Options.MaxQueuedJobs)
            throw new RagException(RagError.Overloaded,
                $"documents: {Memory.Board.Depth} documents wait for ingestion, the limit is {Memory.Options.MaxQueuedJobs}; try again later", TimeSpan.FromSeconds(5));
        _admission.Check();
        // Ids that grow with time keep the index of ids compact.
        var id = request.Id ?? Guid.CreateVersion7(_time.GetUtcNow()).ToString("N");
        using var sending = Sending();
        var operation = new PutOperation(Memory, request, id, mediaType, Spans.Parent);
        Writer.Submit(operation);
        var accepted = await operation.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        return Memory.Board.Unclaimed > Unattended ? accepted with { Degraded = WithoutIngestion } : accepted;
    }

    public async ValueTask<DocumentRecord?> GetAsync(string tenant, string documentId, CancellationToken cancellationToken)
    {
        if (await _store.FindAsync(tenant, documentId, cancellationToken).ConfigureAwait(false) is not { } version)
            return null;
        var text = await _store.ReadTextAsync(version.JobId, cancellationToken).ConfigureAwait(false);
        // A text that is the upload itself is kept once, as the upload.
        if (text is null && version.State == DocumentState.Searchable
            && await _store.ReadContentAsync(version.JobId, cancellationToken).ConfigureAwait(false) is { } stored)
            text = System.Text.Encoding.UTF8.GetString(stored.Content.Span);
        return RecordOf(version, text);
    }

    public ValueTask<DocumentStatus?> GetStatusAsync(string tenant, string documentId, CancellationToken cancellationToken) =>
        Memory.Statuses?.Find(new DocumentKey(tenant, documentId)) is { } status
            ? new ValueTask<DocumentStatus?>(status)
            : ReadStatusAsync(tenant, documentId, cancellationToken);

    public async ValueTask<DocumentPage> ListAsync(ListDocuments request, CancellationToken cancellationToken)
    {
        if (request.Limit is < 1 or > DocumentRules.MaxPage)
            throw new RagException(RagError.InvalidArgument, $"limit: {request.Limit} was given; 1 to {DocumentRules.MaxPage} are allowed");
        if (request.After is { } cursor && DocumentRules.IdProblem(cursor) is not null)
            throw new RagException(RagError.InvalidArgument, "after: this is not a cursor of an earlier page; leave it out to start at the first");

        var found = new List<DocumentRecord>();
        var after = request.After;
        var scanned = 0;
        while (true)
        {
            // One more than needed tells whether there is a next page.
            var step = request.Filter is null ? request.Limit + 1 : ScanStep;
            var rows = await _store.ListAsync(request.Tenant, after, step, cancellationToken).ConfigureAwait(false);
            foreach (var row in rows)
            {
                if (found.Count == request.Limit)
                    return new DocumentPage(found, after);
                after = row.DocumentId;
                var record = RecordOf(row, text: null);
                if (request.Filter is null || request.Filter.Matches(record.Metadata))
                    found.Add(record);
            }

            if (rows.Count < step)
                return new DocumentPage(found, null);
            scanned += rows.Count;
            if (scanned >= MaxScannedRows)
                return new DocumentPage(found, after);
        }
    }

    public async ValueTask<bool> DeleteAsync(string tenant, string documentId, int? ifVersion, CancellationToken cancellationToken)
    {
        using var sending = Sending();
        var operation = new DeleteOperation(Memory, tenant, documentId, ifVersion, Spans.Parent);
        Writer.Submit(operation);
        return await operation.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<DocumentsState> DescribeAsync(CancellationToken cancellationToken) =>
        _shared?.DescribeAsync(cancellationToken) ?? new(new DocumentsState(Memory.Documents, Memory.Board.Depth, Memory.Board.OldestAge(), Memory.FailedDocuments));

    public void Dispose()
    {
        DocumentsMetrics.Forget(Memory);
        Writer.Dispose();
        Memory.Dispose();
    }

    // https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ : the outbox is the queue whatever carries the word of it.
    private static Activity? Sending() => Spans.Within("send ingestion", ActivityKind.Producer)?
        .SetTag("messaging.system", "rag").SetTag("messaging.operation.type", "send").SetTag("messaging.destination.name", "ingestion");

    private static DocumentRecord RecordOf(StoredVersion v, string? text) => new(
        v.DocumentId, v.Version, v.Title, v.ContentType, v.FileName, v.Bytes, text, MetadataJson.Read(v.Metadata),
        v.UploadedBy, v.CreatedAt, v.QueuedAt, v.State);

    private async ValueTask<DocumentStatus?> ReadStatusAsync(string tenant, string documentId, CancellationToken cancellationToken) =>
        await _store.FindAsync(tenant, documentId, cancellationToken).ConfigureAwait(false) is { } version ? DocumentMemory.StatusOf(version) : null;
}
