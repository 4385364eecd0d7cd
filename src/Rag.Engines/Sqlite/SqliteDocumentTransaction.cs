using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using Rag.Documents;

namespace Rag.Engines.Sqlite;

/// <summary>The writer's statements. One instance lives as long as its connection; the store begins and commits around its use.</summary>
internal sealed class SqliteDocumentTransaction(SqliteConnection connection) : IDocumentTransaction, IDisposable
{
    private readonly SqliteStatement _find = new(connection,
        "SELECT key, version, deleted, failed, searchable, created FROM documents WHERE tenant=$0 AND id=$1");

    private readonly SqliteStatement _addDocument = new(connection,
        "INSERT INTO documents(tenant, id, version, deleted, failed, searchable, created) VALUES($0, $1, $2, $3, 0, 0, $4) RETURNING key");

    private readonly SqliteStatement _moveDocument = new(connection,
        "UPDATE documents SET version=$1, deleted=$2, failed=0, searchable=$3, created=$4 WHERE key=$0");

    private readonly SqliteStatement _addVersion = new(connection,
        """
        INSERT INTO versions(job, document, version, kind, state, title, content_type, file_name, bytes, metadata, uploaded_by, queued, attempts, chunks)
        VALUES($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0)
        """);

    private readonly SqliteStatement _addContent = new(connection, "INSERT INTO contents(job, content) VALUES($0, $1)");
    private readonly SqliteStatement _addText = new(connection, "INSERT OR REPLACE INTO texts(job, text) SELECT job, $2 FROM versions WHERE document=$0 AND version=$1");
    private readonly SqliteStatement _dropJobOf = new(connection, "DELETE FROM outbox WHERE document=$0");
    private readonly SqliteStatement _addJob = new(connection, "INSERT INTO outbox(job, document, attempts, interruptions, traceparent) VALUES($0, $1, 0, 0, $2)");
    private readonly SqliteStatement _dropJob = new(connection, "DELETE FROM outbox WHERE job=$0");
    private readonly SqliteStatement _countJob = new(connection, "UPDATE outbox SET attempts=$1, interruptions=0 WHERE job=$0");

    private readonly SqliteStatement _settleVersion = new(connection,
        "UPDATE versions SET state=$2, started=$3, ended=$4, attempts=$5, chunks=$6, reason=$7, title=coalesce($8, title) WHERE document=$0 AND version=$1");

    private readonly SqliteStatement _settleDocument = new(connection, "UPDATE documents SET failed=$1, searchable=$2 WHERE key=$0");

    private readonly SqliteStatement _pruneContents = new(connection,
        "DELETE FROM contents WHERE job IN (SELECT job FROM versions WHERE document=$0 AND version<$1 AND version<>$2)");

    private readonly SqliteStatement _pruneTexts = new(connection,
        "DELETE FROM texts WHERE job IN (SELECT job FROM versions WHERE document=$0 AND version<$1 AND version<>$2)");

    private readonly SqliteStatement _pruneVersions = new(connection, "DELETE FROM versions WHERE document=$0 AND version<$1 AND version<>$2");

    // The row with the greatest number is some document's newest version, which is never pruned: numbers don't come twice.
    private long _lastJob = SqliteSchema.Scalar(connection, "SELECT max(job) FROM versions");

    public DocumentHead? Find(string tenant, string documentId)
    {
        using var row = _find.Read(tenant, documentId);
        return row.Read()
            ? new DocumentHead(row.GetInt64(0), row.GetInt32(1), row.GetBoolean(2), row.GetBoolean(3), row.GetInt32(4), SqliteRows.Time(row.GetInt64(5)))
            : null;
    }

    public (long JobId, long DocumentKey) Append(DocumentHead? head, StoredVersion version, ReadOnlyMemory<byte> content)
    {
        var deletes = version.Kind == Ingestion.IngestionKind.Delete;
        var created = version.CreatedAt.ToUnixTimeMilliseconds();
        long key;
        if (head is null)
        {
            using var row = _addDocument.Read(version.Tenant, version.DocumentId, version.Version, deletes, created);
            row.Read();
            key = row.GetInt64(0);
        }
        else
        {
            key = head.Key;
            _moveDocument.Run(key, version.Version, deletes, deletes ? 0 : head.SearchableVersion, created);
            _dropJobOf.Run(key);
        }

        var job = ++_lastJob;
        _addVersion.Run(
            job, key, version.Version, (int)version.Kind, (int)version.State, version.Title, version.ContentType, version.FileName, version.Bytes,
            version.Metadata.IsEmpty ? null : Bytes(version.Metadata), version.UploadedBy, version.QueuedAt.ToUnixTimeMilliseconds());
        if (!content.IsEmpty)
            _addContent.Run(job, Bytes(content));
        _addJob.Run(job, key, version.TraceParent);
        return (job, key);
    }

    public bool RemoveJob(long jobId) => _dropJob.Run(jobId) > 0;

    public void CountJob(JobTicket next, TimeSpan wait, string? reason) => _countJob.Run(next.JobId, next.Attempts);

    public void Settle(DocumentHead head, Settlement settlement)
    {
        var s = settlement;
        _settleVersion.Run(
            head.Key, s.Version, (int)s.State, SqliteRows.Time(s.StartedAt), SqliteRows.Time(s.EndedAt), s.Attempts, s.Chunks, s.Reason, s.Title);
        var searchable = s.State == DocumentState.Searchable ? s.Version : head.SearchableVersion;
        var failed = s.Version == head.Version ? s.State == DocumentState.Failed : head.Failed;
        _settleDocument.Run(head.Key, failed, searchable);
        if (s.Text is not null)
            _addText.Run(head.Key, s.Version, s.Text);
    }

    public void Prune(long documentKey, int contentsBelow, int rowsBelow, int keepVersion)
    {
        _pruneContents.Run(documentKey, contentsBelow, keepVersion);
        _pruneTexts.Run(documentKey, contentsBelow, keepVersion);
        if (rowsBelow > 1)
            _pruneVersions.Run(documentKey, Math.Min(rowsBelow, contentsBelow), keepVersion);
    }

    public void Dispose()
    {
        foreach (var statement in new[]
        {
            _find, _addDocument, _moveDocument, _addVersion, _addContent, _addText, _dropJobOf, _addJob, _dropJob, _countJob, _settleVersion,
            _settleDocument, _pruneContents, _pruneTexts, _pruneVersions,
        })
            statement.Dispose();
    }

    /// <summary>The array behind the memory where it is all of it, else a copy: the provider binds arrays only.</summary>
    private static byte[] Bytes(ReadOnlyMemory<byte> memory) =>
        MemoryMarshal.TryGetArray(memory, out var part) && part.Offset == 0 && part.Count == part.Array!.Length ? part.Array : memory.ToArray();
}
