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

    /// <summary>
    /// Of those that were there, how many are something else there under the same version, and the first of them: both sides were written to, or a version that stood in
    /// for a failed one has taken the number that the source gave to its next. Which one is meant nobody here can know.
    /// </summary>
    public (long Count, string? First) Differing { get; private set; }

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
        var same = new List<ArchiveDocument>();
        documents.Commit(transaction =>
        {
            done = Done; // a store may run it again
            same.Clear();
            foreach (var document in _documents)
            {
                var head = transaction.Find(document.Tenant, document.Id);
                if (head is not null && head.Version >= document.Version)
                {
                    done.There++;
                    if (head.Version == document.Version)
                        same.Add(document);
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
        foreach (var document in same)
            if (await IsOtherAsync(document, cancellationToken).ConfigureAwait(false))
                Differing = (Differing.Count + 1, Differing.First ?? $"{document.Tenant}/{document.Id} version {document.Version}");
        _documents.Clear();
        _bytes = 0;
    }

    private async Task<bool> IsOtherAsync(ArchiveDocument document, CancellationToken cancellationToken)
    {
        var there = await documents.FindAsync(document.Tenant, document.Id, cancellationToken).ConfigureAwait(false);
        if (there is null || document.Deleted)
            return there is null != document.Deleted;
        return there.Version == document.Version
            && (there.Bytes != (document.Content?.Length ?? 0)
                || await documents.ReadContentAsync(there.JobId, cancellationToken).ConfigureAwait(false) is { } kept && !kept.Content.Span.SequenceEqual(document.Content));
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
