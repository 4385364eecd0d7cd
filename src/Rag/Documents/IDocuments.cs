using Rag.Filters;

namespace Rag.Documents;

/// <summary>
/// Upload, versions, metadata and status. A write is acknowledged only once it is durable: the document and its outbox row are
/// committed in one transaction before the call returns. Failures are <see cref="Errors.RagException"/>.
/// </summary>
public interface IDocuments
{
    /// <summary>
    /// Stores a document, or its next version when the id exists for this tenant. Throttled while ingestion lags behind by more than
    /// <c>documents:max_lag_seconds</c>, Overloaded when too much waits.
    /// </summary>
    ValueTask<DocumentAccepted> PutAsync(PutDocument request, CancellationToken cancellationToken);

    /// <summary>The document with its text as extracted (null until processed), or null when it doesn't exist for the tenant.</summary>
    ValueTask<DocumentRecord?> GetAsync(string tenant, string documentId, CancellationToken cancellationToken);

    /// <summary>Status of the newest version, or null when the document doesn't exist for the tenant. Cheap: clients poll it.</summary>
    ValueTask<DocumentStatus?> GetStatusAsync(string tenant, string documentId, CancellationToken cancellationToken);

    /// <summary>A page of documents in the order of their ids.</summary>
    ValueTask<DocumentPage> ListAsync(ListDocuments request, CancellationToken cancellationToken);

    /// <summary>Deletes a document: it leaves the indexes as soon as ingestion has seen the deletion, and never comes back.</summary>
    /// <param name="tenant">Whose document.</param>
    /// <param name="documentId">Which.</param>
    /// <param name="ifVersion">When set, only if this is the newest version; otherwise VersionConflict.</param>
    /// <param name="cancellationToken">Stops waiting; the deletion may have been committed.</param>
    /// <returns>False when there is no such document.</returns>
    ValueTask<bool> DeleteAsync(string tenant, string documentId, int? ifVersion, CancellationToken cancellationToken);

    /// <summary>How much is stored and how much waits for ingestion.</summary>
    ValueTask<DocumentsState> DescribeAsync(CancellationToken cancellationToken);
}

/// <summary>A document to store.</summary>
public sealed record PutDocument
{
    /// <summary>Whose document.</summary>
    public required string Tenant { get; init; }

    /// <summary>Who uploads it.</summary>
    public required string User { get; init; }

    /// <summary>The id to use, 1–256 characters of letters, digits, <c>. _ - :</c>; null has one made.</summary>
    public string? Id { get; init; }

    /// <summary>A title for people; may be empty.</summary>
    public required string Title { get; init; }

    /// <summary>The media type: <c>text/plain</c>, <c>text/markdown</c>, <c>text/html</c>, <c>application/pdf</c> or the DOCX type.</summary>
    public required string ContentType { get; init; }

    /// <summary>The bytes as uploaded (UTF-8 for JSON uploads).</summary>
    public required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>The original file's name, when there was one.</summary>
    public string? FileName { get; init; }

    /// <summary>Scalars to filter by.</summary>
    public IReadOnlyDictionary<string, MetadataValue> Metadata { get; init; } = new Dictionary<string, MetadataValue>();

    /// <summary>When set: the newest version must be this one, otherwise VersionConflict (HTTP <c>If-Match</c>); NotFound when there is no document.</summary>
    public int? IfVersion { get; init; }
}

/// <summary>What an accepted upload is called.</summary>
/// <param name="DocumentId">Its id.</param>
/// <param name="Version">Its version.</param>
/// <param name="Status">Where it stands: queued.</param>
/// <param name="Degraded"><c>ingestion_unavailable</c> when work has waited for over 5 s and nobody came for it: the upload is durable, and becomes searchable later. Null otherwise.</param>
public sealed record DocumentAccepted(string DocumentId, int Version, DocumentState Status, IReadOnlyList<string>? Degraded = null);

/// <summary>Where a version stands on its way to being found.</summary>
public enum DocumentState
{
    /// <summary>Durable, waiting for ingestion.</summary>
    Queued,

    /// <summary>Being parsed, embedded and indexed.</summary>
    Processing,

    /// <summary>Found by searches.</summary>
    Searchable,

    /// <summary>Could not be processed; the reason says why. An earlier version, if there was one, stays searchable.</summary>
    Failed,
}

/// <summary>Status of a document's newest version. Times are UTC; null until reached.</summary>
public sealed record DocumentStatus(
    string DocumentId, int Version, DocumentState Status, string? Reason, int Attempts, int Chunks,
    DateTimeOffset QueuedAt, DateTimeOffset? StartedAt, DateTimeOffset? SearchableAt, DateTimeOffset? FailedAt);

/// <summary>A stored document. <see cref="Text"/> is null until it has been extracted.</summary>
public sealed record DocumentRecord(
    string DocumentId, int Version, string Title, string ContentType, string? FileName, long Bytes, string? Text,
    IReadOnlyDictionary<string, MetadataValue> Metadata, string UploadedBy, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    DocumentState Status);

/// <summary>Asks for a page of documents.</summary>
/// <param name="Tenant">Whose.</param>
/// <param name="Filter">Conditions on metadata, or null.</param>
/// <param name="After">The cursor of the previous page, or null for the first.</param>
/// <param name="Limit">1–1000.</param>
public sealed record ListDocuments(string Tenant, MetadataFilter? Filter, string? After, int Limit);

/// <summary>A page; <see cref="Next"/> is the cursor for the following one, or null at the end. Texts are left out.</summary>
public sealed record DocumentPage(IReadOnlyList<DocumentRecord> Documents, string? Next);

/// <summary>How much is stored and how much waits.</summary>
/// <param name="Documents">Live documents.</param>
/// <param name="QueueDepth">Jobs not yet completed, those in hand included.</param>
/// <param name="OldestQueuedAge">Age of the oldest such job; zero when none waits.</param>
/// <param name="Quarantined">Jobs given up on.</param>
public sealed record DocumentsState(long Documents, long QueueDepth, TimeSpan OldestQueuedAge, long Quarantined);
