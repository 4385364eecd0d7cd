namespace Rag.Vectors.Graphs;

/// <summary>All slots of one graph, for scans and repairs. One appends or rebuilds at a time; readers take <see cref="Snapshot"/> without a lock.</summary>
internal sealed class Members
{
    private readonly Lock _gate = new();
    private int[] _slots = new int[16];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Add(int slot)
    {
        lock (_gate)
        {
            if (_count == _slots.Length)
                Array.Resize(ref _slots, _count * 2);
            _slots[_count] = slot;
            Volatile.Write(ref _count, _count + 1);
        }
    }

    /// <summary>The slots at this moment; later additions and removals don't change what was taken.</summary>
    public ReadOnlySpan<int> Snapshot()
    {
        lock (_gate)
            return _slots.AsSpan(0, _count);
    }

    /// <summary>Removes slots, by a new array: spans taken before stay whole.</summary>
    public void Remove(HashSet<int> gone)
    {
        lock (_gate)
        {
            var kept = new int[Math.Max(16, _count)];
            var count = 0;
            foreach (var slot in _slots.AsSpan(0, _count))
                if (!gone.Contains(slot))
                    kept[count++] = slot;
            _slots = kept;
            Volatile.Write(ref _count, count);
        }
    }
}
