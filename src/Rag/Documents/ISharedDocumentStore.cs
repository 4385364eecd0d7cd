namespace Rag.Documents;

/// <summary>
/// A store that several processes of the documents service work on at a time. It keeps the claims as well, so nothing of it is remembered in a process: a commit
/// whose outcome nobody learnt leaves nothing to be put right.
/// </summary>
public interface ISharedDocumentStore : IDocumentStore
{
    /// <summary><see cref="IDocumentStore.Commit"/>, with the documents that the work is about, so that they are read in one go.</summary>
    void Commit(IReadOnlyCollection<DocumentKey> about, Action<IDocumentTransaction> work);

    /// <summary>Versions with their bytes by their jobs' numbers, in one go; those that are gone are left out.</summary>
    ValueTask<IReadOnlyDictionary<long, StoredContent>> ReadContentsAsync(IReadOnlyCollection<long> jobIds, CancellationToken cancellationToken);

    /// <summary>How much is stored and how much waits, over all processes.</summary>
    ValueTask<DocumentsState> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>The board on the store's tables; whoever opens it disposes of it.</summary>
    IJobBoard OpenBoard(DocumentsOptions options, TimeProvider time);
}
