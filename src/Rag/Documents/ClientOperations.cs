using Rag.Ingestion;

namespace Rag.Documents;

/// <summary>A write whose caller waits for its result.</summary>
internal abstract class ClientOperation<T> : WriteOperation
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends once the write is durable, or refused.</summary>
    public Task<T> Task => _done.Task;

    public sealed override void Failed(Exception reason) => _done.TrySetException(reason);

    protected void Acknowledge(T result) => _done.TrySetResult(result);
}

/// <summary>An upload: the next version and its outbox row.</summary>
internal sealed class PutOperation(DocumentMemory memory, PutDocument request, string documentId, string mediaType, string? traceParent) : ClientOperation<DocumentAccepted>
{
    private readonly ReadOnlyMemory<byte> _metadata = MetadataJson.Write(request.Metadata);
    private DocumentHead? _head;
    private StoredVersion? _stored;

    public override long Bytes => request.Content.Length;

    public override IEnumerable<DocumentKey> About => [new(request.Tenant, documentId)];

    public override void Apply(IDocumentTransaction transaction)
    {
        _head = transaction.Find(request.Tenant, documentId);
        var version = DocumentRules.NextVersion(_head, documentId, request.IfVersion);
        var now = memory.Now();
        _stored = new StoredVersion
        {
            Tenant = request.Tenant,
            DocumentId = documentId,
            Version = version,
            Kind = IngestionKind.Index,
            State = DocumentState.Queued,
            Title = request.Title,
            ContentType = mediaType,
            FileName = request.FileName,
            Bytes = request.Content.Length,
            Metadata = _metadata,
            UploadedBy = request.User,
            CreatedAt = _head is { Deleted: false } ? _head.CreatedAt : now,
            QueuedAt = now,
            TraceParent = traceParent,
        };
        var (job, key) = transaction.Append(_head, _stored, request.Content);
        _stored = _stored with { JobId = job };
        // The version before may be in hand and the searchable one is what readers get if this one fails: their bytes stay for now.
        if (_head is not null)
            transaction.Prune(key, contentsBelow: version - 1, rowsBelow: version - memory.Options.KeptVersions + 1, keepVersion: _head.SearchableVersion);
    }

    public override void Committed()
    {
        if (_head is { IsOnItsWay: true })
            DocumentsMetrics.Overtaken();
        memory.Queued(_head, _stored!);
        Acknowledge(new DocumentAccepted(documentId, _stored!.Version, DocumentState.Queued));
    }
}

/// <summary>A deletion: a version of its own, without bytes; those of the others go at once.</summary>
internal sealed class DeleteOperation(DocumentMemory memory, string tenant, string documentId, int? ifVersion, string? traceParent) : ClientOperation<bool>
{
    private DocumentHead? _head;
    private StoredVersion? _stored;

    public override IEnumerable<DocumentKey> About => [new(tenant, documentId)];

    public override void Apply(IDocumentTransaction transaction)
    {
        _head = transaction.Find(tenant, documentId);
        if (_head is null or { Deleted: true })
            return;
        DocumentRules.CheckVersion(_head, documentId, ifVersion);
        _stored = new StoredVersion
        {
            Tenant = tenant,
            DocumentId = documentId,
            Version = _head.Version + 1,
            Kind = IngestionKind.Delete,
            State = DocumentState.Queued,
            Title = "",
            ContentType = "",
            Bytes = 0,
            Metadata = default,
            UploadedBy = "",
            CreatedAt = _head.CreatedAt,
            QueuedAt = memory.Now(),
            TraceParent = traceParent,
        };
        var (job, key) = transaction.Append(_head, _stored, default);
        _stored = _stored with { JobId = job };
        transaction.Prune(key, contentsBelow: _stored.Version, rowsBelow: _stored.Version, keepVersion: 0);
    }

    public override void Committed()
    {
        if (_stored is not null)
            memory.Queued(_head, _stored);
        Acknowledge(_stored is not null);
    }
}
