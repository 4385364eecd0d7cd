using System.Numerics;

namespace Rag.Embedding;

/// <summary>Counts features (hashes) of one text, in the order in which they first came. Kept and cleared instead of made anew: no garbage per text.</summary>
internal sealed class FeatureCounter
{
    /// <summary>A feature and how often it came.</summary>
    public struct Entry
    {
        public ulong Feature;
        public int Count;
        public FeatureKind Kind;
    }

    private Entry[] _entries = new Entry[1024];
    private int[] _slots = new int[4096]; // open addressing; entry number + 1, 0 = free
    private int _count;

    public ReadOnlySpan<Entry> Entries => _entries.AsSpan(0, _count);

    public void Clear()
    {
        // A huge text must not make every small one after it pay for clearing its table.
        if (_slots.Length > 65_536)
        {
            _slots = new int[4096];
            _entries = new Entry[1024];
        }
        else
        {
            Array.Clear(_slots);
        }

        _count = 0;
    }

    /// <param name="feature">A well mixed hash.</param>
    /// <param name="kind">What the feature stands for.</param>
    public void Add(ulong feature, FeatureKind kind)
    {
        var slot = FindSlot(feature);
        if (_slots[slot] != 0)
        {
            _entries[_slots[slot] - 1].Count++;
            return;
        }

        if (_count == _entries.Length)
            Array.Resize(ref _entries, _count * 2);
        _entries[_count++] = new Entry { Feature = feature, Count = 1, Kind = kind };
        _slots[slot] = _count;
        if (_count * 2 > _slots.Length)
            Grow();
    }

    private int FindSlot(ulong feature)
    {
        var mask = _slots.Length - 1;
        var slot = (int)(feature >> 32) & mask;
        while (_slots[slot] is var number && number != 0 && _entries[number - 1].Feature != feature)
            slot = (slot + 1) & mask;
        return slot;
    }

    private void Grow()
    {
        _slots = new int[(int)BitOperations.RoundUpToPowerOf2((uint)_slots.Length * 2)];
        for (var i = 0; i < _count; i++)
            _slots[FindSlot(_entries[i].Feature)] = i + 1;
    }
}
