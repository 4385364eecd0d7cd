using System.Runtime.CompilerServices;

namespace Rag.Vectors.Graphs;

/// <summary>
/// A slot and its similarity in one number that sorts nearest first: the negated similarity's bits in sortable order above, the slot inverted below:
/// of equals the newest comes first, so that a new twin of many links to those whose lists still have room.
/// </summary>
internal static class Near
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Key(float similarity, int slot)
    {
        var bits = BitConverter.SingleToUInt32Bits(-similarity);
        bits ^= (uint)((int)bits >> 31) | 0x8000_0000u;
        return ((ulong)bits << 32) | ~(uint)slot;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Slot(ulong key) => (int)~(uint)key;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Similarity(ulong key)
    {
        var bits = (uint)(key >> 32);
        bits ^= (bits & 0x8000_0000u) != 0 ? 0x8000_0000u : uint.MaxValue;
        return -BitConverter.UInt32BitsToSingle(bits);
    }
}

/// <summary>The nearest seen so far, at most <c>limit</c>, sorted. A shift in a small array beats a heap up to a thousand.</summary>
internal sealed class NearestList
{
    private ulong[] _keys = new ulong[128];
    private int _limit;

    public int Count { get; private set; }

    public ReadOnlySpan<ulong> Keys => _keys.AsSpan(0, Count);

    public void Reset(int limit)
    {
        if (_keys.Length < limit)
            _keys = new ulong[limit];
        (_limit, Count) = (limit, 0);
    }

    /// <summary>Whether a key would be kept.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Takes(ulong key) => Count < _limit || key < _keys[Count - 1];

    public bool IsFull => Count == _limit;

    /// <summary>The farthest kept; not to be asked while empty.</summary>
    public ulong Worst => _keys[Count - 1];

    /// <summary>Adds a key that <see cref="Takes"/>.</summary>
    public void Add(ulong key)
    {
        var keys = _keys;
        int low = 0, high = Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (keys[middle] < key)
                low = middle + 1;
            else
                high = middle;
        }

        var last = Count < _limit ? Count++ : Count - 1;
        Array.Copy(keys, low, keys, low + 1, last - low);
        keys[low] = key;
    }
}

/// <summary>Candidates still to be visited: a binary heap, nearest first.</summary>
internal sealed class NearestHeap
{
    private ulong[] _keys = new ulong[512];

    public int Count { get; private set; }

    public void Clear() => Count = 0;

    public ulong Peek() => _keys[0];

    public void Push(ulong key)
    {
        if (Count == _keys.Length)
            Array.Resize(ref _keys, Count * 2);
        var keys = _keys;
        var at = Count++;
        while (at > 0)
        {
            var parent = (at - 1) >> 1;
            if (keys[parent] <= key)
                break;
            keys[at] = keys[parent];
            at = parent;
        }

        keys[at] = key;
    }

    public ulong Pop()
    {
        var keys = _keys;
        var top = keys[0];
        var count = --Count;
        var key = keys[count];
        var at = 0;
        for (var child = 1; child < count; child = 2 * at + 1)
        {
            if (child + 1 < count && keys[child + 1] < keys[child])
                child++;
            if (keys[child] >= key)
                break;
            keys[at] = keys[child];
            at = child;
        }

        keys[at] = key;
        return top;
    }
}
