using Rag.Journals;

namespace Rag.Keywords.Store;

/// <summary>
/// Reads one log file and tells a torn tail (the last batch, cut off by a crash before it was acknowledged) from damage. A batch is durable before
/// the next begins, so a bad frame with a later batch behind it is damage, and so is one that is complete and has no hole: after a power cut, what
/// never reached the disk reads as zeros.
/// </summary>
internal sealed class LogScan(LogFile file, bool isLast, long lastBatch = 0)
{
    private const int SectorBytes = 512;

    /// <summary>Bytes that hold whole frames.</summary>
    public long GoodBytes { get; private set; }

    /// <summary>Number of the last whole batch, or that of the one before the place where the scan began.</summary>
    public long LastBatch { get; private set; } = lastBatch;

    public void Run(long start, ChunkLog.RecordHandler handle)
    {
        Span<byte> header = stackalloc byte[JournalFrame.HeaderBytes];
        var magic = header[..JournalFrame.FileMagic.Length];
        if (file.Length < magic.Length && isLast)
            return;
        if (Read(magic, 0) < magic.Length || !magic.SequenceEqual(JournalFrame.FileMagic))
        {
            if (isLast && !magic.ContainsAnyExcept((byte)0))
                return;
            throw Damaged(0, "this is not a log file of this version");
        }

        GoodBytes = Math.Max(start, magic.Length);
        var buffer = Array.Empty<byte>();
        while (GoodBytes < file.Length)
        {
            if (Read(header, GoodBytes) < header.Length)
            {
                Stop("a record's head is cut off", isCutOff: true);
                return;
            }

            if (!JournalFrame.TryReadHeader(header, out var length, out var batch, out var crc))
            {
                Stop("a record's head has a wrong checksum", isCutOff: false);
                return;
            }

            if (buffer.Length < length)
                buffer = new byte[Math.Max(length, buffer.Length * 2)];
            var payload = buffer.AsSpan(0, length);
            var complete = Read(payload, GoodBytes + header.Length) == length;
            if (!complete || Crc32C.Of(payload) != crc)
            {
                Stop(complete ? "a record has a wrong checksum" : "a record is cut off", isCutOff: !complete);
                return;
            }

            LastBatch = batch;
            handle(payload, ChunkLog.Place(file.Number, GoodBytes + header.Length));
            GoodBytes += header.Length + (long)length;
        }
    }

    private void Stop(string what, bool isCutOff)
    {
        if (!isLast)
            throw Damaged(GoodBytes, what);
        var rest = new byte[(int)Math.Min(file.Length - GoodBytes, Array.MaxLength)];
        Read(rest, GoodBytes);
        if (isCutOff)
            return;
        if (FirstLaterBatch(rest) || !HasHole(rest))
            throw Damaged(GoodBytes, what);
    }

    // The bad frame is of the batch after (or the rest of) the last good one. Two batches further on, the bad one had been acknowledged.
    private bool FirstLaterBatch(ReadOnlySpan<byte> rest)
    {
        for (var i = 1; i + JournalFrame.HeaderBytes <= rest.Length; i++)
            if (JournalFrame.TryReadHeader(rest[i..], out _, out var batch, out _) && batch > LastBatch + 1)
                return true;
        return false;
    }

    private bool HasHole(ReadOnlySpan<byte> rest)
    {
        for (var at = 0; at < rest.Length;)
        {
            var next = (int)Math.Min(rest.Length, SectorBytes - ((GoodBytes + at) % SectorBytes) + at);
            if (!rest[at..next].ContainsAnyExcept((byte)0))
                return true;
            at = next;
        }

        return false;
    }

    private int Read(Span<byte> bytes, long at)
    {
        var total = 0;
        while (total < bytes.Length && RandomAccess.Read(file.Handle, bytes[total..], at + total) is var read && read > 0)
            total += read;
        return total;
    }

    private JournalException Damaged(long offset, string what) => new(
        $"{file.Path}: damaged at byte {offset} of {file.Length}: {what}. Acknowledged chunks from there on can't be read. "
        + "Restore the folder from a backup, or move it away and index the documents again; nothing was changed");
}
