using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Rag.Errors;

namespace Rag.Vectors.Graphs;

/// <summary>When a slot's chunk is to be seen: by searches that began at a commit number in [Born, Died). Written before the commit number moves.</summary>
internal struct Lifetime
{
    public const long Never = long.MaxValue;
    public long Born, Died;
}

/// <summary>A slot's rarely read part.</summary>
internal unsafe struct SlotHead
{
    /// <summary>Links of layer 1, then 2, …: each <c>count, id × Links</c>. Null on layer 0 only.</summary>
    public int* Upper;

    public int Level, Latch, Ordinal, Condemned;

    /// <summary>How many lists of layer 0 hold this slot.</summary>
    public int Incoming;
}

/// <summary>
/// Places for vectors, shared by all tenants: the vector, its codes, its links, its lifetime. A slot freed is used again,
/// but only when no search that could still meet it is running (<see cref="Epochs"/>).
/// </summary>
internal sealed unsafe class SlotStore : IDisposable
{
    public const int MaxSlots = NativeChunks.BlockRows * (NativeChunks.MaxBlocks - 1);

    private readonly Lock _gate = new();
    private readonly Stack<int> _free = new();
    private readonly NativeChunks _vectors, _codes, _links, _lives, _heads;
    private readonly object?[]?[] _owners = new object?[]?[NativeChunks.MaxBlocks];
    private readonly int _maxSlots;
    private int _used, _capacity;
    private long _upperBytes;

    public SlotStore(int dimensions, int links, int maxSlots)
    {
        (Dimensions, Links, _maxSlots) = (dimensions, links, maxSlots);
        Padded = Codes.PaddedLength(dimensions);
        _vectors = new NativeChunks((dimensions * sizeof(float) + 63) / 64 * 64);
        _codes = new NativeChunks(Codes.RowBytes(dimensions));
        _links = new NativeChunks(((2 * links + 1) * sizeof(int) + 15) / 16 * 16);
        _lives = new NativeChunks(sizeof(Lifetime));
        _heads = new NativeChunks(32);
    }

    public int Dimensions { get; }

    /// <summary>Codes per row, padding included.</summary>
    public int Padded { get; }

    /// <summary>Bytes of a row that a comparison reads.</summary>
    public int CodeBytes => Padded + 8;

    /// <summary>M: most links on layers above 0; twice as many on layer 0.</summary>
    public int Links { get; }

    public int Capacity => Volatile.Read(ref _capacity);

    public int Free
    {
        get
        {
            lock (_gate)
                return _free.Count;
        }
    }

    /// <summary>Slots that were ever used.</summary>
    public int Used => Volatile.Read(ref _used);

    public long Bytes => (long)Used * (_vectors.RowBytes + _codes.RowBytes + _links.RowBytes + _lives.RowBytes + _heads.RowBytes + sizeof(void*))
        + Interlocked.Read(ref _upperBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Code(int slot) => _codes.Row(slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<float> Vector(int slot) => new(_vectors.Row(slot), Dimensions);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref Lifetime Life(int slot) => ref *(Lifetime*)_lives.Row(slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref SlotHead Head(int slot) => ref *(SlotHead*)_heads.Row(slot);

    /// <summary>A slot's links on a layer: <c>count, id…</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int* LinksOf(int slot, int level) =>
        level == 0 ? (int*)_links.Row(slot) : Head(slot).Upper + (level - 1) * (Links + 1);

    public int MostLinks(int level) => level == 0 ? 2 * Links : Links;

    /// <summary>Who put the slot's chunk there; null while the slot is free.</summary>
    public ref object? Owner(int slot) => ref _owners[slot >> NativeChunks.BlockBits]![slot & (NativeChunks.BlockRows - 1)];

    /// <summary>Takes a slot and fills it; nobody sees it before it is linked and born.</summary>
    public int Add(ReadOnlySpan<float> vector, int level, object owner, int ordinal)
    {
        int slot;
        lock (_gate)
        {
            if (!_free.TryPop(out slot))
            {
                if (_used >= _maxSlots)
                    throw new RagException(RagError.Overloaded, $"vectors: the index holds {_used} chunks, deleted ones included; the limit is {_maxSlots} (vectors:max_chunks)", TimeSpan.FromSeconds(5));
                if (_used == _capacity)
                    Grow();
                slot = _used;
                Volatile.Write(ref _used, slot + 1);
            }
        }

        vector.CopyTo(new Span<float>(_vectors.Row(slot), Dimensions));
        Codes.Encode(vector, Code(slot));
        Life(slot) = new Lifetime { Born = Lifetime.Never, Died = Lifetime.Never };
        ref var head = ref Head(slot);
        head = new SlotHead { Level = level, Ordinal = ordinal };
        if (level > 0)
        {
            var bytes = level * (Links + 1) * sizeof(int);
            head.Upper = (int*)NativeMemory.AllocZeroed((nuint)bytes);
            Interlocked.Add(ref _upperBytes, bytes);
        }

        *LinksOf(slot, 0) = 0;
        Owner(slot) = owner;
        return slot;
    }

    /// <summary>Gives slots back; no search may still reach them.</summary>
    public void Release(IReadOnlyCollection<int> slots)
    {
        foreach (var slot in slots)
        {
            ref var head = ref Head(slot);
            if (head.Upper != null)
            {
                NativeMemory.Free(head.Upper);
                Interlocked.Add(ref _upperBytes, -head.Level * (Links + 1) * sizeof(int));
                head.Upper = null;
            }

            Owner(slot) = null;
        }

        lock (_gate)
            foreach (var slot in slots)
                _free.Push(slot);
    }

    /// <summary>Similarity of two slots, by their codes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Similarity(byte* a, byte* b) => Codes.Dot(a, b, Padded) * Codes.Scale(a, Padded) * Codes.Scale(b, Padded);

    /// <summary>Latches a slot's links for writing; readers don't take it. Held for microseconds.</summary>
    public void Latch(int slot)
    {
        ref var latch = ref Head(slot).Latch;
        var spin = new SpinWait();
        while (Interlocked.CompareExchange(ref latch, 1, 0) != 0)
            spin.SpinOnce();
    }

    public void Unlatch(int slot) => Volatile.Write(ref Head(slot).Latch, 0);

    public void Dispose()
    {
        for (var slot = 0; slot < _used; slot++)
            NativeMemory.Free(Head(slot).Upper);
        _vectors.Dispose();
        _codes.Dispose();
        _links.Dispose();
        _lives.Dispose();
        _heads.Dispose();
    }

    private void Grow()
    {
        _vectors.Grow();
        _codes.Grow();
        _links.Grow();
        _lives.Grow();
        _heads.Grow();
        _owners[_capacity >> NativeChunks.BlockBits] = new object?[NativeChunks.BlockRows];
        Volatile.Write(ref _capacity, _capacity + NativeChunks.BlockRows);
    }
}
