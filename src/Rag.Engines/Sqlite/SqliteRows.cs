using Microsoft.Data.Sqlite;
using Rag.Documents;
using Rag.Ingestion;

namespace Rag.Engines.Sqlite;

/// <summary>Rows to records.</summary>
internal static class SqliteRows
{
    /// <summary>The columns that <see cref="Version"/> reads, of <c>versions v</c> and <c>documents d</c>.</summary>
    public const string VersionColumns =
        "v.job, d.tenant, d.id, v.version, v.kind, v.state, v.title, v.content_type, v.file_name, v.bytes, v.metadata, v.uploaded_by, " +
        "d.created, v.queued, v.started, v.ended, v.attempts, v.chunks, v.reason";

    /// <summary>How many columns those are.</summary>
    public const int VersionColumnCount = 19;

    public static StoredVersion Version(SqliteDataReader row)
    {
        var state = (DocumentState)row.GetInt32(5);
        var ended = TimeOrNull(row, 15);
        return new StoredVersion
        {
            JobId = row.GetInt64(0),
            Tenant = row.GetString(1),
            DocumentId = row.GetString(2),
            Version = row.GetInt32(3),
            Kind = (IngestionKind)row.GetInt32(4),
            State = state,
            Title = row.GetString(6),
            ContentType = row.GetString(7),
            FileName = row.IsDBNull(8) ? null : row.GetString(8),
            Bytes = row.GetInt64(9),
            Metadata = row.IsDBNull(10) ? default(ReadOnlyMemory<byte>) : row.GetFieldValue<byte[]>(10),
            UploadedBy = row.GetString(11),
            CreatedAt = Time(row.GetInt64(12)),
            QueuedAt = Time(row.GetInt64(13)),
            StartedAt = TimeOrNull(row, 14),
            SearchableAt = state == DocumentState.Searchable ? ended : null,
            FailedAt = state == DocumentState.Failed ? ended : null,
            Attempts = row.GetInt32(16),
            Chunks = row.GetInt32(17),
            Reason = row.IsDBNull(18) ? null : row.GetString(18),
        };
    }

    public static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    public static object? Time(DateTimeOffset? time) => time?.ToUnixTimeMilliseconds();

    private static DateTimeOffset? TimeOrNull(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : Time(row.GetInt64(column));
}
