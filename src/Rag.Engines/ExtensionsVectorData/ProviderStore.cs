using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Rag.Embedding;
using Rag.Engines.Metadata;
using Rag.Filters;

namespace Rag.Engines.ExtensionsVectorData;

/// <summary>
/// What is true, in SQLite: the model, each document's rank and metadata, and each chunk's vector. The provider's collections are made from it and may be lost.
/// <code>
/// attempts  a writing of a document; its number is never given twice, and is part of its records' keys
/// chunks    the vectors of an attempt
/// documents the fence: the greatest rank, and the attempt that counts; every other attempt is on its way or is to go
/// </code>
/// Writes take turns, which the caller gives; reads have connections of their own.
/// </summary>
internal sealed class ProviderStore : IDisposable
{
    private const int ReadAtOnce = 500;

    private readonly SqliteConnection _connection;
    private readonly string _reading;

    public ProviderStore(string path)
    {
        _reading = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 10 }.ConnectionString;
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ConnectionString);
        _connection.Open();
        Run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=2000;");
        Run("""
            CREATE TABLE IF NOT EXISTS about(single INTEGER PRIMARY KEY CHECK (single = 1), name TEXT NOT NULL);
            CREATE TABLE IF NOT EXISTS model(single INTEGER PRIMARY KEY CHECK (single = 1), id TEXT NOT NULL, version TEXT NOT NULL, dimensions INTEGER NOT NULL);
            CREATE TABLE IF NOT EXISTS attempts(id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, document TEXT NOT NULL);
            CREATE TABLE IF NOT EXISTS chunks(attempt INTEGER NOT NULL, ordinal INTEGER NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (attempt, ordinal));
            CREATE TABLE IF NOT EXISTS documents(
              tenant TEXT NOT NULL, document TEXT NOT NULL, rank INTEGER NOT NULL, metadata TEXT NOT NULL, attempt INTEGER NOT NULL, PRIMARY KEY (tenant, document)) WITHOUT ROWID;
            """);
        Run("INSERT INTO about VALUES(1, $0) ON CONFLICT DO NOTHING", null, Guid.NewGuid().ToString("N")[..8]);
        using var name = Command(_connection, "SELECT name FROM about");
        Name = (string)name.ExecuteScalar()!;
    }

    /// <summary>Eight digits that no other store has: a part of collections' names, so that those of a lost data folder are never taken for ours.</summary>
    public string Name { get; }

    public EmbeddingModel? ReadModel()
    {
        using var command = Command(_connection, "SELECT id, version, dimensions FROM model");
        using var reader = command.ExecuteReader();
        return reader.Read() ? new EmbeddingModel(SafeText.Unescape(reader.GetString(0)), SafeText.Unescape(reader.GetString(1)), reader.GetInt32(2)) : null;
    }

    /// <summary>Every document as it counts, and then every attempt that doesn't, of which a crash left something behind: those have the rank 0.</summary>
    public List<HeldVersion> ReadAll()
    {
        var ordinals = new Dictionary<long, List<int>>();
        using (var command = Command(_connection, "SELECT attempt, ordinal FROM chunks ORDER BY attempt, ordinal"))
        using (var reader = command.ExecuteReader())
            while (reader.Read())
                (CollectionsMarshal.GetValueRefOrAddDefault(ordinals, reader.GetInt64(0), out _) ??= []).Add(reader.GetInt32(1));
        var all = new List<HeldVersion>();
        using (var command = Command(_connection, "SELECT tenant, document, rank, metadata, attempt FROM documents"))
        using (var row = command.ExecuteReader())
            while (row.Read())
                all.Add(new HeldVersion(
                    SafeText.Unescape(row.GetString(0)), SafeText.Unescape(row.GetString(1)), row.GetInt64(2), ReadMetadata(row.GetString(3)), row.GetInt64(4), Ordinals(row.GetInt64(4))));
        using (var command = Command(_connection, "SELECT id, tenant, document FROM attempts a WHERE NOT EXISTS (SELECT 1 FROM documents d WHERE d.tenant = a.tenant AND d.document = a.document AND d.attempt = a.id)"))
        using (var row = command.ExecuteReader())
            while (row.Read())
                all.Add(new HeldVersion(SafeText.Unescape(row.GetString(1)), SafeText.Unescape(row.GetString(2)), 0, HeldVersion.NoMetadata, row.GetInt64(0), Ordinals(row.GetInt64(0))));
        return all;

        int[] Ordinals(long attempt) => ordinals.TryGetValue(attempt, out var held) ? [.. held] : [];
    }

    /// <summary>Tenants that ever had a record at the provider.</summary>
    public List<string> ReadTenants()
    {
        var tenants = new List<string>();
        using var command = Command(_connection, "SELECT DISTINCT tenant FROM (SELECT tenant FROM documents UNION SELECT tenant FROM attempts)");
        using var row = command.ExecuteReader();
        while (row.Read())
            tenants.Add(SafeText.Unescape(row.GetString(0)));
        return tenants;
    }

    /// <summary>The vectors of some attempts, in no order. May run beside writes.</summary>
    public IEnumerable<(RecordKey Key, float[] Vector)> ReadVectors(IEnumerable<long> attempts)
    {
        using var connection = new SqliteConnection(_reading);
        connection.Open();
        foreach (var some in attempts.Chunk(ReadAtOnce))
        {
            using var command = Command(connection, $"SELECT attempt, ordinal, vector FROM chunks WHERE attempt IN ({string.Join(',', some)})");
            using var row = command.ExecuteReader();
            while (row.Read())
                yield return (new RecordKey(row.GetInt64(0), row.GetInt32(1)), MemoryMarshal.Cast<byte, float>((byte[])row[2]).ToArray());
        }
    }

    /// <summary>Notes vectors before the provider is given them, durably; nothing of it counts yet.</summary>
    /// <returns>Each document's attempt.</returns>
    public List<long> Begin(IReadOnlyList<(string Tenant, string Document, float[]?[] Units)> documents)
    {
        var attempts = new List<long>(documents.Count);
        using var transaction = _connection.BeginTransaction();
        using var insert = Command(_connection, "INSERT INTO chunks VALUES($0, $1, $2)", transaction);
        var (attempt, ordinal, vector) = (insert.Parameters.AddWithValue("$0", null), insert.Parameters.AddWithValue("$1", null), insert.Parameters.AddWithValue("$2", null));
        foreach (var (tenant, document, units) in documents)
        {
            using var begin = Command(_connection, "INSERT INTO attempts(tenant, document) VALUES($0, $1) RETURNING id", transaction);
            begin.Parameters.AddWithValue("$0", SafeText.Escape(tenant));
            begin.Parameters.AddWithValue("$1", SafeText.Escape(document));
            attempts.Add((long)begin.ExecuteScalar()!);
            foreach (var (i, unit) in units.Index())
                if (unit is not null) // a zero vector is near to nothing
                {
                    (attempt.Value, ordinal.Value, vector.Value) = (attempts[^1], i, MemoryMarshal.AsBytes(unit.AsSpan()).ToArray());
                    insert.ExecuteNonQuery();
                }
        }

        transaction.Commit();
        return attempts;
    }

    /// <summary>From here on these versions count, durably. Their ranks are above those that are there.</summary>
    /// <param name="model">The index's model, where it is new.</param>
    /// <param name="versions">What counts now.</param>
    public void Publish(EmbeddingModel? model, IEnumerable<HeldVersion> versions)
    {
        using var transaction = _connection.BeginTransaction();
        if (model is not null)
            Run("INSERT INTO model VALUES(1, $0, $1, $2)", transaction, SafeText.Escape(model.Id), SafeText.Escape(model.Version), model.Dimensions);
        foreach (var version in versions)
            Run("INSERT INTO documents VALUES($0, $1, $2, $3, $4) ON CONFLICT DO UPDATE SET rank = excluded.rank, metadata = excluded.metadata, attempt = excluded.attempt", transaction,
                SafeText.Escape(version.Tenant), SafeText.Escape(version.Document), version.Rank, WriteMetadata(version.Metadata), version.Attempt);
        transaction.Commit();
    }

    /// <summary>Forgets attempts that don't count and that the provider no longer has.</summary>
    public void Forget(IEnumerable<long> attempts)
    {
        using var transaction = _connection.BeginTransaction();
        foreach (var some in attempts.Chunk(ReadAtOnce))
        {
            Run($"DELETE FROM chunks WHERE attempt IN ({string.Join(',', some)})", transaction);
            Run($"DELETE FROM attempts WHERE id IN ({string.Join(',', some)})", transaction);
        }

        transaction.Commit();
    }

    public void Dispose()
    {
        _connection.Dispose();
        SqliteConnection.ClearPool(new SqliteConnection(_reading));
    }

    private static string WriteMetadata(IReadOnlyDictionary<string, MetadataValue> metadata) => JsonSerializer.Serialize(
        metadata.ToDictionary(field => SafeText.Escape(field.Key), field => TaggedValue.Of(field.Value), StringComparer.Ordinal), MetadataJson.Default.DictionaryStringString);

    private static Dictionary<string, MetadataValue> ReadMetadata(string json) => JsonSerializer.Deserialize(json, MetadataJson.Default.DictionaryStringString)!
        .ToDictionary(field => SafeText.Unescape(field.Key), field => TaggedValue.Read(field.Value), StringComparer.Ordinal);

    private static SqliteCommand Command(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        var command = connection.CreateCommand();
        (command.CommandText, command.Transaction) = (sql, transaction);
        return command;
    }

    private void Run(string sql, SqliteTransaction? transaction = null, params object[] values)
    {
        using var command = Command(_connection, sql, transaction);
        for (var i = 0; i < values.Length; i++)
            command.Parameters.AddWithValue($"${i}", values[i]);
        command.ExecuteNonQuery();
    }
}
