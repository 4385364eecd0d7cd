using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Rag.Documents;

namespace Rag.Engines.Sqlite;

/// <summary>
/// Documents in one SQLite file with a write-ahead log: one writer, readers that never wait for it. Space that replaced and deleted documents leave is
/// used again; what is left over for long is given back to the file system in small steps.
/// </summary>
internal sealed class SqliteDocumentStore : IDocumentStore
{
    /// <summary>Connections kept for reading; more are opened under a peak and closed after it.</summary>
    private const int KeptReaders = 4;

    /// <summary>Every so many commits the store looks for free pages to give back…</summary>
    private const int CommitsPerSweep = 64;

    /// <summary>…and gives back this many at most, when more than a quarter of the file and 8 MiB are free.</summary>
    private const int PagesPerSweep = 2_048;
    private const int FreePagesKept = 2_048;

    private readonly FileStream _lock;
    private readonly string _connectionString;
    private readonly SqliteConnection _connection;
    private readonly InHandFile _inHand;
    private readonly SqliteDocumentTransaction _transaction;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _rollback;
    private readonly ConcurrentBag<SqliteDocumentReader> _readers = [];
    private readonly Lock _writing = new();
    private int _commits;
    private bool _disposed;

    private SqliteDocumentStore(string path, FileStream fileLock)
    {
        _lock = fileLock;
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 5 }.ToString();
        _connection = new SqliteConnection(_connectionString);
        _connection.Open();
        SqliteSchema.PrepareWriter(_connection, path);
        _transaction = new SqliteDocumentTransaction(_connection);
        _inHand = new InHandFile(path + ".inhand");
        _begin = new(_connection, "BEGIN IMMEDIATE");
        _commit = new(_connection, "COMMIT");
        _rollback = new(_connection, "ROLLBACK");
    }

    /// <summary>Opens <c>documents.db</c> in a folder, or makes it.</summary>
    /// <exception cref="InvalidOperationException">Another process has it open, or wrote it in a format that this one can't read.</exception>
    public static SqliteDocumentStore Open(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "documents.db");
        FileStream held;
        try
        {
            // Jobs in hand are known in memory only, so a second process would hand them out again. The lock ends with the process, however it ends.
            held = new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error)
        {
            throw new InvalidOperationException($"{path}: another process has these documents open; stop it, or use another data folder", error);
        }

        try
        {
            return new SqliteDocumentStore(path, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    public void Commit(Action<IDocumentTransaction> work)
    {
        lock (_writing)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _begin.Run();
            try
            {
                work(_transaction);
                _commit.Run();
            }
            catch
            {
                Rollback();
                throw;
            }

            if (++_commits % CommitsPerSweep == 0)
                Sweep();
        }
    }

    public ValueTask<StoredVersion?> FindAsync(string tenant, string documentId, CancellationToken cancellationToken) =>
        new(Read(r => r.Find(tenant, documentId)));

    public ValueTask<IReadOnlyList<StoredVersion>> ListAsync(string tenant, string? after, int limit, CancellationToken cancellationToken) =>
        new(Read(r => r.List(tenant, after ?? "", limit)));

    public ValueTask<StoredContent?> ReadContentAsync(long jobId, CancellationToken cancellationToken) => new(Read(r => r.Content(jobId)));

    public ValueTask<string?> ReadTextAsync(long jobId, CancellationToken cancellationToken) => new(Read(r => r.Text(jobId)));

    public StoredBacklog ReadBacklog()
    {
        lock (_writing)
        {
            CountInterruptions();
            var jobs = new List<StoredJob>();
            using (var statement = new SqliteStatement(_connection,
                $"SELECT {SqliteRows.VersionColumns}, o.attempts, o.interruptions, o.traceparent FROM outbox o JOIN versions v ON v.job=o.job JOIN documents d ON d.key=o.document ORDER BY o.job"))
            using (var row = statement.Read())
                while (row.Read())
                {
                    const int own = SqliteRows.VersionColumnCount;
                    var version = SqliteRows.Version(row) with { TraceParent = row.IsDBNull(own + 2) ? null : row.GetString(own + 2) };
                    jobs.Add(new StoredJob(version, row.GetInt32(own), row.GetInt32(own + 1)));
                }
            return new StoredBacklog(
                jobs,
                SqliteSchema.Scalar(_connection, "SELECT count(*) FROM documents WHERE deleted=0"),
                SqliteSchema.Scalar(_connection, "SELECT count(*) FROM documents WHERE failed=1"));
        }
    }

    public void NoteInHand(long jobId, bool inHand)
    {
        if (inHand)
            _inHand.Add(jobId);
        else
            _inHand.Remove(jobId);
    }

    public void Dispose()
    {
        lock (_writing)
        {
            if (_disposed)
                return;
            _disposed = true;
            while (_readers.TryTake(out var reader))
                reader.Dispose();
            _begin.Dispose();
            _commit.Dispose();
            _rollback.Dispose();
            _transaction.Dispose();
            _inHand.Dispose();
            _connection.Dispose();
            _lock.Dispose();
        }
    }

    private T Read<T>(Func<SqliteDocumentReader, T> read)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_readers.TryTake(out var reader))
            reader = new SqliteDocumentReader(_connectionString);
        try
        {
            return read(reader);
        }
        finally
        {
            if (_readers.Count < KeptReaders && !_disposed)
                _readers.Add(reader);
            else
                reader.Dispose();
        }
    }

    private void CountInterruptions()
    {
        if (_inHand.Left.Count > 0)
        {
            _begin.Run();
            using (var count = new SqliteStatement(_connection, "UPDATE outbox SET interruptions=interruptions+1 WHERE job=$0"))
                foreach (var job in _inHand.Left)
                    count.Run(job);
            _commit.Run();
        }

        _inHand.Clear();
    }

    private void Rollback()
    {
        try
        {
            _rollback.Run();
        }
        catch (SqliteException)
        {
            // SQLite rolls back by itself on some errors (a full disk); then there is nothing left to do.
        }
    }

    private void Sweep()
    {
        var free = SqliteSchema.Scalar(_connection, "PRAGMA freelist_count");
        if (free > FreePagesKept && free * 4 > SqliteSchema.Scalar(_connection, "PRAGMA page_count"))
            SqliteSchema.Execute(_connection, $"PRAGMA incremental_vacuum({PagesPerSweep})");
    }
}
