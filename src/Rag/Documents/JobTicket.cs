using Rag.Ingestion;

namespace Rag.Documents;

/// <summary>A document's name.</summary>
internal readonly record struct DocumentKey(string Tenant, string DocumentId);

/// <summary>Who holds a job: a worker by its name, in one of its runs.</summary>
internal readonly record struct JobHolder(string Worker, string Incarnation);

/// <summary>A job as the board knows it; what it needs besides is read from the store when it is claimed. Immutable but for the board's own fields.</summary>
internal sealed record JobTicket(DocumentKey Key, long JobId, IngestionKind Kind, int Version, long Bytes, DateTimeOffset QueuedAt)
{
    /// <summary>Tries that ended and count.</summary>
    public int Attempts { get; init; }

    /// <summary>Tries that ended without fault of the document.</summary>
    public int Deferrals { get; init; }

    /// <summary>Tries under which the process died, since the last that ended.</summary>
    public int Interruptions { get; init; }

    /// <summary>When the last try began.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Whether it may be what kills the process: then it is handed out alone, after all others.</summary>
    public bool Suspect => Interruptions >= 3;
}
