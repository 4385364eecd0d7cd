using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Rag.Vectors.Graphs;

/// <summary>
/// Rows of equal size in large native blocks: growing never moves a row, the garbage collector never sees one, and on Linux huge pages
/// spare most of the address-translation misses that random access to hundreds of megabytes would cost.
/// </summary>
/// <param name="rowBytes">Size of a row; a multiple of 16.</param>
internal sealed unsafe partial class NativeChunks(int rowBytes) : IDisposable
{
    /// <summary>Rows in a block, as a power of two.</summary>
    public const int BlockBits = 13;

    public const int BlockRows = 1 << BlockBits;
    public const int MaxBlocks = 1 << 13;
    private const nuint HugePage = 2 << 20;
    private const int AdviseHugePages = 14;

    // Sized for the largest index from the start (64 KiB), so that readers never race with its growth.
    private readonly byte** _blocks = (byte**)NativeMemory.AllocZeroed(MaxBlocks, (nuint)sizeof(byte*));
    private int _count;

    public int RowBytes => rowBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Row(int index) => _blocks[index >> BlockBits] + (long)(index & (BlockRows - 1)) * rowBytes;

    /// <summary>Adds one block of zeros.</summary>
    public void Grow()
    {
        var bytes = (nuint)rowBytes * BlockRows;
        var block = (byte*)NativeMemory.AlignedAlloc(bytes, bytes >= HugePage ? HugePage : 4096);
        if (OperatingSystem.IsLinux() && bytes >= HugePage)
            _ = Advise(block, bytes, AdviseHugePages); // a hint: refusal changes nothing but speed
        NativeMemory.Clear(block, bytes);
        _blocks[_count++] = block;
    }

    public void Dispose()
    {
        for (var i = 0; i < _count; i++)
            NativeMemory.AlignedFree(_blocks[i]);
        _count = 0;
        NativeMemory.Free(_blocks);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint bytes, int advice);
}
