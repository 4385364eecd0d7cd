namespace Rag.Documents;

/// <summary>What waits and who is at it, in figures.</summary>
public interface IJobBacklog
{
    /// <summary>Jobs not yet finished, those in hand included. A board on a store tells what was so at most a second ago.</summary>
    int Depth { get; }

    /// <summary>How long work has been ready while no worker came or reported; zero while there is none.</summary>
    TimeSpan Unclaimed { get; }

    /// <summary>Age of the oldest job; zero when there is none.</summary>
    TimeSpan OldestAge();

    /// <summary>
    /// How far the workers are behind: the age of the oldest job that none of them has. Those that kept ending the process are left out: they wait for an idle
    /// moment, however long.
    /// </summary>
    TimeSpan Lag();
}

/// <summary>
/// Which documents have work, in which order, who holds it and until when. Two jobs of one document are never out at a time. <see cref="JobBoard"/> keeps it in
/// memory, for a store that one process has to itself; an <see cref="ISharedDocumentStore"/> keeps it in its tables. Safe for concurrent use.
/// </summary>
public interface IJobBoard : IJobBacklog, IDisposable
{
    /// <summary>
    /// Takes up to <paramref name="max"/> jobs that together bring no more than <paramref name="maxBytes"/> (a single one may); empty when none is due. What an
    /// earlier run of the same worker held comes back first: it has died under it.
    /// </summary>
    ValueTask<List<JobTicket>> TakeAsync(int max, long maxBytes, JobHolder holder, CancellationToken cancellationToken);

    /// <summary>Ends when a job may be due. Ask <see cref="TakeAsync"/> then; another may have been faster.</summary>
    Task WaitAsync(CancellationToken cancellationToken);

    /// <summary>A job comes back to be tried again at <paramref name="dueAt"/> or sooner, without a result; no effect when it is no longer held in that try.</summary>
    /// <param name="key">Whose job.</param>
    /// <param name="jobId">Which.</param>
    /// <param name="attempt">The attempts that its ticket told.</param>
    /// <param name="dueAt">When it makes sense again.</param>
    ValueTask GiveBackAsync(DocumentKey key, long jobId, int attempt, DateTimeOffset dueAt);

    /// <summary>The job as handed out, when it still is and this is that try of it; otherwise null. As <paramref name="transaction"/> sees it where the store keeps the claims.</summary>
    JobTicket? Held(IDocumentTransaction transaction, DocumentKey key, long jobId, int attempt);

    /// <summary>The job, whether it waits or is in hand; null when it is finished or superseded.</summary>
    JobTicket? Find(IDocumentTransaction transaction, DocumentKey key, long jobId);

    /// <summary>Follows a commit that added a document's newest job; an older one that still waits gives it its place.</summary>
    void Add(JobTicket ticket);

    /// <summary>Follows a commit that took a job out of the outbox; the document's next one, if any, becomes ready.</summary>
    void Finish(DocumentKey key, long jobId);

    /// <summary>Follows a commit that counted a try: the job comes back at <paramref name="dueAt"/>; dropped when a newer version waits.</summary>
    void Return(JobTicket ticket, DateTimeOffset dueAt);
}
