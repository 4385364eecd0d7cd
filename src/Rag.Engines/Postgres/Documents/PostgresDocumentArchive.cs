using System.Data;
using System.Runtime.CompilerServices;
using Npgsql;
using Rag.Documents;

namespace Rag.Engines.Postgres.Documents;

/// <summary>All documents of a database, read in one transaction that sees one state, beside the processes that write.</summary>
internal sealed class PostgresDocumentArchive(PostgresSource source) : IDocumentArchive
{
    private const int Together = 64;

    // A cursor: the database may be larger than memory, and one statement's time-out is not made for it.
    private const string Documents =
        $"""
        DECLARE archive NO SCROLL CURSOR FOR
        SELECT {DocumentRows.VersionColumns}, c.content, d.key, d.version, d.deleted, d.failed, d.searchable
        FROM documents d
        JOIN versions v ON v.document=d.key AND v.version = CASE WHEN d.failed AND d.searchable>0 THEN d.searchable ELSE d.version END
        LEFT JOIN outbox o ON o.job=v.job LEFT JOIN holds h ON h.job=v.job AND h.ends>now() LEFT JOIN contents c ON c.job=v.job
        ORDER BY d.key
        """;

    private readonly PostgresTables _tables = new(source, DocumentTables.Migrations);

    public async IAsyncEnumerable<ArchivedDocument> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await _tables.EnsureAsync(cancellationToken).ConfigureAwait(false);
        await using var connection = await source.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
        await using (var declare = new NpgsqlCommand(Documents, connection, transaction))
            await declare.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var read = 0;
            await using var fetch = new NpgsqlCommand($"FETCH {Together} FROM archive", connection, transaction);
            await using var row = await fetch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                read++;
                yield return Document(row);
            }

            if (read < Together)
                yield break;
        }
    }

    private static ArchivedDocument Document(NpgsqlDataReader row)
    {
        const int content = DocumentRows.VersionColumnCount, head = content + 1;
        var version = DocumentRows.Version(row);
        return new ArchivedDocument(
            new DocumentHead(row.GetInt64(head), row.GetInt32(head + 1), row.GetBoolean(head + 2), row.GetBoolean(head + 3), row.GetInt32(head + 4), version.CreatedAt),
            version, row.IsDBNull(content) ? default(ReadOnlyMemory<byte>) : row.GetFieldValue<byte[]>(content));
    }
}
