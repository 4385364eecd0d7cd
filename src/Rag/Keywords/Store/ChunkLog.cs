using System.Buffers;
using System.Collections.Concurrent;
using Rag.Crashes;
using Rag.Journals;

namespace Rag.Keywords.Store;

/// <summary>
/// The log that also keeps the texts: each write is one record, and a chunk's text is read from where its record lies. So texts cost no memory,
/// and the log is never written a second time but for what cleaning saves from files that are mostly dead.
/// <code>
/// chunks-00000007.log = "RAGLOG01" ( frame payload )*     one frame per record; a frame's number is that of its batch, and a batch is one fsync
/// place               = file number · 2³² + offset of the payload
/// </code>
/// One writer; any thread may read. Test: <c>ChunkLogTests</c>.
/// </summary>
internal sealed class ChunkLog : IDisposable
{
    private readonly string _folder;
    private readonly long _fileBytes;
    private readonly FileStream _lock;
    private readonly ConcurrentDictionary<int, LogFile> _files = new(1, 31);
    private ArrayBufferWriter<byte> _batch = new(1 << 16);
    private LogFile? _active;

    private ChunkLog(string folder, long fileBytes, FileStream lockFile) => (_folder, _fileBytes, _lock) = (folder, fileBytes, lockFile);

    /// <summary>A record as replay finds it.</summary>
    public delegate void RecordHandler(ReadOnlySpan<byte> record, long place);

    /// <summary>Files in order, with what they hold.</summary>
    public IEnumerable<LogFile> Files => _files.Values.OrderBy(f => f.Number);

    /// <summary>Where the next record will begin: a restart that knows everything before needs to replay from here.</summary>
    public long End => _active is null ? 0 : Place(_active.Number, _active.Length);

    public static ChunkLog Open(string folder, long fileBytes)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "lock");
        try
        {
            var log = new ChunkLog(folder, fileBytes, new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            foreach (var file in LogFile.OpenAll(folder))
                log._files[file.Number] = file;
            return log;
        }
        catch (IOException e) when (e is not JournalException)
        {
            throw new JournalException($"{path}: another process uses this folder; stop it, or give this one a data folder of its own", e);
        }
    }

    /// <summary>Reads all records at or after a place, and cuts a torn tail off.</summary>
    /// <returns>How many bytes were cut off.</returns>
    public long Replay(long from, RecordHandler handle)
    {
        long cut = 0;
        var files = Files.ToArray();
        foreach (var file in files)
        {
            var isLast = file == files[^1];
            if (file.Number < FileOf(from) && !isLast)
                continue;
            var start = file.Number == FileOf(from) ? OffsetOf(from) : file.Number < FileOf(from) ? file.Length : 0;
            var scan = new LogScan(file, isLast, BatchNumber - 1);
            scan.Run(start, handle);
            BatchNumber = scan.LastBatch + 1;
            if (scan.GoodBytes >= file.Length)
                continue;
            cut += file.Length - scan.GoodBytes;
            file.Length = scan.GoodBytes;
            RandomAccess.SetLength(file.Handle, file.Length);
            RandomAccess.FlushToDisk(file.Handle);
        }

        // A file whose very head was torn is begun anew; any other last file is gone on with.
        if (files.Length > 0 && files[^1].Length < JournalFrame.FileMagic.Length)
            Delete(files[^1]);
        else if (files.Length > 0)
            _active = files[^1];
        return cut;
    }

    /// <summary>Adds a record to the batch.</summary>
    /// <returns>Its place; readable after <see cref="Flush"/>.</returns>
    public long Append(ReadOnlySpan<byte> record)
    {
        if (_active is null || (_batch.WrittenCount == 0 && _active.Length >= _fileBytes))
            _active = _files[NextNumber()] = LogFile.Create(_folder, NextNumber());
        var offset = _active.Length + _batch.WrittenCount + JournalFrame.HeaderBytes;
        JournalFrame.WriteHeader(_batch.GetSpan(JournalFrame.HeaderBytes), record, BatchNumber);
        _batch.Advance(JournalFrame.HeaderBytes);
        _batch.Write(record);
        return Place(_active.Number, offset);
    }

    /// <summary>Number of the next batch. Set before a replay that doesn't begin at the start.</summary>
    public long BatchNumber { get; set; } = 1;

    /// <summary>Makes the batch durable.</summary>
    public void Flush()
    {
        if (_active is null || _batch.WrittenCount == 0)
            return;
        RandomAccess.Write(_active.Handle, _batch.WrittenSpan, _active.Length);
        Failpoints.Reach(Failpoint.KeywordsWritten);
        RandomAccess.FlushToDisk(_active.Handle);
        _active.Length += _batch.WrittenCount;
        BatchNumber++;
        if (_batch.Capacity > 4 << 20)
            _batch = new ArrayBufferWriter<byte>(1 << 16);
        else
            _batch.ResetWrittenCount();
    }

    /// <summary>Reads from a record. Any thread.</summary>
    /// <returns>False when the record has moved meanwhile: ask its document for the new place.</returns>
    public bool TryRead(long place, int offset, Span<byte> bytes)
    {
        if (!_files.TryGetValue(FileOf(place), out var file))
            return false;
        try
        {
            var at = OffsetOf(place) + offset;
            while (bytes.Length > 0)
            {
                var read = RandomAccess.Read(file.Handle, bytes, at);
                if (read == 0)
                    throw new JournalException($"{file.Path}: ends at byte {at}, in the middle of a record; restore the folder from a backup, or move it away and index the documents again");
                bytes = bytes[read..];
                at += read;
            }

            return true;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Notes that a record counts (or, negative, counts no more).</summary>
    public void CountLive(long place, int recordBytes, int sign)
    {
        if (_files.TryGetValue(FileOf(place), out var file))
            file.LiveBytes += sign * (recordBytes + JournalFrame.HeaderBytes);
    }

    /// <summary>A closed file more than half dead, or null.</summary>
    public LogFile? FindMostlyDead()
    {
        foreach (var (_, file) in _files)
            if (file != _active && !file.IsRetired && file.LiveBytes * 2 < file.Length)
                return file;
        return null;
    }

    /// <summary>Reads a closed file's records.</summary>
    public static void Scan(LogFile file, RecordHandler handle) => new LogScan(file, isLast: false).Run(0, handle);

    /// <summary>Marks a file whose live records have been moved.</summary>
    public void Retire(LogFile file) => file.IsRetired = true;

    /// <summary>Removes the files that no snapshot needs any more.</summary>
    public void DeleteRetired()
    {
        foreach (var (_, file) in _files)
            if (file.IsRetired)
                Delete(file);
    }

    public void Dispose()
    {
        foreach (var (_, file) in _files)
            file.Dispose();
        _lock.Dispose();
    }

    public static long Place(int file, long offset) => ((long)file << 32) | offset;

    public static int FileOf(long place) => (int)(place >> 32);

    public static long OffsetOf(long place) => place & uint.MaxValue;

    private void Delete(LogFile file)
    {
        _files.TryRemove(file.Number, out _);
        File.Delete(file.Path);
        file.Dispose();
    }

    private int NextNumber() => _files.IsEmpty ? 1 : _files.Keys.Max() + 1;
}
