using System.Collections.Concurrent;

namespace Rag.Documents;

/// <summary>
/// Status of every document that is on its way, and of the latest ones that arrived: what clients poll. The writer sets it after each commit and before
/// the acknowledgement, so a client never reads less than it was told. What isn't here is read from the store.
/// </summary>
internal sealed class StatusCache(int keptEnded = 16_384)
{
    private readonly ConcurrentDictionary<DocumentKey, DocumentStatus> _statuses = new();
    private readonly ConcurrentQueue<(DocumentKey Key, DocumentStatus Status)> _ended = new();

    /// <summary>The status, or null when only the store knows.</summary>
    public DocumentStatus? Find(DocumentKey key) => _statuses.GetValueOrDefault(key);

    /// <summary>A new version began.</summary>
    public void Set(DocumentKey key, DocumentStatus status)
    {
        _statuses[key] = status;
        Bound(key, status);
    }

    /// <summary>The document was deleted.</summary>
    public void Remove(DocumentKey key) => _statuses.TryRemove(key, out _);

    /// <summary>A version moved on; no effect when it isn't the newest any more.</summary>
    public void Advance(DocumentKey key, int version, Func<DocumentStatus, DocumentStatus> next)
    {
        while (_statuses.TryGetValue(key, out var current) && current.Version == version)
        {
            var changed = next(current);
            if (!_statuses.TryUpdate(key, changed, current))
                continue;
            Bound(key, changed);
            return;
        }
    }

    private void Bound(DocumentKey key, DocumentStatus status)
    {
        if (status.Status is not (DocumentState.Searchable or DocumentState.Failed))
            return;
        _ended.Enqueue((key, status));
        // Only the very status that was enqueued may leave: a newer one has its own place.
        while (_ended.Count > keptEnded && _ended.TryDequeue(out var oldest))
            _statuses.TryRemove(KeyValuePair.Create(oldest.Key, oldest.Status));
    }
}
