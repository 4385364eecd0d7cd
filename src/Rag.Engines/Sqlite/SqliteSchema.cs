using Microsoft.Data.Sqlite;

namespace Rag.Engines.Sqlite;

/// <summary>Tables and settings of the documents database.</summary>
internal static class SqliteSchema
{
    private const int Version = 2;

    /// <summary>The log is folded into the file after this many pages of 4 KiB, and cut back to <see cref="LogBytes"/> then.</summary>
    private const int LogPages = 2_048;
    private const int LogBytes = 16 * 1024 * 1024;

    private const string Tables =
        """
        CREATE TABLE documents(
          key INTEGER PRIMARY KEY, tenant TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, deleted INTEGER NOT NULL,
          failed INTEGER NOT NULL, searchable INTEGER NOT NULL, created INTEGER NOT NULL);
        CREATE UNIQUE INDEX documents_name ON documents(tenant, id);
        CREATE TABLE versions(
          job INTEGER PRIMARY KEY, document INTEGER NOT NULL, version INTEGER NOT NULL, kind INTEGER NOT NULL, state INTEGER NOT NULL,
          title TEXT NOT NULL, content_type TEXT NOT NULL, file_name TEXT, bytes INTEGER NOT NULL, metadata BLOB, uploaded_by TEXT NOT NULL,
          queued INTEGER NOT NULL, started INTEGER, ended INTEGER, attempts INTEGER NOT NULL, chunks INTEGER NOT NULL, reason TEXT);
        CREATE UNIQUE INDEX versions_of ON versions(document, version);
        CREATE TABLE contents(job INTEGER PRIMARY KEY, content BLOB NOT NULL);
        CREATE TABLE texts(job INTEGER PRIMARY KEY, text TEXT NOT NULL);
        CREATE TABLE outbox(job INTEGER PRIMARY KEY, document INTEGER NOT NULL, attempts INTEGER NOT NULL, interruptions INTEGER NOT NULL);
        CREATE UNIQUE INDEX outbox_of ON outbox(document);
        """;

    // What brings a database of the format before to each further one; a new one goes the same way.
    private static readonly string[] Steps =
    [
        Tables,
        // The trace that a job's upload belongs to.
        "ALTER TABLE outbox ADD COLUMN traceparent TEXT;",
    ];

    /// <summary>Makes a connection the writer's, and the tables where there are none.</summary>
    public static void PrepareWriter(SqliteConnection connection, string path)
    {
        // The order matters: auto_vacuum can be chosen before the first table only.
        Execute(connection, $"""
            PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;
            PRAGMA wal_autocheckpoint={LogPages}; PRAGMA journal_size_limit={LogBytes}; PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY;
            """);
        var version = Scalar(connection, "PRAGMA user_version");
        if (version == Version)
            return;
        if (version is < 0 or > Version)
            throw new InvalidOperationException(
                $"{path}: the database has format {version}, this program reads formats up to {Version}; use the program that wrote it, or another data folder");
        Execute(connection, $"BEGIN IMMEDIATE; {string.Concat(Steps.Skip((int)version))} PRAGMA user_version={Version}; COMMIT;");
    }

    /// <summary>Makes a connection a reader's.</summary>
    public static void PrepareReader(SqliteConnection connection) =>
        Execute(connection, "PRAGMA query_only=ON; PRAGMA busy_timeout=5000; PRAGMA cache_size=-4096; PRAGMA temp_store=MEMORY;");

    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public static long Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() is long number ? number : 0;
    }
}
