namespace Rag.Keywords.Index;

/// <summary>
/// Where a term comes: chunk numbers, ascending, with counts. One writer appends, any number of readers read at the same time without a lock:
/// an element is written before the count that includes it is published, and grown arrays are published before that count too.
/// </summary>
internal sealed class Postings
{
    /// <summary>Chunks per block; each block knows the highest count and the shortest chunk in it, which bound its scores.</summary>
    public const int BlockSize = 128;

    private Columns _columns = new(2);
    private int _count;
    private int _live;

    /// <summary>Live chunks with the term: BM25's document frequency.</summary>
    public int Live => Volatile.Read(ref _live);

    public void Append(int chunk, int termCount, int chunkLength)
    {
        var columns = _columns;
        if (_count == columns.Chunks.Length)
        {
            columns = columns.Grow();
            Volatile.Write(ref _columns, columns);
        }

        columns.Chunks[_count] = chunk;
        columns.Counts[_count] = (byte)Math.Min(termCount, byte.MaxValue);
        ref var block = ref columns.Blocks[_count / BlockSize];
        block = new Bound(
            (byte)Math.Max(block.MaxCount, columns.Counts[_count]),
            _count % BlockSize == 0 ? chunkLength : Math.Min(block.MinLength, chunkLength));
        Volatile.Write(ref _count, _count + 1);
        Volatile.Write(ref _live, _live + 1);
    }

    public void CountRemoved() => Volatile.Write(ref _live, _live - 1);

    /// <summary>What a reader may see: the chunks below <paramref name="watermark"/>.</summary>
    public View Read(int watermark)
    {
        var count = Volatile.Read(ref _count);
        var columns = Volatile.Read(ref _columns);
        while (count > 0 && columns.Chunks[count - 1] >= watermark)
            count--;
        return new View(columns, count);
    }

    /// <summary>Bytes held.</summary>
    public long Bytes => 120 + (_columns.Chunks.Length * 5L) + (_columns.Blocks.Length * 8L);

    /// <summary>Bounds of a block's scores.</summary>
    internal readonly record struct Bound(byte MaxCount, int MinLength);

    /// <summary>A reader's unchanging sight of the list.</summary>
    internal readonly struct View(Columns columns, int count)
    {
        public int Count => count;
        public ReadOnlySpan<int> Chunks => columns.Chunks.AsSpan(0, count);
        public ReadOnlySpan<byte> Counts => columns.Counts.AsSpan(0, count);
        public ReadOnlySpan<Bound> Blocks => columns.Blocks.AsSpan(0, (count + BlockSize - 1) / BlockSize);
    }

    internal sealed class Columns(int capacity)
    {
        public readonly int[] Chunks = new int[capacity];
        public readonly byte[] Counts = new byte[capacity];
        public readonly Bound[] Blocks = new Bound[(capacity + BlockSize - 1) / BlockSize];

        public Columns Grow()
        {
            var larger = new Columns(Chunks.Length < 8 ? 8 : Chunks.Length + (Chunks.Length / 2));
            Chunks.CopyTo(larger.Chunks, 0);
            Counts.CopyTo(larger.Counts, 0);
            Blocks.CopyTo(larger.Blocks, 0);
            return larger;
        }
    }
}
