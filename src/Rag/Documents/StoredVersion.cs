using Rag.Ingestion;

namespace Rag.Documents;

/// <summary>The row of a document: what its newest version is. A deleted document keeps its row, so that versions never start again.</summary>
/// <param name="Key">The row's number in the store.</param>
/// <param name="Version">The newest version; a deletion counts as one.</param>
/// <param name="Deleted">Whether the newest version is a deletion.</param>
/// <param name="Failed">Whether the newest version was given up on.</param>
/// <param name="SearchableVersion">The version that the indexes hold; 0 for none.</param>
/// <param name="CreatedAt">When the document came into being, since its last deletion.</param>
public sealed record DocumentHead(long Key, int Version, bool Deleted, bool Failed, int SearchableVersion, DateTimeOffset CreatedAt)
{
    /// <summary>Whether the newest version is on its way into the indexes: a next one overtakes it.</summary>
    public bool IsOnItsWay => !Deleted && !Failed && Version > SearchableVersion;
}

/// <summary>The row of one version. Times have a precision of a millisecond.</summary>
public sealed record StoredVersion
{
    /// <summary>Number of the job that brings the version into the indexes; also the version's own number in the store.</summary>
    public long JobId { get; init; }

    /// <summary>Whose document.</summary>
    public required string Tenant { get; init; }

    /// <summary>Which.</summary>
    public required string DocumentId { get; init; }

    /// <summary>Which version of it.</summary>
    public required int Version { get; init; }

    /// <summary>Whether the version is a deletion.</summary>
    public required IngestionKind Kind { get; init; }

    /// <summary>Where it stands. <see cref="DocumentState.Processing"/> is never written: a store that keeps the claims reads it from them.</summary>
    public required DocumentState State { get; init; }

    /// <summary>The title; may be empty.</summary>
    public required string Title { get; init; }

    /// <summary>The media type.</summary>
    public required string ContentType { get; init; }

    /// <summary>The original file's name, or null.</summary>
    public string? FileName { get; init; }

    /// <summary>Size as uploaded.</summary>
    public required long Bytes { get; init; }

    /// <summary>Metadata as UTF-8 JSON, opaque to the store; empty when there is none.</summary>
    public required ReadOnlyMemory<byte> Metadata { get; init; }

    /// <summary>Who uploaded it.</summary>
    public required string UploadedBy { get; init; }

    /// <summary>When the document (not the version) came into being.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the version was acknowledged.</summary>
    public required DateTimeOffset QueuedAt { get; init; }

    /// <summary>When its last try began.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it became searchable.</summary>
    public DateTimeOffset? SearchableAt { get; init; }

    /// <summary>When it was given up on.</summary>
    public DateTimeOffset? FailedAt { get; init; }

    /// <summary>How often it was tried.</summary>
    public int Attempts { get; init; }

    /// <summary>How many chunks became searchable.</summary>
    public int Chunks { get; init; }

    /// <summary>Why it failed, or why its last try did.</summary>
    public string? Reason { get; init; }

    /// <summary>The trace that its upload belongs to, as <c>traceparent</c>; kept with the job in the outbox and gone with it. Null for none.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>A version with what was uploaded; empty when it isn't kept (any more).</summary>
public sealed record StoredContent(StoredVersion Version, ReadOnlyMemory<byte> Content);

/// <summary>How a version ended.</summary>
/// <param name="Version">Which version.</param>
/// <param name="State">Searchable or Failed.</param>
/// <param name="StartedAt">When its last try began.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Chunks">How many chunks became searchable.</param>
/// <param name="Reason">Why it failed.</param>
/// <param name="Title">The title to keep from now on; null leaves it.</param>
/// <param name="Text">The extracted text; null when it need not be kept.</param>
public sealed record Settlement(
    int Version, DocumentState State, DateTimeOffset? StartedAt, DateTimeOffset EndedAt, int Attempts, int Chunks, string? Reason, string? Title, string? Text);

/// <summary>A job that waits in the outbox.</summary>
/// <param name="Version">Its version's row.</param>
/// <param name="Attempts">Tries that ended.</param>
/// <param name="Interruptions">Tries since the last that ended, under which the process died.</param>
public sealed record StoredJob(StoredVersion Version, int Attempts, int Interruptions);

/// <summary>The outbox, and how much is stored.</summary>
public sealed record StoredBacklog(IReadOnlyList<StoredJob> Jobs, long Documents, long Failed);
