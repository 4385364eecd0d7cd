using System.Diagnostics.CodeAnalysis;

namespace Rag.Bounds;

/// <summary>
/// A dictionary within two bounds, entries and bytes: what was used least recently makes room. An entry greater than an eighth of the byte bound is not
/// taken in: it would push out too much for one hit. Not safe for concurrent use; its owner locks.
/// </summary>
internal sealed class RecentMap<TKey, TValue>(int mostEntries, long mostBytes) where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = new(); // most recently used first

    /// <summary>Entries held.</summary>
    public int Count => _entries.Count;

    /// <summary>Bytes held, as their owners counted them.</summary>
    public long Bytes { get; private set; }

    /// <summary>Finds an entry; it is then the most recently used.</summary>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (!_entries.TryGetValue(key, out var node))
        {
            value = default;
            return false;
        }

        if (!ReferenceEquals(_byUse.First, node))
        {
            _byUse.Remove(node);
            _byUse.AddFirst(node);
        }

        value = node.Value.Value;
        return true;
    }

    /// <summary>Puts an entry in, in place of the key's earlier one.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="value">Its value.</param>
    /// <param name="bytes">What it holds in memory, key and overhead included.</param>
    /// <returns>False when it is too great to be taken in; the earlier one is gone all the same.</returns>
    public bool Set(TKey key, TValue value, long bytes)
    {
        Remove(key);
        if (bytes > mostBytes / 8)
            return false;
        _entries.Add(key, _byUse.AddFirst(new Entry(key, value, bytes)));
        Bytes += bytes;
        while (_entries.Count > mostEntries || Bytes > mostBytes)
            Remove(_byUse.Last!.Value.Key);
        return true;
    }

    /// <summary>Takes an entry out, if it is there.</summary>
    public void Remove(TKey key)
    {
        if (!_entries.Remove(key, out var node))
            return;
        _byUse.Remove(node);
        Bytes -= node.Value.Bytes;
    }

    /// <summary>Takes every entry out.</summary>
    public void Clear()
    {
        _entries.Clear();
        _byUse.Clear();
        Bytes = 0;
    }

    private readonly record struct Entry(TKey Key, TValue Value, long Bytes);
}
