using Rag.Ingestion;

namespace Rag.Documents;

/// <summary>A document's name.</summary>
/// <param name="Tenant">Whose document.</param>
/// <param name="DocumentId">Which.</param>
public readonly record struct DocumentKey(string Tenant, string DocumentId);

/// <summary>Who holds a job: a worker by its name, in one of its runs.</summary>
/// <param name="Worker">Its name, the same after a restart.</param>
/// <param name="Incarnation">Which run of it.</param>
public readonly record struct JobHolder(string Worker, string Incarnation);

/// <summary>A job as the board knows it; what it needs besides is read from the store when it is claimed.</summary>
/// <param name="Key">Whose job.</param>
/// <param name="JobId">Its number.</param>
/// <param name="Kind">What is to be done.</param>
/// <param name="Version">With which version.</param>
/// <param name="Bytes">Size as uploaded.</param>
/// <param name="QueuedAt">When the version was acknowledged.</param>
public sealed record JobTicket(DocumentKey Key, long JobId, IngestionKind Kind, int Version, long Bytes, DateTimeOffset QueuedAt)
{
    /// <summary>From this many deaths on, a job may be what kills the process.</summary>
    public const int SuspectInterruptions = 3;

    /// <summary>Tries that ended and count.</summary>
    public int Attempts { get; init; }

    /// <summary>Tries that ended without fault of the document.</summary>
    public int Deferrals { get; init; }

    /// <summary>Tries under which the process died, since the last that ended.</summary>
    public int Interruptions { get; init; }

    /// <summary>When the last try began.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The trace that the upload belongs to, as <c>traceparent</c>; null for none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Whether it may be what kills the process: then it is handed out alone, after all others.</summary>
    public bool Suspect => Interruptions >= SuspectInterruptions;
}
