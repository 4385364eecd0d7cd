using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Rag.Documents;

namespace Rag.Engines.Sqlite;

/// <summary>All documents of a file, read in one transaction beside the process that writes them.</summary>
internal sealed class SqliteDocumentArchive(string folder) : IDocumentArchive
{
    private const string Documents =
        $"""
        SELECT {SqliteRows.VersionColumns}, c.content, d.key, d.version, d.deleted, d.failed, d.searchable
        FROM documents d
        JOIN versions v ON v.document=d.key AND v.version = CASE WHEN d.failed=1 AND d.searchable>0 THEN d.searchable ELSE d.version END
        LEFT JOIN contents c ON c.job=v.job
        ORDER BY d.key
        """;

    public async IAsyncEnumerable<ArchivedDocument> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, "documents.db");
        if (!File.Exists(path))
            yield break;
        await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 5 }.ToString());
        connection.Open();
        SqliteSchema.PrepareReader(connection);
        using var statement = new SqliteStatement(connection, Documents);
        using var row = statement.Read();
        while (row.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var version = SqliteRows.Version(row);
            const int content = SqliteRows.VersionColumnCount, head = content + 1;
            yield return new ArchivedDocument(
                new DocumentHead(row.GetInt64(head), row.GetInt32(head + 1), row.GetBoolean(head + 2), row.GetBoolean(head + 3), row.GetInt32(head + 4), version.CreatedAt),
                version, row.IsDBNull(content) ? default(ReadOnlyMemory<byte>) : row.GetFieldValue<byte[]>(content));
        }
    }
}
