using Microsoft.Data.Sqlite;
using Rag.Documents;

namespace Rag.Engines.Sqlite;

/// <summary>A read connection with its statements; for one caller at a time.</summary>
internal sealed class SqliteDocumentReader : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteStatement _find;
    private readonly SqliteStatement _list;
    private readonly SqliteStatement _content;
    private readonly SqliteStatement _text;

    public SqliteDocumentReader(string connectionString)
    {
        _connection = new SqliteConnection(connectionString);
        _connection.Open();
        SqliteSchema.PrepareReader(_connection);
        const string newest = $"SELECT {SqliteRows.VersionColumns} FROM documents d JOIN versions v ON v.document=d.key AND v.version=d.version";
        _find = new(_connection, $"{newest} WHERE d.tenant=$0 AND d.id=$1 AND d.deleted=0");
        _list = new(_connection, $"{newest} WHERE d.tenant=$0 AND d.id>$1 AND d.deleted=0 ORDER BY d.id LIMIT $2");
        _content = new(_connection,
            $"SELECT {SqliteRows.VersionColumns}, c.content FROM versions v JOIN documents d ON d.key=v.document LEFT JOIN contents c ON c.job=v.job WHERE v.job=$0");
        _text = new(_connection, "SELECT text FROM texts WHERE job=$0");
    }

    public StoredVersion? Find(string tenant, string documentId)
    {
        using var row = _find.Read(tenant, documentId);
        return row.Read() ? SqliteRows.Version(row) : null;
    }

    public List<StoredVersion> List(string tenant, string after, int limit)
    {
        var found = new List<StoredVersion>();
        using var row = _list.Read(tenant, after, limit);
        while (row.Read())
            found.Add(SqliteRows.Version(row));
        return found;
    }

    public StoredContent? Content(long jobId)
    {
        using var row = _content.Read(jobId);
        if (!row.Read())
            return null;
        var content = row.IsDBNull(SqliteRows.VersionColumnCount) ? default(ReadOnlyMemory<byte>) : row.GetFieldValue<byte[]>(SqliteRows.VersionColumnCount);
        return new StoredContent(SqliteRows.Version(row), content);
    }

    public string? Text(long jobId)
    {
        using var row = _text.Read(jobId);
        return row.Read() ? row.GetString(0) : null;
    }

    public void Dispose()
    {
        foreach (var statement in new[] { _find, _list, _content, _text })
            statement.Dispose();
        _connection.Dispose();
    }
}
