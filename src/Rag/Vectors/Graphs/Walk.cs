using System.Runtime.InteropServices;

namespace Rag.Vectors.Graphs;

/// <summary>One thread's working memory for walks through graphs: the query, what was visited, the candidates. Pooled by <see cref="Epochs"/>.</summary>
internal sealed unsafe class Walk : IDisposable
{
    private ushort* _visited;
    private int _capacity;
    private ushort _tag;

    /// <summary>The epoch in which the walk began; <see cref="Epochs.Idle"/> between walks.</summary>
    public long Epoch = Epochs.Idle;

    public Walk(int dimensions, int links)
    {
        Query = (byte*)Codes.Allocate(Codes.RowBytes(dimensions));
        Signed = (sbyte*)Codes.Allocate(Codes.PaddedLength(dimensions));
        Ids = new int[2 * links + 1];
    }

    /// <summary>The query's row, when it isn't a slot's.</summary>
    public byte* Query { get; }

    /// <summary>The query's codes, signed.</summary>
    public sbyte* Signed { get; }

    public int SignedSum { get; set; }

    public float Scale { get; set; }

    public NearestList Found { get; } = new();

    public NearestHeap Candidates { get; } = new();

    public int[] Ids { get; }

    /// <summary>Scratch of the neighbour selection.</summary>
    public List<ulong> Pool { get; } = [];

    public List<ulong> Chosen { get; } = [];

    public List<ulong> Dead { get; } = [];

    /// <summary>Slots that the last walk compared.</summary>
    public int Compared { get; set; }

    public ushort* Visited => _visited;

    /// <summary>Forgets what was visited: a new tag instead of clearing, except once in 65,535 times.</summary>
    public ushort Begin(int capacity)
    {
        if (_capacity < capacity)
        {
            NativeMemory.Free(_visited);
            _visited = (ushort*)NativeMemory.AllocZeroed((nuint)capacity, sizeof(ushort));
            (_capacity, _tag) = (capacity, 0);
        }

        if (++_tag == 0)
        {
            NativeMemory.Clear(_visited, (nuint)_capacity * sizeof(ushort));
            _tag = 1;
        }

        return _tag;
    }

    /// <summary>Makes a row the query.</summary>
    public void Aim(byte* row, int padded)
    {
        Codes.ToSigned(row, Signed, padded);
        SignedSum = Codes.Sum(row, padded);
        Scale = Codes.Scale(row, padded);
    }

    public void Dispose()
    {
        NativeMemory.Free(_visited);
        NativeMemory.AlignedFree(Query);
        NativeMemory.AlignedFree(Signed);
    }
}
