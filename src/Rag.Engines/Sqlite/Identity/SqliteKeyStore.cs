using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Rag.Identity;

namespace Rag.Engines.Sqlite.Identity;

/// <summary>
/// Users and hashed keys in one SQLite file in WAL mode, so that <c>rag keys add</c> works beside a running server.
/// Calls are short and synchronous inside: SQLite has no other way, and callers keep what they found.
/// </summary>
internal sealed class SqliteKeyStore : IKeyStore, IKeyArchive
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS users (
            name TEXT PRIMARY KEY, tenant TEXT NOT NULL, requests_per_minute INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS keys (
            hash TEXT PRIMARY KEY, user TEXT NOT NULL REFERENCES users(name), created_at TEXT NOT NULL, revoked_at TEXT) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS keys_by_user ON keys(user);
        """;

    private readonly string _connectionString;
    private readonly TimeProvider _time;

    public SqliteKeyStore(string path, TimeProvider time)
    {
        _time = time;
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 10, ForeignKeys = true }.ToString();
        using var connection = Open();
        Execute(connection, null, "PRAGMA journal_mode = WAL");
        Execute(connection, null, Schema);
        AddQuotas(connection);
    }

    public ValueTask<Caller?> FindAsync(KeyHash hash, CancellationToken cancellationToken)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText =
            "SELECT u.name, u.tenant, u.requests_per_minute, u.requests_per_day, u.tokens_per_day FROM keys k JOIN users u ON u.name = k.user WHERE k.hash = $hash AND k.revoked_at IS NULL";
        command.Parameters.AddWithValue("$hash", hash.ToString());
        using var row = command.ExecuteReader();
        return ValueTask.FromResult(row.Read() ? new Caller(row.GetString(0), row.GetString(1), row.GetInt32(2), row.GetInt32(3), row.GetInt32(4)) : null);
    }

    public ValueTask AddAsync(IReadOnlyList<NewKey> keys, CancellationToken cancellationToken)
    {
        using var connection = Open();
        using var transaction = connection.BeginTransaction(deferred: false);
        using var user = Command(connection, transaction,
            """
            INSERT INTO users(name, tenant, requests_per_minute, requests_per_day, tokens_per_day) VALUES ($user, $tenant, $limit, $requests, $tokens)
            ON CONFLICT(name) DO UPDATE SET tenant = $tenant, requests_per_minute = $limit, requests_per_day = $requests, tokens_per_day = $tokens
            """, "$user", "$tenant", "$limit", "$requests", "$tokens");
        // A key given by hand may be given again, even after its revocation: that makes it valid again.
        using var key = Command(connection, transaction,
            """
            INSERT INTO keys(hash, user, created_at) VALUES ($hash, $user, $now)
            ON CONFLICT(hash) DO UPDATE SET user = $user, revoked_at = NULL
            """, "$hash", "$user", "$now");
        var now = Now();
        foreach (var (caller, hash) in keys)
        {
            Run(user, caller.User, caller.Tenant, caller.RequestsPerMinute, caller.RequestsPerDay, caller.TokensPerDay);
            Run(key, hash.ToString(), caller.User, now);
        }

        transaction.Commit();
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<KeyListing>> ListAsync(CancellationToken cancellationToken)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText =
            """
            SELECT substr(k.hash, 1, 12), u.name, u.tenant, u.requests_per_minute, k.created_at, k.revoked_at, u.requests_per_day, u.tokens_per_day
            FROM keys k JOIN users u ON u.name = k.user ORDER BY u.name, k.created_at, k.hash
            """;
        using var row = command.ExecuteReader();
        var listing = new List<KeyListing>();
        while (row.Read())
            listing.Add(new KeyListing(
                row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt32(3), Time(row.GetString(4)),
                row.IsDBNull(5) ? null : Time(row.GetString(5)), row.GetInt32(6), row.GetInt32(7)));
        return ValueTask.FromResult<IReadOnlyList<KeyListing>>(listing);
    }

    public ValueTask<int> RevokeAsync(string keyIdOrUser, CancellationToken cancellationToken)
    {
        using var connection = Open();
        using var command = Command(connection, null,
            "UPDATE keys SET revoked_at = $now WHERE revoked_at IS NULL AND (user = $which OR substr(hash, 1, 12) = $which)", "$now", "$which");
        return ValueTask.FromResult(Run(command, Now(), keyIdOrUser));
    }

    public async IAsyncEnumerable<NewKey> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var connection = Open();
        using var command = Command(connection, null,
            "SELECT k.hash, u.name, u.tenant, u.requests_per_minute, u.requests_per_day, u.tokens_per_day FROM keys k JOIN users u ON u.name = k.user WHERE k.revoked_at IS NULL ORDER BY k.hash");
        using var row = command.ExecuteReader();
        while (row.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return new NewKey(new Caller(row.GetString(1), row.GetString(2), row.GetInt32(3), row.GetInt32(4), row.GetInt32(5)), KeyHash.Parse(row.GetString(0)));
        }
    }

    // Files of earlier versions know no quotas. Two processes that start at a time wait for each other.
    private static void AddQuotas(SqliteConnection connection)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        using var present = Command(connection, transaction, "SELECT count(*) FROM pragma_table_info('users') WHERE name = 'requests_per_day'");
        if (present.ExecuteScalar() is 0L)
        {
            Execute(connection, transaction, "ALTER TABLE users ADD COLUMN requests_per_day INTEGER NOT NULL DEFAULT 0");
            Execute(connection, transaction, "ALTER TABLE users ADD COLUMN tokens_per_day INTEGER NOT NULL DEFAULT 0");
        }

        transaction.Commit();
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        return connection;
    }

    private string Now() => _time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(string text) => DateTimeOffset.ParseExact(text, "O", CultureInfo.InvariantCulture);

    private static SqliteCommand Command(SqliteConnection connection, SqliteTransaction? transaction, string sql, params ReadOnlySpan<string> parameters)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        foreach (var name in parameters)
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        return command;
    }

    private static int Run(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i];
        return command.ExecuteNonQuery();
    }

    private static void Execute(SqliteConnection connection, SqliteTransaction? transaction, string sql)
    {
        using var command = Command(connection, transaction, sql);
        command.ExecuteNonQuery();
    }
}
