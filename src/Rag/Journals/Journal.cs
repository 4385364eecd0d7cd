using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Rag.Crashes;
using Rag.Errors;

namespace Rag.Journals;

/// <summary>
/// An append-only log with snapshots in a folder of its own. What <see cref="AppendAsync"/> has confirmed survives kill -9 and power cuts;
/// concurrent callers share one fsync. Safe for many threads.
/// <code>
/// AppendAsync ─▶ open batch ─▶ [writer thread: write, fsync] ─▶ confirmed
/// BeginSnapshot ─▶ later records go to a new log file ─▶ SaveSnapshot: draft, fsync, rename, old files deleted
/// </code>
/// A crash between rename and deletion leaves files that the next start deletes (JournalTests).
/// </summary>
public sealed partial class Journal : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<JournalBatch> _waiting = new();
    private readonly SemaphoreSlim _work = new(0);
    private readonly JournalFiles _files;
    private readonly JournalOptions _options;
    private readonly ILogger _logger;
    private readonly FileStream _lockFile;
    private readonly Thread _writer;
    private JournalBatch? _open;
    private Task _lastDurable = Task.CompletedTask;
    private long _next, _fileFirst, _pendingBytes, _logBytes, _snapshotBytes;
    private Exception? _failure;
    private bool _disposed;

    // Writer thread only.
    private SafeFileHandle? _file;
    private long _openFile = -1, _fileBytes;

    private Journal(JournalFiles files, FileStream lockFile, JournalOptions options, ILogger logger)
    {
        (_files, _lockFile, _options, _logger) = (files, lockFile, options, logger);
        _writer = new Thread(WriteLoop) { IsBackground = true, Name = "journal " + Path.GetFileName(files.Folder) };
    }

    /// <summary>Bytes of log that a restart would replay.</summary>
    public long LogBytes => Interlocked.Read(ref _logBytes);

    /// <summary>Bytes of the newest snapshot; 0 without one.</summary>
    public long SnapshotBytes => Interlocked.Read(ref _snapshotBytes);

    /// <summary>Opens the journal of a folder (made when absent), rebuilds <paramref name="state"/> and cuts a torn tail off.</summary>
    /// <exception cref="JournalException">The folder is in use, or a file is damaged; nothing was changed.</exception>
    public static Journal Open(string folder, IJournalState state, JournalOptions options, ILogger logger)
    {
        var files = new JournalFiles(folder);
        FileStream lockFile;
        try
        {
            lockFile = new FileStream(files.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new JournalException($"{files.Lock}: another process uses this folder; stop it, or give this one a data folder of its own", e);
        }

        try
        {
            var journal = new Journal(files, lockFile, options, logger);
            journal.Recover(state);
            journal._writer.Start();
            return journal;
        }
        catch
        {
            lockFile.Dispose();
            throw;
        }
    }

    /// <summary>Queues a record (copied before this returns; queued in the order of calls); the task ends when it is durable.</summary>
    /// <exception cref="RagException">Overloaded: too much waits for the disk. Unavailable: an earlier write failed.</exception>
    public Task AppendAsync(ReadOnlySpan<byte> record)
    {
        if (record.Length > _options.MaxRecordBytes)
            throw new RagException(RagError.TooLarge, $"{_files.Folder}: a record of {record.Length} bytes is over the limit of {_options.MaxRecordBytes}; split the document");
        lock (_gate)
        {
            ThrowIfClosed();
            if (_pendingBytes + record.Length > _options.MaxPendingBytes && _pendingBytes > 0)
                throw new RagException(RagError.Overloaded, $"{_files.Folder}: {_pendingBytes} bytes wait for the disk, the limit is {_options.MaxPendingBytes}; try again later", TimeSpan.FromSeconds(1));
            if (_open is null || (long)_open.Bytes + record.Length > _options.MaxRecordBytes)
            {
                _open = new JournalBatch(_fileFirst, _next);
                _waiting.Enqueue(_open);
                _lastDurable = _open.Durable;
                _work.Release();
            }

            _open.Add(record);
            _next++;
            _pendingBytes += record.Length;
            return _lastDurable;
        }
    }

    /// <summary>Ends when everything queued so far is durable.</summary>
    public Task FlushAsync()
    {
        lock (_gate)
        {
            ThrowIfClosed();
            return _lastDurable;
        }
    }

    /// <summary>Later records go to a new log file. A snapshot that holds the effect of all records queued before may then be saved under the number returned.</summary>
    public long BeginSnapshot()
    {
        lock (_gate)
        {
            ThrowIfClosed();
            _open = null;
            return _fileFirst = _next;
        }
    }

    /// <summary>Writes a snapshot durably, then deletes the files that it replaces. One at a time; appends go on meanwhile.</summary>
    /// <param name="number">From <see cref="BeginSnapshot"/>.</param>
    /// <param name="write">Writes the state; it may already hold effects of later records.</param>
    public void SaveSnapshot(long number, Action<Stream> write)
    {
        FlushAsync().GetAwaiter().GetResult(); // else the snapshot could know records that a crash takes back
        var path = _files.Snapshot(number);
        var draft = JournalFiles.Draft(path);
        long bytes;
        using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
        {
            using var stream = new SnapshotWriteStream(file);
            write(stream);
            stream.Complete();
            file.Flush(flushToDisk: true);
            bytes = file.Length;
        }

        FlushAsync().GetAwaiter().GetResult();
        File.Move(draft, path, overwrite: true);
        FolderSync.Flush(_files.Folder);
        _files.DeleteBefore(number);
        FolderSync.Flush(_files.Folder);
        Interlocked.Exchange(ref _snapshotBytes, bytes);
        Interlocked.Exchange(ref _logBytes, _files.Logs().Sum(first => new FileInfo(_files.Log(first)).Length));
    }

    /// <summary>Writes what is queued, then closes the files.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
        }

        _work.Release();
        _writer.Join();
        _file?.Dispose();
        _lockFile.Dispose();
    }

    private void ThrowIfClosed()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_failure is not null)
            throw Unavailable(_failure);
    }

    private RagException Unavailable(Exception cause) => new(
        RagError.Unavailable, $"{_files.Folder}: the log can't be written ({cause.Message}); repair the disk and restart the service", null, cause);

    private void Recover(IJournalState state)
    {
        var snapshots = _files.Snapshots();
        var start = snapshots.Count == 0 ? 0 : snapshots[^1];
        if (snapshots.Count > 0)
            LoadSnapshot(state, _files.Snapshot(start));

        var logs = _files.Logs().Where(first => first >= start).ToList();
        _next = _fileFirst = start;
        string? torn = null;
        var good = 0L;
        for (var i = 0; i < logs.Count; i++)
        {
            var path = _files.Log(logs[i]);
            if (logs[i] != _next)
                throw new JournalException(
                    $"{path}: begins with record {logs[i]} where record {_next} is due: a snapshot or log file is missing. Restore the folder from a backup, or move it away and index the documents again; nothing was changed");
            var reader = new JournalReader(path, isLast: i == logs.Count - 1);
            _fileFirst = logs[i];
            _next = reader.Read(logs[i], state.Apply);
            _logBytes += reader.GoodBytes;
            if (reader.GoodBytes < reader.FileBytes)
                (torn, good) = (path, reader.GoodBytes);
        }

        // Only now, with all read and found sound, is anything changed.
        if (torn is not null)
            CutTail(torn, good);
        _files.DeleteBefore(start);
    }

    private void LoadSnapshot(IJournalState state, string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        _snapshotBytes = file.Length;
        using var stream = new SnapshotReadStream(file);
        state.Load(stream);
        stream.ExpectEnd();
    }

    private void CutTail(string path, long good)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.None);
        LogTornTail(path, file.Length - good, good);
        file.SetLength(good);
        file.Flush(flushToDisk: true);
    }

    private void WriteLoop()
    {
        while (true)
        {
            _work.Wait();
            JournalBatch? batch;
            Exception? failure;
            lock (_gate)
            {
                failure = _failure;
                if (!_waiting.TryDequeue(out batch))
                {
                    if (_disposed)
                        return;
                    continue;
                }

                if (ReferenceEquals(batch, _open))
                    _open = null; // sealed: later records begin the next batch
            }

            var bytes = batch.RecordBytes;
            try
            {
                if (failure is null)
                    WriteBatch(batch);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // After a failed fsync the kernel may have dropped the pages: nothing later can be trusted, so the journal stays closed.
                failure = e;
                LogWriteFailed(_files.Folder, e);
            }

            lock (_gate)
            {
                _failure ??= failure;
                _pendingBytes -= bytes;
            }

            batch.Complete(failure is null ? null : Unavailable(failure));
        }
    }

    private void WriteBatch(JournalBatch batch)
    {
        var frame = batch.Seal();
        var created = _openFile != batch.FileFirst;
        if (created)
        {
            _file?.Dispose();
            _file = File.OpenHandle(_files.Log(batch.FileFirst), FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read | FileShare.Delete);
            _openFile = batch.FileFirst;
            _fileBytes = RandomAccess.GetLength(_file);
            if (_fileBytes == 0)
            {
                RandomAccess.Write(_file, JournalFrame.FileMagic, 0);
                _fileBytes = JournalFrame.FileMagic.Length;
                Interlocked.Add(ref _logBytes, _fileBytes);
            }
        }

        RandomAccess.Write(_file!, frame, _fileBytes);
        Failpoints.Reach(Failpoint.JournalWritten);
        RandomAccess.FlushToDisk(_file!);
        if (created)
            FolderSync.Flush(_files.Folder);
        _fileBytes += frame.Length;
        Interlocked.Add(ref _logBytes, frame.Length);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path}: cut off {Bytes} bytes behind byte {Offset}: a write that a crash interrupted and nobody was told of as done")]
    private partial void LogTornTail(string path, long bytes, long offset);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Folder}: the log can't be written; changes are refused until a restart")]
    private partial void LogWriteFailed(string folder, Exception error);
}
