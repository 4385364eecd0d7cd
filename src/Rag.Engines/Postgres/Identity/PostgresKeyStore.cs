using System.Runtime.CompilerServices;
using Npgsql;
using Rag.Identity;

namespace Rag.Engines.Postgres.Identity;

/// <summary>Users and hashed keys in PostgreSQL, for any number of processes at a time.</summary>
internal sealed class PostgresKeyStore(PostgresSource source, TimeProvider time) : IKeyStore, IKeyArchive
{
    public static readonly PostgresMigrations Migrations = new("identity",
        """
        CREATE TABLE users(name text COLLATE "C" PRIMARY KEY, tenant text NOT NULL, requests_per_minute integer NOT NULL);
        CREATE TABLE keys(
          hash text COLLATE "C" PRIMARY KEY, username text COLLATE "C" NOT NULL REFERENCES users(name), created_at timestamptz NOT NULL, revoked_at timestamptz);
        CREATE INDEX keys_by_user ON keys(username);
        CREATE INDEX keys_by_id ON keys(substr(hash, 1, 12));
        """,
        """
        ALTER TABLE users ADD COLUMN requests_per_day integer NOT NULL DEFAULT 0, ADD COLUMN tokens_per_day integer NOT NULL DEFAULT 0;
        CREATE TABLE usage(
          day integer NOT NULL, tenant text COLLATE "C" NOT NULL, username text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL, operation text COLLATE "C" NOT NULL,
          requests bigint NOT NULL, prompt_tokens bigint NOT NULL, completion_tokens bigint NOT NULL, texts bigint NOT NULL, embedded_tokens bigint NOT NULL,
          documents bigint NOT NULL, bytes bigint NOT NULL, PRIMARY KEY(day, tenant, username, key, operation));
        CREATE INDEX usage_of ON usage(username, day);
        CREATE TABLE usage_sources(source text COLLATE "C" PRIMARY KEY, number bigint NOT NULL, day integer NOT NULL);
        """);

    private readonly PostgresTables _tables = new(source, Migrations);

    public ValueTask<Caller?> FindAsync(KeyHash hash, CancellationToken cancellationToken) => RunAsync(
        async (connection, stop) =>
        {
            await using var command = connection.Statement(
                "SELECT u.name, u.tenant, u.requests_per_minute, u.requests_per_day, u.tokens_per_day FROM keys k JOIN users u ON u.name=k.username WHERE k.hash=$1 AND k.revoked_at IS NULL", hash.ToString());
            await using var row = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
            return await row.ReadAsync(stop).ConfigureAwait(false) ? new Caller(PostgresText.Read(row.GetString(0)), PostgresText.Read(row.GetString(1)), row.GetInt32(2), row.GetInt32(3), row.GetInt32(4)) : null;
        }, cancellationToken);

    public async ValueTask AddAsync(IReadOnlyList<NewKey> keys, CancellationToken cancellationToken)
    {
        if (keys.Count == 0)
            return;
        // The last word on a user, or on a key, counts; in one order for all, so that two calls at a time wait for each other instead of locking each other out.
        var users = keys.GroupBy(k => PostgresText.Write(k.Caller.User), StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => g.Last().Caller).ToList();
        var added = keys.GroupBy(k => k.Hash.ToString(), StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => (Hash: g.Key, g.Last().Caller)).ToList();
        await RunAsync(
            async (connection, stop) =>
            {
                await using var batch = new NpgsqlBatch(connection)
                    .Add(
                        """
                        INSERT INTO users(name, tenant, requests_per_minute, requests_per_day, tokens_per_day) SELECT * FROM unnest($1, $2, $3, $4, $5)
                        ON CONFLICT(name) DO UPDATE SET tenant=excluded.tenant, requests_per_minute=excluded.requests_per_minute,
                          requests_per_day=excluded.requests_per_day, tokens_per_day=excluded.tokens_per_day
                        """,
                        users.Select(u => PostgresText.Write(u.User)).ToArray(), users.Select(u => PostgresText.Write(u.Tenant)).ToArray(), users.Select(u => u.RequestsPerMinute).ToArray(),
                        users.Select(u => u.RequestsPerDay).ToArray(), users.Select(u => u.TokensPerDay).ToArray())
                    // A key given by hand may be given again, even after its revocation: that makes it valid again.
                    .Add(
                        """
                        INSERT INTO keys(hash, username, created_at) SELECT *, $3 FROM unnest($1, $2)
                        ON CONFLICT(hash) DO UPDATE SET username=excluded.username, revoked_at=NULL
                        """,
                        added.Select(k => k.Hash).ToArray(), added.Select(k => PostgresText.Write(k.Caller.User)).ToArray(), time.GetUtcNow().ToUniversalTime());
                return await batch.ExecuteNonQueryAsync(stop).ConfigureAwait(false); // a batch is one transaction
            }, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<IReadOnlyList<KeyListing>> ListAsync(CancellationToken cancellationToken) => RunAsync<IReadOnlyList<KeyListing>>(
        async (connection, stop) =>
        {
            await using var command = connection.Statement(
                """
                SELECT substr(k.hash, 1, 12), u.name, u.tenant, u.requests_per_minute, k.created_at, k.revoked_at, u.requests_per_day, u.tokens_per_day
                FROM keys k JOIN users u ON u.name=k.username ORDER BY u.name, k.created_at, k.hash
                """);
            await using var row = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
            var listing = new List<KeyListing>();
            while (await row.ReadAsync(stop).ConfigureAwait(false))
                listing.Add(new KeyListing(
                    row.GetString(0), PostgresText.Read(row.GetString(1)), PostgresText.Read(row.GetString(2)), row.GetInt32(3), row.GetFieldValue<DateTimeOffset>(4),
                    row.IsDBNull(5) ? null : row.GetFieldValue<DateTimeOffset>(5), row.GetInt32(6), row.GetInt32(7)));
            return listing;
        }, cancellationToken);

    public ValueTask<int> RevokeAsync(string keyIdOrUser, CancellationToken cancellationToken) => RunAsync(
        async (connection, stop) =>
        {
            await using var command = connection.Statement(
                "UPDATE keys SET revoked_at=$1 WHERE revoked_at IS NULL AND (username=$2 OR substr(hash, 1, 12)=$2)", time.GetUtcNow().ToUniversalTime(), PostgresText.Write(keyIdOrUser));
            return await command.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
        }, cancellationToken);

    public async IAsyncEnumerable<NewKey> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // All at once: a key takes a hundred bytes or two.
        var keys = await RunAsync<IReadOnlyList<NewKey>>(
            async (connection, stop) =>
            {
                await using var command = connection.Statement(
                    "SELECT k.hash, u.name, u.tenant, u.requests_per_minute, u.requests_per_day, u.tokens_per_day FROM keys k JOIN users u ON u.name=k.username WHERE k.revoked_at IS NULL ORDER BY k.hash");
                await using var row = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
                var read = new List<NewKey>();
                while (await row.ReadAsync(stop).ConfigureAwait(false))
                    read.Add(new NewKey(new Caller(PostgresText.Read(row.GetString(1)), PostgresText.Read(row.GetString(2)), row.GetInt32(3), row.GetInt32(4), row.GetInt32(5)), KeyHash.Parse(row.GetString(0))));
                return read;
            }, cancellationToken).ConfigureAwait(false);
        foreach (var key in keys)
            yield return key;
    }

    // Each of these does the same when it is done again.
    private async ValueTask<T> RunAsync<T>(Func<NpgsqlConnection, CancellationToken, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        await _tables.EnsureAsync(cancellationToken).ConfigureAwait(false);
        return await source.RunAsync(work, cancellationToken, repeatable: true).ConfigureAwait(false);
    }
}
