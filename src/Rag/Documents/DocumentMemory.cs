using Rag.Ingestion;

namespace Rag.Documents;

/// <summary>
/// What is known in memory beside the store: jobs, statuses, counts. It follows the store's commits in their order and is rebuilt from the store at a start. Of a
/// store that others work on as well nothing is known here: its own board tells.
/// </summary>
internal sealed class DocumentMemory(DocumentsOptions options, TimeProvider time, IJobBoard? shared = null) : IDisposable
{
    private long _documents;
    private long _failed;

    public DocumentsOptions Options => options;

    public IJobBoard Board { get; } = shared ?? new JobBoard(time, options.Lease);

    /// <summary>Null where other processes change statuses as well.</summary>
    public StatusCache? Statuses { get; } = shared is null ? new StatusCache() : null;

    /// <summary>Live documents.</summary>
    public long Documents => Interlocked.Read(ref _documents);

    /// <summary>Documents whose newest version was given up on.</summary>
    public long FailedDocuments => Interlocked.Read(ref _failed);

    /// <summary>Now, to the millisecond that the store keeps, so that memory and store tell the same times.</summary>
    public DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>The state as the store has it.</summary>
    public void Load(StoredBacklog backlog)
    {
        (_documents, _failed) = (backlog.Documents, backlog.Failed);
        foreach (var job in backlog.Jobs)
            Waiting(job.Version, job.Attempts, job.Interruptions);
    }

    /// <summary>A version (or a deletion) was committed.</summary>
    public void Queued(DocumentHead? before, StoredVersion version)
    {
        var lived = before is { Deleted: false };
        var lives = version.Kind == IngestionKind.Index;
        Interlocked.Add(ref _documents, (lives ? 1 : 0) - (lived ? 1 : 0));
        if (before is { Failed: true })
            Interlocked.Decrement(ref _failed);
        Waiting(version, attempts: 0, interruptions: 0);
    }

    /// <summary>A newest version was given up on.</summary>
    public void GivenUp() => Interlocked.Increment(ref _failed);

    public static DocumentStatus StatusOf(StoredVersion v) =>
        new(v.DocumentId, v.Version, v.State, v.Reason, v.Attempts, v.Chunks, v.QueuedAt, v.StartedAt, v.SearchableAt, v.FailedAt);

    public void Dispose() => Board.Dispose();

    private void Waiting(StoredVersion version, int attempts, int interruptions)
    {
        var key = new DocumentKey(version.Tenant, version.DocumentId);
        if (version.Kind == IngestionKind.Index)
            Statuses?.Set(key, StatusOf(version) with { Attempts = attempts });
        else
            Statuses?.Remove(key);
        // Last: whoever claims it next finds its status in place.
        Board.Add(new JobTicket(key, version.JobId, version.Kind, version.Version, version.Bytes, version.QueuedAt)
        {
            Attempts = attempts,
            Interruptions = interruptions,
            TraceParent = version.TraceParent,
        });
    }
}
