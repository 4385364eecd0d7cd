using Microsoft.Data.Sqlite;
using Rag.Engines.Postgres;
using Rag.Engines.Postgres.Identity;
using Rag.Engines.Sqlite.Identity;
using Rag.Identity;
using Rag.Identity.Usage;
using Rag.Tests.Engines;
using Xunit;

namespace Rag.Tests.Conformance.Identity;

public sealed class SqliteUsageStoreTests : UsageStoreConformance
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rag-usage-").FullName;

    protected override Task<IUsageStore> OpenAsync() => Task.FromResult<IUsageStore>(new SqliteUsageStore(Path.Combine(_folder, "keys.db")));

    public override ValueTask DisposeAsync()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_file_of_an_earlier_version_gets_quotas_and_keeps_its_users()
    {
        var path = Path.Combine(_folder, "old.db");
        using (var connection = new SqliteConnection($"Data Source={path}"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText =
                $"""
                CREATE TABLE users (name TEXT PRIMARY KEY, tenant TEXT NOT NULL, requests_per_minute INTEGER NOT NULL) WITHOUT ROWID;
                CREATE TABLE keys (hash TEXT PRIMARY KEY, user TEXT NOT NULL REFERENCES users(name), created_at TEXT NOT NULL, revoked_at TEXT) WITHOUT ROWID;
                INSERT INTO users VALUES ('ann', 'acme', 7);
                INSERT INTO keys VALUES ('{KeyHash.Of("key")}', 'ann', '2026-01-01T00:00:00.0000000+00:00', NULL);
                """;
            command.ExecuteNonQuery();
        }

        for (var i = 0; i < 2; i++)
            Assert.Equal(new Caller("ann", "acme", 7), await new SqliteKeyStore(path, TimeProvider.System).FindAsync(KeyHash.Of("key"), default));
    }
}

public sealed class PostgresUsageStoreTests(EngineServers servers) : UsageStoreConformance
{
    private readonly List<PostgresSource> _others = [];
    private PostgresSchema? _schema;

    protected override async Task<IUsageStore> OpenAsync()
    {
        _schema ??= await PostgresSchema.MakeAsync(servers);
        _others.Add(_schema.Other());
        return new PostgresUsageStore(_others[^1]);
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var other in _others)
            await other.DisposeAsync();
        if (_schema is not null)
            await _schema.DisposeAsync();
    }
}
