namespace Rag.Documents;

/// <summary>
/// Where documents, their versions and the outbox are kept. The rules (which version comes next, what is superseded, what is pruned) live in this
/// folder; an engine only keeps rows. Writes of a process come from one thread, reads from many at once and never wait for a write.
/// </summary>
public interface IDocumentStore : IDisposable
{
    /// <summary>Runs <paramref name="work"/> in one transaction, which survives a power cut once the call returns; when it throws, nothing is kept and the exception passes through.</summary>
    /// <param name="work">What to write. Called once, on the calling thread.</param>
    void Commit(Action<IDocumentTransaction> work);

    /// <summary>The newest version of a document that isn't deleted, or null.</summary>
    ValueTask<StoredVersion?> FindAsync(string tenant, string documentId, CancellationToken cancellationToken);

    /// <summary>Newest versions of a tenant's documents in the ordinal order of their ids, deleted ones left out.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="after">Only ids after this one; null for all.</param>
    /// <param name="limit">The most rows.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    ValueTask<IReadOnlyList<StoredVersion>> ListAsync(string tenant, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>A version with its bytes, by its job's number; null when it is gone.</summary>
    ValueTask<StoredContent?> ReadContentAsync(long jobId, CancellationToken cancellationToken);

    /// <summary>A version's extracted text, by its job's number; null when none is kept.</summary>
    ValueTask<string?> ReadTextAsync(long jobId, CancellationToken cancellationToken);

    /// <summary>Everything in the outbox in the order of job numbers, and how much is stored: read once, at the start. Counts the jobs that were in hand when the process before ended.</summary>
    StoredBacklog ReadBacklog();

    /// <summary>Notes that a job is being tried, or no longer is. Very cheap; must survive the death of this process, need not survive a power cut.</summary>
    void NoteInHand(long jobId, bool inHand);
}

/// <summary>One transaction's reads and writes. Reads see the transaction's own writes.</summary>
public interface IDocumentTransaction
{
    /// <summary>The document's row, tombstones included; null when the id was never used.</summary>
    DocumentHead? Find(string tenant, string documentId);

    /// <summary>
    /// Adds a version: its row, its bytes, its outbox row in the place of the document's earlier one, and the head that points to it.
    /// </summary>
    /// <param name="head">The document's row as found; null for a new document.</param>
    /// <param name="version">The row; <see cref="StoredVersion.JobId"/> is ignored.</param>
    /// <param name="content">The bytes; empty for a deletion.</param>
    /// <returns>The job's number and the document's row number.</returns>
    (long JobId, long DocumentKey) Append(DocumentHead? head, StoredVersion version, ReadOnlyMemory<byte> content);

    /// <summary>Takes a job out of the outbox.</summary>
    /// <returns>False when it was not there: superseded or settled before.</returns>
    bool RemoveJob(long jobId);

    /// <summary>Keeps how often a job was tried, and that the process did not die under it; no effect when it is gone.</summary>
    /// <param name="next">The job as it is to be tried next.</param>
    /// <param name="wait">How long it is to rest, and…</param>
    /// <param name="reason">…why: for stores that keep the claims as well (<see cref="ISharedDocumentStore"/>); others leave both to the board.</param>
    void CountJob(JobTicket next, TimeSpan wait, string? reason);

    /// <summary>Records how a version ended, and its text when given; no effect when the version's row is gone.</summary>
    void Settle(DocumentHead head, Settlement settlement);

    /// <summary>Drops bytes and texts of versions below <paramref name="contentsBelow"/> and rows of versions below <paramref name="rowsBelow"/>, except <paramref name="keepVersion"/>.</summary>
    void Prune(long documentKey, int contentsBelow, int rowsBelow, int keepVersion);
}
