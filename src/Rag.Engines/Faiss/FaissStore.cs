using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Rag.Embedding;
using Rag.Engines.Metadata;
using Rag.Filters;

namespace Rag.Engines.Faiss;

/// <summary>
/// What is true, in SQLite: the model, each document's rank and metadata, each chunk's vector. FAISS's files are made from it and may be thrown away. An id is
/// never given twice, so a vector that lies in an old file is the same or counts no more.
/// </summary>
internal sealed class FaissStore : IDisposable
{
    private readonly SqliteConnection _connection;
    private long _lastId;

    public FaissStore(string path)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ConnectionString);
        _connection.Open();
        Run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=2000;");
        Run("""
            CREATE TABLE IF NOT EXISTS model(single INTEGER PRIMARY KEY CHECK (single = 1), id TEXT NOT NULL, version TEXT NOT NULL, dimensions INTEGER NOT NULL);
            CREATE TABLE IF NOT EXISTS documents(tenant TEXT NOT NULL, document TEXT NOT NULL, rank INTEGER NOT NULL, metadata TEXT NOT NULL, PRIMARY KEY (tenant, document)) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS chunks(id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, document TEXT NOT NULL, ordinal INTEGER NOT NULL, vector BLOB NOT NULL);
            CREATE INDEX IF NOT EXISTS chunks_of ON chunks(tenant, document);
            """);
        using var last = Command("SELECT seq FROM sqlite_sequence WHERE name = 'chunks'");
        _lastId = last.ExecuteScalar() as long? ?? 0;
    }

    public EmbeddingModel? ReadModel()
    {
        using var command = Command("SELECT id, version, dimensions FROM model");
        using var reader = command.ExecuteReader();
        return reader.Read() ? new EmbeddingModel(SafeText.Unescape(reader.GetString(0)), SafeText.Unescape(reader.GetString(1)), reader.GetInt32(2)) : null;
    }

    /// <summary>All documents and their chunks' ids.</summary>
    public IEnumerable<(string Tenant, FaissDocument Document)> ReadDocuments()
    {
        var chunks = new Dictionary<(string, string), List<(int Ordinal, long Id)>>();
        using (var command = Command("SELECT tenant, document, ordinal, id FROM chunks"))
        using (var reader = command.ExecuteReader())
            while (reader.Read())
                (CollectionsMarshal.GetValueRefOrAddDefault(chunks, (reader.GetString(0), reader.GetString(1)), out _) ??= []).Add((reader.GetInt32(2), reader.GetInt64(3)));
        using var documents = Command("SELECT tenant, document, rank, metadata FROM documents");
        using var rows = documents.ExecuteReader();
        while (rows.Read())
        {
            var held = chunks.GetValueOrDefault((rows.GetString(0), rows.GetString(1))) ?? [];
            yield return (SafeText.Unescape(rows.GetString(0)), new FaissDocument(SafeText.Unescape(rows.GetString(1)), rows.GetInt64(2), ReadMetadata(rows.GetString(3)), [.. held]));
        }
    }

    /// <summary>Vectors by id, in no order; ids that are gone are left out.</summary>
    public List<(long Id, float[] Vector)> ReadVectors(IEnumerable<long> ids)
    {
        var vectors = new List<(long, float[])>();
        using var command = Command("SELECT vector FROM chunks WHERE id = $id");
        var wanted = command.Parameters.Add("$id", SqliteType.Integer);
        foreach (var id in ids)
        {
            wanted.Value = id;
            if (command.ExecuteScalar() is byte[] bytes)
                vectors.Add((id, MemoryMarshal.Cast<byte, float>(bytes).ToArray()));
        }

        return vectors;
    }

    /// <summary>Writes changes in one transaction, durable when it returns.</summary>
    /// <param name="model">The index's model, where it is new.</param>
    /// <param name="changes">Each document's new rank and chunks; a zero vector is null and gets no id.</param>
    /// <returns>The documents, with the ids that their chunks got.</returns>
    public List<FaissDocument> Write(EmbeddingModel? model, IEnumerable<(string Tenant, string Document, long Rank, IReadOnlyDictionary<string, MetadataValue> Metadata, float[]?[] Units)> changes)
    {
        var id = _lastId;
        var written = new List<FaissDocument>();
        using var transaction = _connection.BeginTransaction();
        if (model is not null)
            Run("INSERT INTO model VALUES(1, $0, $1, $2)", transaction, SafeText.Escape(model.Id), SafeText.Escape(model.Version), model.Dimensions);
        foreach (var (tenant, document, rank, metadata, units) in changes)
        {
            var (t, d) = (SafeText.Escape(tenant), SafeText.Escape(document));
            Run("DELETE FROM chunks WHERE tenant = $0 AND document = $1", transaction, t, d);
            Run("INSERT INTO documents VALUES($0, $1, $2, $3) ON CONFLICT DO UPDATE SET rank = excluded.rank, metadata = excluded.metadata", transaction, t, d, rank, WriteMetadata(metadata));
            var places = new List<(int, long)>();
            using var insert = Command("INSERT INTO chunks VALUES($0, $1, $2, $3, $4)");
            insert.Transaction = transaction;
            var values = Enumerable.Range(0, 5).Select(i => insert.Parameters.AddWithValue($"${i}", null)).ToArray();
            foreach (var (ordinal, unit) in units.Index())
                if (unit is not null)
                {
                    (values[0].Value, values[1].Value, values[2].Value, values[3].Value, values[4].Value) = (++id, t, d, ordinal, MemoryMarshal.AsBytes(unit.AsSpan()).ToArray());
                    insert.ExecuteNonQuery();
                    places.Add((ordinal, id));
                }

            written.Add(new FaissDocument(document, rank, metadata, [.. places]));
        }

        transaction.Commit();
        _lastId = id;
        return written;
    }

    public void Dispose() => _connection.Dispose();

    private static string WriteMetadata(IReadOnlyDictionary<string, MetadataValue> metadata) => JsonSerializer.Serialize(
        metadata.ToDictionary(field => SafeText.Escape(field.Key), field => TaggedValue.Of(field.Value), StringComparer.Ordinal), MetadataJson.Default.DictionaryStringString);

    private static Dictionary<string, MetadataValue> ReadMetadata(string json) => JsonSerializer.Deserialize(json, MetadataJson.Default.DictionaryStringString)!
        .ToDictionary(field => SafeText.Unescape(field.Key), field => TaggedValue.Read(field.Value), StringComparer.Ordinal);

    private SqliteCommand Command(string sql)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }

    private void Run(string sql, SqliteTransaction? transaction = null, params object[] values)
    {
        using var command = Command(sql);
        command.Transaction = transaction;
        for (var i = 0; i < values.Length; i++)
            command.Parameters.AddWithValue($"${i}", values[i]);
        command.ExecuteNonQuery();
    }
}

/// <summary>What a document is now.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Rank">The fence: the greatest rank seen.</param>
/// <param name="Metadata">For filters.</param>
/// <param name="Chunks">Each chunk's id in FAISS; none for a zero vector or a deletion.</param>
internal sealed record FaissDocument(string Id, long Rank, IReadOnlyDictionary<string, MetadataValue> Metadata, (int Ordinal, long Id)[] Chunks);
