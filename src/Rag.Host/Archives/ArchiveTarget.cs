using System.Text;
using Rag.Documents;
using Rag.Identity;
using Rag.Identity.Usage;
using Rag.Ingestion;

namespace Rag.Host.Archives;

/// <summary>
/// Brings archived documents, keys and usage into stores. What is there in the same or a newer version is left alone, and of usage the greater counts, so it may be done again after it was
/// interrupted.
/// Every document waits in the outbox then: its chunks and vectors are made anew, by the destination's own model.
/// </summary>
internal sealed class ArchiveTarget(IDocumentStore documents, IKeyStore keys, IUsageStore usage, TimeProvider time)
{
    private const int MostTogether = 128;
    private const int MostUsageTogether = 1000;
    private const long MostBytesTogether = 16L << 20;

    private readonly List<ArchiveDocument> _documents = [];
    private readonly List<NewKey> _keys = [];
    private readonly List<UsageEntry> _usage = [];
    private long _bytes;

    /// <summary>Documents brought in, deletions among them, and documents that were there already; keys and lines of usage brought in.</summary>
    public (long Documents, long Deletions, long There, long Keys, long Usage) Done { get; private set; }

    /// <summary>Takes a document; it is durable after <see cref="FlushAsync"/>.</summary>
    public async Task AddAsync(ArchiveDocument document, CancellationToken cancellationToken)
    {
        _documents.Add(document);
        _bytes += document.Content?.Length ?? 0;
        if (_documents.Count >= MostTogether || _bytes >= MostBytesTogether)
            await FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes a key; it is durable after <see cref="FlushAsync"/>.</summary>
    public async Task AddAsync(NewKey key, CancellationToken cancellationToken)
    {
        _keys.Add(key);
        if (_keys.Count >= MostTogether)
            await FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes a line of usage; it is durable after <see cref="FlushAsync"/>.</summary>
    public async Task AddAsync(UsageEntry entry, CancellationToken cancellationToken)
    {
        _usage.Add(entry);
        if (_usage.Count >= MostUsageTogether)
            await FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes what was taken.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_keys.Count > 0)
        {
            await keys.AddAsync(_keys, cancellationToken).ConfigureAwait(false);
            Done = Done with { Keys = Done.Keys + _keys.Count };
            _keys.Clear();
        }

        if (_usage.Count > 0)
        {
            await usage.MergeAsync(_usage, cancellationToken).ConfigureAwait(false);
            Done = Done with { Usage = Done.Usage + _usage.Count };
            _usage.Clear();
        }

        if (_documents.Count == 0)
            return;
        var done = Done;
        documents.Commit(transaction =>
        {
            done = Done; // a store may run it again
            foreach (var document in _documents)
            {
                var head = transaction.Find(document.Tenant, document.Id);
                if (head is not null && head.Version >= document.Version)
                {
                    done.There++;
                    continue;
                }

                var (_, key) = transaction.Append(head, Version(document), document.Content ?? default(ReadOnlyMemory<byte>));
                if (head is not null)
                    transaction.Prune(key, contentsBelow: document.Version, rowsBelow: document.Version, keepVersion: head.SearchableVersion);
                done.Documents++;
                done.Deletions += document.Deleted ? 1 : 0;
            }
        });
        Done = done;
        _documents.Clear();
        _bytes = 0;
    }

    private StoredVersion Version(ArchiveDocument document) => new()
    {
        Tenant = document.Tenant,
        DocumentId = document.Id,
        Version = document.Version,
        Kind = document.Deleted ? IngestionKind.Delete : IngestionKind.Index,
        State = DocumentState.Queued,
        Title = document.Title,
        ContentType = document.ContentType,
        FileName = document.FileName,
        Bytes = document.Content?.Length ?? 0,
        Metadata = document.Metadata is { } metadata ? Encoding.UTF8.GetBytes(metadata) : default(ReadOnlyMemory<byte>),
        UploadedBy = document.UploadedBy,
        CreatedAt = document.CreatedAt,
        // How long it waits is counted from now: the age of an old backup is no lag of ingestion.
        QueuedAt = time.GetUtcNow(),
    };
}
