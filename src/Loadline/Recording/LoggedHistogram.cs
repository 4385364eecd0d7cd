using System.Buffers.Binary;
using System.IO.Compression;
using HdrHistogram;

namespace Loadline.Recording;

/// <summary>A histogram of one second, still compressed: some hundred bytes in place of 180 KiB.</summary>
public sealed class LoggedHistogram
{
    // HdrHistogram's format V2 (github.com/HdrHistogram/HdrHistogram, AbstractHistogram.encodeIntoByteBuffer): a cookie and a length, then zlib; inside it a
    // head of 40 bytes, then the counts as zig-zag LEB128, a negative one being a run of so many zeros.
    private const int CompressedHead = 8, ZlibHead = 2, Head = 40;
    private const int CompressedCookie = 0x1c849304, Cookie = 0x1c849303, WordSizeBits = 0xf0;

    // The shape of Histograms: from 1 with 3 digits, 2048 sub-buckets, of which the upper half is used from the second bucket on.
    private const int HalfMagnitude = 10;

    private readonly ReadOnlyMemory<byte> _payload;

    internal LoggedHistogram(long second, LogTag tag, ReadOnlyMemory<byte> payload) => (Second, Tag, _payload) = (second, tag, payload);

    /// <summary>The second in which what it counts has ended, since the run's start.</summary>
    public long Second { get; }

    internal LogTag Tag { get; }

    /// <summary>Adds it to a total, count by count: the sum is the histogram that all samples together would have made.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    internal void AddTo(LongHistogram total)
    {
        foreach (var (index, count) in Counts())
            total.RecordValueWithCount(Value(index), count);
    }

    /// <summary>What it counts: values, each the middle of those that are not told apart, and how often they came.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    internal IEnumerable<(double Value, long Count)> Values()
    {
        foreach (var (index, count) in Counts())
            yield return (Value(index) + (((1L << Math.Max(0, (index >> HalfMagnitude) - 1)) - 1) / 2.0), count);
    }

    /// <summary>How many samples it holds.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    internal long Count() => Counts().Sum(pair => pair.Count);

    private static long Value(int index)
    {
        var bucket = (index >> HalfMagnitude) - 1;
        var sub = (long)(index & ((1 << HalfMagnitude) - 1));
        return bucket < 0 ? sub : (sub + (1 << HalfMagnitude)) << bucket;
    }

    private List<(int Index, long Count)> Counts()
    {
        var bytes = Inflate();
        if (bytes.Length < Head || (BinaryPrimitives.ReadInt32BigEndian(bytes) & ~WordSizeBits) != Cookie)
            throw new InvalidDataException("a histogram is not in HdrHistogram's format V2");
        var counts = new List<(int, long)>();
        var rest = bytes.AsSpan(Head, Math.Min(BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4)), bytes.Length - Head));
        for (var index = 0; rest.Length > 0;)
        {
            var count = ReadZigZag(ref rest);
            if (count < 0)
                index += (int)Math.Min(-count, int.MaxValue / 2);
            else if (count > 0)
                counts.Add((index++, count));
            else
                index++;
        }
        return counts;
    }

    private byte[] Inflate()
    {
        if (_payload.Length < CompressedHead + ZlibHead || (BinaryPrimitives.ReadInt32BigEndian(_payload.Span) & ~WordSizeBits) != CompressedCookie)
            throw new InvalidDataException("a histogram is not in HdrHistogram's compressed format V2");
        using var inflated = new MemoryStream();
        using (var deflate = new DeflateStream(new MemoryStream(_payload[(CompressedHead + ZlibHead)..].ToArray()), CompressionMode.Decompress))
            deflate.CopyTo(inflated);
        return inflated.ToArray();
    }

    // LEB128 of at most nine bytes, the ninth being whole.
    private static long ReadZigZag(ref Span<byte> bytes)
    {
        ulong value = 0;
        for (var i = 0; ; i++)
        {
            if (i >= bytes.Length)
                throw new InvalidDataException("a histogram ends within a count");
            var part = bytes[i];
            value |= i == 8 ? (ulong)part << 56 : (ulong)(part & 0x7f) << (7 * i);
            if (i < 8 && part >= 0x80)
                continue;
            bytes = bytes[(i + 1)..];
            return (long)(value >> 1) ^ -(long)(value & 1);
        }
    }
}
