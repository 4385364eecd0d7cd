using Npgsql;
using Rag.Documents;
using Rag.Errors;
using Rag.Ingestion;

namespace Rag.Engines.Postgres.Documents;

/// <summary>
/// One commit: <see cref="Begin"/> takes the schema's one writer's lock and reads what the work is about, <see cref="Commit"/> sends the writes. Each is one round
/// trip. All waits have an end on the server as well, or a process that stands still in the middle would keep all others from writing.
/// </summary>
internal sealed class CommitSession : IDisposable
{
    private const string Columns =
        """
        SELECT d.tenant, d.id, d.key, d.version, d.deleted, d.failed, d.searchable, d.created,
          o.job, o.kind, o.version, o.bytes, o.queued, o.attempts, o.deferrals, o.interruptions, NULL::timestamptz,
          h.job, h.kind, h.version, h.bytes, h.queued, h.attempts, h.deferrals, h.interruptions, h.started
        FROM documents d LEFT JOIN outbox o ON o.document=d.key LEFT JOIN holds h ON h.document=d.key AND h.ends>clock_timestamp()
        """;

    private const string ByName = $"{Columns} WHERE (d.tenant, d.id) IN (SELECT * FROM unnest($1, $2))";
    private const string ByJob = $"{Columns} WHERE d.key=(SELECT document FROM outbox WHERE job=$1 UNION SELECT document FROM holds WHERE job=$1 LIMIT 1)";
    private const string Numbers = "SELECT nextval('jobs'), nextval('document_keys') FROM generate_series(1, $1)";

    // A commit that the server has not on its disk may be lost: it is asked to, whatever it does by default.
    private const string Limits =
        """
        SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $1, true),
          CASE WHEN current_setting('synchronous_commit')='off' THEN set_config('synchronous_commit', 'on', true) END
        """;

    private readonly PostgresSource _source;
    private readonly NpgsqlConnection _connection;
    private readonly Queue<long> _jobs = new();
    private readonly Queue<long> _keys = new();
    private Task _using = Task.CompletedTask;

    private CommitSession(PostgresSource source, NpgsqlConnection connection)
    {
        (_source, _connection) = (source, connection);
        Work = new DocumentTransaction(Read, NextJob, NextKey);
    }

    /// <summary>What to write.</summary>
    public DocumentTransaction Work { get; }

    /// <summary>Opens a session; once more when the connection of the pool turned out to be dead.</summary>
    public static CommitSession Begin(PostgresSource source, IReadOnlyCollection<DocumentKey> about)
    {
        for (var again = true; ; again = false)
            try
            {
                return Wait(source, stop => BeginAsync(source, about, stop), late => late.Dispose());
            }
            catch (RagException error) when (again && PostgresErrors.LostConnection(error.InnerException))
            {
                source.Forget();
            }
    }

    /// <summary>Writes and commits. When it throws, the commit may have been done or not, if the server fell silent; otherwise it was not.</summary>
    public void Commit() => Use(async stop =>
    {
        await using var batch = Work.IsEmpty ? new NpgsqlBatch(_connection).Add("COMMIT") : CommitStatements.Of(Work, _connection, DocumentTables.Channel(_source));
        await batch.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
        return true;
    });

    // What was begun and not committed is rolled back by the pool. A connection that the driver is still at is closed when it has done with it.
    public void Dispose() => _using.ContinueWith(static (_, connection) => ((NpgsqlConnection)connection!).Dispose(), _connection,
        CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private static async ValueTask<CommitSession> BeginAsync(PostgresSource source, IReadOnlyCollection<DocumentKey> about, CancellationToken stop)
    {
        var connection = await source.OpenAsync(stop).ConfigureAwait(false);
        try
        {
            var session = new CommitSession(source, connection);
            var names = about.Select(DocumentTransaction.Kept).Distinct().ToList();
            var limit = ((long)source.Options.Timeout.TotalMilliseconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
            await using var batch = new NpgsqlBatch(connection)
                .Add("BEGIN")
                .Add(Limits, limit)
                .Add("SELECT pg_advisory_xact_lock($1)", PostgresLocks.Of("documents", source.Options.Schema))
                .Add(ByName, names.Select(name => PostgresText.Write(name.Tenant)).ToArray(), names.Select(name => PostgresText.Write(name.DocumentId)).ToArray())
                .Add(Numbers, names.Count);
            await using var row = await batch.ExecuteReaderAsync(stop).ConfigureAwait(false);
            await row.NextResultAsync(stop).ConfigureAwait(false); // the lock's
            await row.NextResultAsync(stop).ConfigureAwait(false);
            while (await row.ReadAsync(stop).ConfigureAwait(false))
                session.Work.Open(Document(row));
            await row.NextResultAsync(stop).ConfigureAwait(false);
            await session.KeepNumbersAsync(row, stop).ConfigureAwait(false);
            foreach (var name in names)
                session.Work.OpenNew(name);
            return session;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private OpenDocument? Read(DocumentKey? name, long? job) => Use(async stop =>
    {
        await using var command = name is { } known
            ? _connection.Statement(ByName, (string[])[PostgresText.Write(known.Tenant)], (string[])[PostgresText.Write(known.DocumentId)])
            : _connection.Statement(ByJob, job);
        await using var row = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
        return await row.ReadAsync(stop).ConfigureAwait(false) ? Document(row) : null;
    });

    private long NextJob() => Next(_jobs);

    private long NextKey() => Next(_keys);

    private long Next(Queue<long> numbers)
    {
        if (numbers.Count == 0)
            Use(async stop =>
            {
                await using var command = _connection.Statement(Numbers, 16);
                await using var row = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
                await KeepNumbersAsync(row, stop).ConfigureAwait(false);
                return true;
            });
        return numbers.Dequeue();
    }

    private async ValueTask KeepNumbersAsync(NpgsqlDataReader row, CancellationToken stop)
    {
        while (await row.ReadAsync(stop).ConfigureAwait(false))
        {
            _jobs.Enqueue(row.GetInt64(0));
            _keys.Enqueue(row.GetInt64(1));
        }
    }

    private static OpenDocument Document(NpgsqlDataReader row)
    {
        var name = new DocumentKey(PostgresText.Read(row.GetString(0)), PostgresText.Read(row.GetString(1)));
        var head = new DocumentHead(row.GetInt64(2), row.GetInt32(3), row.GetBoolean(4), row.GetBoolean(5), row.GetInt32(6), DocumentRows.Time(row, 7));
        return new OpenDocument(name, head) { Waiting = Ticket(row, 8, name), Held = Ticket(row, 17, name) };
    }

    private static JobTicket? Ticket(NpgsqlDataReader row, int at, DocumentKey name) => row.IsDBNull(at) ? null
        : new JobTicket(name, row.GetInt64(at), (IngestionKind)row.GetInt16(at + 1), row.GetInt32(at + 2), row.GetInt64(at + 3), DocumentRows.Time(row, at + 4))
        {
            Attempts = row.GetInt32(at + 5),
            Deferrals = row.GetInt32(at + 6),
            Interruptions = row.GetInt32(at + 7),
            StartedAt = DocumentRows.TimeOrNull(row, at + 8),
        };

    private T Use<T>(Func<CancellationToken, ValueTask<T>> work) => Wait(_source, stop =>
    {
        var running = work(stop).AsTask();
        _using = running;
        return new ValueTask<T>(running);
    });

    /// <summary>Blocks the writer's thread, which is there to be blocked.</summary>
    private static T Wait<T>(PostgresSource source, Func<CancellationToken, ValueTask<T>> work, Action<T>? late = null) =>
        source.BoundAsync(work, CancellationToken.None, late: late).AsTask().GetAwaiter().GetResult();
}
