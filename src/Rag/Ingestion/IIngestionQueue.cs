using Rag.Filters;

namespace Rag.Ingestion;

/// <summary>
/// What feeds ingestion: jobs in order per document, delivered at least once. A claimed job that is neither completed nor failed
/// returns when its lease ends, or at once after a restart. Embedded default: the documents database's outbox itself.
/// </summary>
public interface IIngestionQueue
{
    /// <summary>Claims jobs; waits until there is at least one, or the claim's wait is over (then empty). Never hands out two jobs of one document at a time.</summary>
    ValueTask<IReadOnlyList<IngestionJob>> ClaimAsync(IngestionClaim claim, CancellationToken cancellationToken);

    /// <summary>Records results durably: searchable, failed for good (quarantined), or to be tried again.</summary>
    ValueTask CompleteAsync(IReadOnlyList<IngestionResult> results, CancellationToken cancellationToken);
}

/// <summary>Asks for jobs.</summary>
/// <param name="Worker">
/// The worker's name, the same after a restart; no two that run may share one. When it claims under another incarnation, what the one before held comes back at
/// once instead of when its lease ends.
/// </param>
/// <param name="Incarnation">Which run of the worker this is.</param>
/// <param name="Max">The most jobs, at least 1.</param>
/// <param name="Wait">How long to wait for the first.</param>
public sealed record IngestionClaim(string Worker, string Incarnation, int Max, TimeSpan Wait)
{
    /// <summary>How long a worker lets a claim wait: long enough to cost nothing, short enough that a connection that died unnoticed is not waited on for ever.</summary>
    public static TimeSpan UsualWait { get; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Only the jobs of these documents, as far as they are due and nobody has them; then it does not wait, and <see cref="Max"/> is their number. A document that
    /// is not in the reply has nothing to be done, is in another's hands, or did not fit: asking again for the rest until the reply is empty tells. Where others lock all
    /// that is left at that moment, the claim fails as <see cref="Errors.RagError.Overloaded"/> instead: it is to be repeated soon. Null for any.
    /// </summary>
    public IReadOnlyList<DocumentName>? Only { get; init; }
}

/// <summary>What is to be done with a version.</summary>
public enum IngestionKind
{
    /// <summary>Parse, chunk, embed and index it.</summary>
    Index,

    /// <summary>Remove the document from the indexes.</summary>
    Delete,
}

/// <summary>One unit of work.</summary>
public sealed record IngestionJob
{
    /// <summary>The job's number, growing; unique in the queue.</summary>
    public required long JobId { get; init; }

    /// <summary>What is to be done.</summary>
    public required IngestionKind Kind { get; init; }

    /// <summary>Whose document.</summary>
    public required string Tenant { get; init; }

    /// <summary>Which.</summary>
    public required string DocumentId { get; init; }

    /// <summary>Which version. A deletion has a version of its own, one past the last.</summary>
    public required int Version { get; init; }

    /// <summary>The title; empty for a deletion.</summary>
    public string Title { get; init; } = "";

    /// <summary>The media type; empty for a deletion.</summary>
    public string ContentType { get; init; } = "";

    /// <summary>The bytes; empty for a deletion.</summary>
    public ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>Scalars to filter by.</summary>
    public IReadOnlyDictionary<string, MetadataValue> Metadata { get; init; } = new Dictionary<string, MetadataValue>();

    /// <summary>How often it was tried before this time.</summary>
    public int Attempt { get; init; }

    /// <summary>The trace that the upload belongs to, as <c>traceparent</c>; null for none.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>How a job ended.</summary>
/// <param name="Job">The job.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Chunks">How many chunks became searchable.</param>
/// <param name="Text">The extracted text, kept for readers; null for failures and deletions.</param>
/// <param name="Reason">Why it failed or must be tried again.</param>
/// <param name="Title">The title found inside the document, when the upload had none; null leaves it.</param>
/// <param name="Touched">Whether an index may have changed; false when the job never came to that.</param>
public sealed record IngestionResult(
    IngestionJob Job, IngestionOutcome Outcome, int Chunks = 0, string? Text = null, string? Reason = null, string? Title = null, bool Touched = true);

/// <summary>How a job ended.</summary>
public enum IngestionOutcome
{
    /// <summary>Indexed (or removed) durably.</summary>
    Done,

    /// <summary>A newer version or a deletion has overtaken it; nothing was left behind.</summary>
    Superseded,

    /// <summary>It failed in a way that may pass: tried again later, a bounded number of times, then quarantined with the reason.</summary>
    Retry,

    /// <summary>Can never succeed; quarantined with the reason.</summary>
    Poison,

    /// <summary>A dependency was down or overloaded: tried again later, however often; an outage must not cost a document.</summary>
    Deferred,
}
