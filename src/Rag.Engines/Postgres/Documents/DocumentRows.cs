using Npgsql;
using Rag.Documents;
using Rag.Ingestion;

namespace Rag.Engines.Postgres.Documents;

/// <summary>Rows to records.</summary>
internal static class DocumentRows
{
    /// <summary>The columns that <see cref="Version"/> reads, of <see cref="VersionTables"/>.</summary>
    public const string VersionColumns =
        "v.job, d.tenant, d.id, v.version, v.kind, v.state, v.title, v.content_type, v.file_name, v.bytes, v.metadata, v.uploaded_by, d.created, v.queued, " +
        "coalesce(h.started, v.started), v.ended, CASE WHEN h.job IS NOT NULL THEN h.attempts+1 ELSE coalesce(o.attempts, v.attempts) END, v.chunks, " +
        "coalesce(v.reason, o.reason), h.job IS NOT NULL";

    /// <summary>How many columns those are.</summary>
    public const int VersionColumnCount = 20;

    /// <summary>Versions with their document, and the job and the claim that they may have.</summary>
    public const string VersionTables =
        "versions v JOIN documents d ON d.key=v.document LEFT JOIN outbox o ON o.job=v.job LEFT JOIN holds h ON h.job=v.job AND h.ends>now()";

    public static StoredVersion Version(NpgsqlDataReader row)
    {
        var state = (DocumentState)row.GetInt16(5);
        if (state == DocumentState.Queued && row.GetBoolean(19))
            state = DocumentState.Processing;
        var ended = TimeOrNull(row, 15);
        return new StoredVersion
        {
            JobId = row.GetInt64(0),
            Tenant = PostgresText.Read(row.GetString(1)),
            DocumentId = PostgresText.Read(row.GetString(2)),
            Version = row.GetInt32(3),
            Kind = (IngestionKind)row.GetInt16(4),
            State = state,
            Title = PostgresText.Read(row.GetString(6)),
            ContentType = PostgresText.Read(row.GetString(7)),
            FileName = TextOrNull(row, 8),
            Bytes = row.GetInt64(9),
            Metadata = row.GetFieldValue<byte[]>(10),
            UploadedBy = PostgresText.Read(row.GetString(11)),
            CreatedAt = Time(row, 12),
            QueuedAt = Time(row, 13),
            StartedAt = TimeOrNull(row, 14),
            SearchableAt = state == DocumentState.Searchable ? ended : null,
            FailedAt = state == DocumentState.Failed ? ended : null,
            Attempts = row.GetInt32(16),
            Chunks = row.GetInt32(17),
            Reason = TextOrNull(row, 18),
        };
    }

    public static DateTimeOffset Time(NpgsqlDataReader row, int column) => row.GetFieldValue<DateTimeOffset>(column);

    public static DateTimeOffset? TimeOrNull(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : Time(row, column);

    public static string? TextOrNull(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : PostgresText.Read(row.GetString(column));

    public static string? Write(string? text) => text is null ? null : PostgresText.Write(text);
}
