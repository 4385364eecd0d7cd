using Microsoft.Data.Sqlite;
using Rag.Errors;
using Rag.Identity.Usage;

namespace Rag.Engines.Sqlite.Identity;

/// <summary>Usage in the file of users and keys. Each call is one transaction; several processes may use it at a time.</summary>
internal sealed class SqliteUsageStore : IUsageStore
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS usage (
            day INTEGER NOT NULL, tenant TEXT NOT NULL, user TEXT NOT NULL, key TEXT NOT NULL, operation TEXT NOT NULL,
            requests INTEGER NOT NULL, prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, texts INTEGER NOT NULL, embedded_tokens INTEGER NOT NULL,
            documents INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (day, tenant, user, key, operation)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS usage_of ON usage(user, day);
        CREATE TABLE IF NOT EXISTS usage_sources (source TEXT PRIMARY KEY, number INTEGER NOT NULL, day INTEGER NOT NULL) WITHOUT ROWID;
        """;

    private const string Insert = "INSERT INTO usage VALUES ($day, $tenant, $user, $key, $operation, $0, $1, $2, $3, $4, $5, $6) ON CONFLICT DO UPDATE SET ";

    private const string Sum = Insert + """
        requests = requests + $0, prompt_tokens = prompt_tokens + $1, completion_tokens = completion_tokens + $2, texts = texts + $3,
        embedded_tokens = embedded_tokens + $4, documents = documents + $5, bytes = bytes + $6
        """;

    private const string Greater = Insert + """
        requests = max(requests, $0), prompt_tokens = max(prompt_tokens, $1), completion_tokens = max(completion_tokens, $2), texts = max(texts, $3),
        embedded_tokens = max(embedded_tokens, $4), documents = max(documents, $5), bytes = max(bytes, $6)
        """;

    private readonly string _connectionString;

    public SqliteUsageStore(string path)
    {
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 10 }.ToString();
        using var connection = Open();
        Run(connection, null, "PRAGMA journal_mode = WAL");
        Run(connection, null, Schema);
    }

    public ValueTask<IReadOnlyList<DayTotal>> AddAsync(UsageBatch batch, CancellationToken cancellationToken) => Do<IReadOnlyList<DayTotal>>(connection =>
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        // The number moves on in the transaction that adds: a batch that comes again finds it there.
        if (Run(connection, transaction,
            """
            INSERT INTO usage_sources VALUES ($source, $number, $day)
            ON CONFLICT DO UPDATE SET number = $number, day = $day WHERE $number > number
            """, ("$source", batch.Source), ("$number", batch.Number), ("$day", batch.Day)) > 0)
            Write(connection, transaction, Sum, batch.Entries, static (a, b) => a.Plus(b));
        var totals = new List<DayTotal>();
        foreach (var user in batch.Watched.Distinct(StringComparer.Ordinal))
        {
            using var command = Command(connection, transaction,
                "SELECT sum(requests), sum(prompt_tokens + completion_tokens + embedded_tokens) FROM usage WHERE user = $user AND day = $day", ("$user", user), ("$day", batch.Day));
            using var row = command.ExecuteReader();
            if (row.Read() && !row.IsDBNull(0))
                totals.Add(new DayTotal(user, row.GetInt64(0), row.GetInt64(1)));
        }

        transaction.Commit();
        return totals;
    });

    public ValueTask<UsagePage> ReadAsync(UsageQuestion question, CancellationToken cancellationToken) => Do(connection =>
    {
        var after = question.After;
        using var command = Command(connection, null,
            $"""
            SELECT day, tenant, user, key, operation, requests, prompt_tokens, completion_tokens, texts, embedded_tokens, documents, bytes FROM usage
            WHERE day BETWEEN $from AND $to AND ($tenant IS NULL OR tenant = $tenant) {(question.User is null ? "" : "AND user = $user")}
              {(after is null ? "" : "AND (day, tenant, user, key, operation) > ($aday, $atenant, $auser, $akey, $aoperation)")}
            ORDER BY day, tenant, user, key, operation LIMIT $most
            """,
            ("$from", question.From), ("$to", question.To), ("$tenant", question.Tenant), ("$user", question.User), ("$most", question.Most + 1),
            ("$aday", after?.Day), ("$atenant", after?.Tenant), ("$auser", after?.User), ("$akey", after?.Key), ("$aoperation", after?.Operation));
        using var row = command.ExecuteReader();
        var entries = new List<UsageEntry>();
        while (row.Read())
            entries.Add(new UsageEntry(
                row.GetInt32(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4),
                new UsageAmounts(row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8), row.GetInt64(9), row.GetInt64(10), row.GetInt64(11))));
        return UsageEntries.Page(entries, question.Most);
    });

    public async ValueTask MergeAsync(IReadOnlyList<UsageEntry> entries, CancellationToken cancellationToken) => await Do(connection =>
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        Write(connection, transaction, Greater, entries, static (a, b) => a.Greater(b));
        transaction.Commit();
        return true;
    }).ConfigureAwait(false);

    public ValueTask<int> ForgetAsync(int day, int sourcesBefore, CancellationToken cancellationToken) => Do(connection =>
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        var forgotten = Run(connection, transaction, "DELETE FROM usage WHERE day < $day", ("$day", day));
        Run(connection, transaction, "DELETE FROM usage_sources WHERE day < $day", ("$day", sourcesBefore));
        transaction.Commit();
        return forgotten;
    });

    private static void Write(SqliteConnection connection, SqliteTransaction transaction, string sql, IReadOnlyList<UsageEntry> entries, Func<UsageAmounts, UsageAmounts, UsageAmounts> both)
    {
        using var command = Command(connection, transaction, sql);
        var parameters = ((string[])["$day", "$tenant", "$user", "$key", "$operation", "$0", "$1", "$2", "$3", "$4", "$5", "$6"]).Select(name => command.Parameters.AddWithValue(name, null)).ToArray();
        foreach (var (day, tenant, user, key, operation, amounts) in UsageEntries.Gathered(entries, both))
        {
            object[] values =
            [
                day, tenant, user, key, operation,
                amounts.Requests, amounts.PromptTokens, amounts.CompletionTokens, amounts.Texts, amounts.EmbeddedTokens, amounts.Documents, amounts.Bytes,
            ];
            for (var i = 0; i < values.Length; i++)
                parameters[i].Value = values[i];
            command.ExecuteNonQuery();
        }
    }

    // Calls are short and synchronous inside: SQLite has no other way.
    private ValueTask<T> Do<T>(Func<SqliteConnection, T> act)
    {
        try
        {
            using var connection = Open();
            return ValueTask.FromResult(act(connection));
        }
        catch (SqliteException error)
        {
            throw new RagException(RagError.Unavailable, $"identity: SQLite can't keep usage (error {error.SqliteErrorCode}); repair the disk", TimeSpan.FromSeconds(5), error);
        }
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        return connection;
    }

    private static SqliteCommand Command(SqliteConnection connection, SqliteTransaction? transaction, string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        var command = connection.CreateCommand();
        (command.CommandText, command.Transaction) = (sql, transaction);
        foreach (var (name, value) in values)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    private static int Run(SqliteConnection connection, SqliteTransaction? transaction, string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using var command = Command(connection, transaction, sql, values);
        return command.ExecuteNonQuery();
    }
}
