using System.Buffers.Binary;

namespace Rag.Journals;

/// <summary>Reads one log file back and tells a torn tail (cut off by a crash, never acknowledged) from damage (an error: acknowledged records are gone).</summary>
/// <param name="path">The file.</param>
/// <param name="isLast">Whether it is the newest file, the only one whose tail may be torn.</param>
internal sealed class JournalReader(string path, bool isLast)
{
    private const int SectorBytes = 512;

    /// <summary>Bytes of the file that hold whole frames; what lies behind them is a torn tail.</summary>
    public long GoodBytes { get; private set; }

    /// <summary>The file's length as found.</summary>
    public long FileBytes { get; private set; }

    /// <summary>Applies all records in order.</summary>
    /// <param name="expected">Number of the record that must come first.</param>
    /// <param name="apply">Takes each record.</param>
    /// <returns>Number of the record that comes next.</returns>
    public long Read(long expected, Action<ReadOnlySpan<byte>> apply)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16, FileOptions.SequentialScan);
        FileBytes = file.Length;
        Span<byte> header = stackalloc byte[JournalFrame.HeaderBytes];
        var magic = header[..JournalFrame.FileMagic.Length];
        if (FileBytes < magic.Length)
            return isLast ? expected : throw Damaged(0, "the file's head is missing");
        file.ReadExactly(magic);
        if (!magic.SequenceEqual(JournalFrame.FileMagic))
            return isLast && IsZero(magic) ? expected : throw Damaged(0, "this is not a log file of this version");

        GoodBytes = magic.Length;
        var buffer = Array.Empty<byte>();
        while (GoodBytes < FileBytes)
        {
            var left = FileBytes - GoodBytes;
            if (left < header.Length)
                return TornOr(GoodBytes, left, "a frame's head is cut off", expected);
            file.Position = GoodBytes;
            file.ReadExactly(header);
            if (!JournalFrame.TryReadHeader(header, out var length, out var first, out var crc))
                return HasFrameAfter(file, GoodBytes + 1) || !HasZeroSector(file, GoodBytes, left)
                    ? throw Damaged(GoodBytes, "a frame's head has a wrong checksum")
                    : TornOr(GoodBytes, left, "a frame's head has a wrong checksum", expected);
            if (first != expected)
                throw Damaged(GoodBytes, $"record {first} follows where record {expected} is due");
            if (left - header.Length < length)
                return TornOr(GoodBytes, left, "a frame is cut off", expected);
            if (buffer.Length < length)
                buffer = new byte[Math.Max(length, buffer.Length * 2)];
            var payload = buffer.AsSpan(0, length);
            file.ReadExactly(payload);
            if (Crc32C.Of(payload) != crc)
            {
                var frameBytes = header.Length + (long)length;
                return left > frameBytes || !HasZeroSector(file, GoodBytes, frameBytes)
                    ? throw Damaged(GoodBytes, "a frame has a wrong checksum")
                    : TornOr(GoodBytes, left, "a frame has a wrong checksum", expected);
            }

            for (; payload.Length > 0; expected++)
            {
                var bytes = BinaryPrimitives.ReadInt32LittleEndian(payload);
                apply(payload.Slice(sizeof(int), bytes));
                payload = payload[(sizeof(int) + bytes)..];
            }

            GoodBytes += header.Length + (long)length;
        }

        return expected;
    }

    private long TornOr(long offset, long left, string what, long expected) =>
        isLast ? expected : throw Damaged(offset, $"{what} ({left} bytes are left) although a newer log file follows");

    // After a power cut, sectors of the last write that never reached the disk read as zeros; a flipped bit leaves none (etcd's wal/decoder.go uses the same rule).
    private static bool HasZeroSector(FileStream file, long offset, long bytes)
    {
        var buffer = new byte[SectorBytes];
        var end = offset + bytes;
        for (var at = offset; at < end;)
        {
            var next = Math.Min(end, (at / SectorBytes + 1) * SectorBytes);
            file.Position = at;
            var part = buffer.AsSpan(0, (int)(next - at));
            file.ReadExactly(part);
            if (IsZero(part))
                return true;
            at = next;
        }

        return false;
    }

    private static bool HasFrameAfter(FileStream file, long offset)
    {
        var rest = new byte[Math.Min(file.Length - offset, 1 << 24)];
        file.Position = offset;
        file.ReadExactly(rest);
        for (var i = 0; i + JournalFrame.HeaderBytes <= rest.Length; i++)
            if (JournalFrame.TryReadHeader(rest.AsSpan(i, JournalFrame.HeaderBytes), out _, out _, out _))
                return true;
        return false;
    }

    private static bool IsZero(ReadOnlySpan<byte> bytes) => !bytes.ContainsAnyExcept((byte)0);

    private JournalException Damaged(long offset, string what) => new(
        $"{path}: damaged at byte {offset} of {FileBytes}: {what}. Acknowledged records from there on can't be read. "
        + "Restore the folder from a backup, or move it away and index the documents again; nothing was changed");
}
