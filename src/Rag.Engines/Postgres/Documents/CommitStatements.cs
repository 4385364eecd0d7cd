using Npgsql;
using Rag.Documents;

namespace Rag.Engines.Postgres.Documents;

/// <summary>A commit's gathered writes as a few statements on sets of rows, claims first: those are what others lock first as well.</summary>
internal static class CommitStatements
{
    /// <summary>Writes all of it, tells those who wait for work, and commits.</summary>
    public static NpgsqlBatch Of(DocumentTransaction work, NpgsqlConnection connection, string channel)
    {
        var batch = new NpgsqlBatch(connection);
        Claims(batch, work);
        Heads(batch, [.. work.Documents.Where(document => document.Changed)]);
        Versions(batch, work);
        Jobs(batch, [.. work.Documents.Where(document => document is { Appended: true, Waiting: not null })]);
        Settlements(batch, work);
        Prunes(batch, work);
        if (work.RemovedJobs.Count > 0 || work.Returned.Count > 0 || work.Versions.Count > 0)
            batch.Add("SELECT pg_notify($1, '')", channel);
        return batch.Add("COMMIT");
    }

    private static void Claims(NpgsqlBatch batch, DocumentTransaction work)
    {
        if (work.RemovedJobs.Count > 0)
            batch.Add("DELETE FROM holds WHERE job=ANY($1)", work.RemovedJobs.ToArray());
        var returned = work.Returned;
        if (returned.Count > 0)
            batch.Add("DELETE FROM holds h USING unnest($1, $2) r(job, attempts) WHERE h.job=r.job AND h.attempts=r.attempts",
                Column(returned, r => r.Next.JobId), Column(returned, r => r.HeldAttempts));
        if (work.RemovedJobs.Count > 0)
            batch.Add("DELETE FROM outbox WHERE job=ANY($1)", work.RemovedJobs.ToArray());
        if (returned.Count > 0)
            batch.Add(
                """
                UPDATE outbox o SET attempts=r.attempts, deferrals=r.deferrals, interruptions=0, due=clock_timestamp()+r.wait, reason=r.reason
                FROM unnest($1, $2, $3, $4, $5) r(job, attempts, deferrals, wait, reason) WHERE o.job=r.job
                """,
                Column(returned, r => r.Next.JobId), Column(returned, r => r.Next.Attempts), Column(returned, r => r.Next.Deferrals), Column(returned, r => r.Wait),
                Column(returned, r => DocumentRows.Write(r.Reason)));
    }

    private static void Heads(NpgsqlBatch batch, List<OpenDocument> changed)
    {
        if (changed.Count == 0)
            return;
        batch.Add(
            """
            INSERT INTO documents(key, tenant, id, version, deleted, failed, searchable, created) SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT(key) DO UPDATE SET
              version=excluded.version, deleted=excluded.deleted, failed=excluded.failed, searchable=excluded.searchable, created=excluded.created
            """,
            Column(changed, d => d.Head!.Key), Column(changed, d => PostgresText.Write(d.Name.Tenant)), Column(changed, d => PostgresText.Write(d.Name.DocumentId)),
            Column(changed, d => d.Head!.Version), Column(changed, d => d.Head!.Deleted), Column(changed, d => d.Head!.Failed),
            Column(changed, d => d.Head!.SearchableVersion), Column(changed, d => d.Head!.CreatedAt.ToUniversalTime()));
        var documents = changed.Sum(d => Lives(d.Head) - Lives(d.Found));
        var failed = changed.Sum(d => (d.Head!.Failed ? 1L : 0) - (d.Found is { Failed: true } ? 1 : 0));
        if (documents != 0 || failed != 0)
            batch.Add("UPDATE totals SET documents=documents+$1, failed=failed+$2", documents, failed);
    }

    private static void Versions(NpgsqlBatch batch, DocumentTransaction work)
    {
        var rows = work.Versions;
        if (rows.Count == 0)
            return;
        batch.Add(
            """
            INSERT INTO versions(job, document, version, kind, state, title, content_type, file_name, bytes, metadata, uploaded_by, queued, attempts, chunks)
            SELECT *, 0, 0 FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            """,
            Column(rows, r => r.Job), Column(rows, r => r.Document), Column(rows, r => r.Version.Version), Column(rows, r => (short)r.Version.Kind),
            Column(rows, r => (short)r.Version.State), Column(rows, r => PostgresText.Write(r.Version.Title)), Column(rows, r => PostgresText.Write(r.Version.ContentType)),
            Column(rows, r => DocumentRows.Write(r.Version.FileName)), Column(rows, r => r.Version.Bytes), Column(rows, r => r.Version.Metadata.ToArray()),
            Column(rows, r => PostgresText.Write(r.Version.UploadedBy)), Column(rows, r => r.Version.QueuedAt.ToUniversalTime()));
        var contents = rows.Where(r => r.Content is not null).ToList();
        if (contents.Count > 0)
            batch.Add("INSERT INTO contents(job, content) SELECT * FROM unnest($1, $2)", Column(contents, r => r.Job), Column(contents, r => r.Content!));
    }

    private static void Jobs(NpgsqlBatch batch, List<OpenDocument> appended)
    {
        if (appended.Count == 0)
            return;
        // A newer version takes the place of one that waits for a worker; not of one that rests after a try.
        batch.Add(
            """
            INSERT INTO outbox AS o (document, job, kind, version, bytes, queued, traceparent, due) SELECT *, clock_timestamp() FROM unnest($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT(document) DO UPDATE SET
              job=excluded.job, kind=excluded.kind, version=excluded.version, bytes=excluded.bytes, queued=excluded.queued, traceparent=excluded.traceparent,
              attempts=0, deferrals=0, interruptions=0, reason=NULL,
              due=CASE WHEN o.due<=clock_timestamp() AND NOT EXISTS(SELECT FROM holds h WHERE h.document=o.document) THEN o.due ELSE excluded.due END
            """,
            Column(appended, d => d.Head!.Key), Column(appended, d => d.Waiting!.JobId), Column(appended, d => (short)d.Waiting!.Kind),
            Column(appended, d => d.Waiting!.Version), Column(appended, d => d.Waiting!.Bytes), Column(appended, d => d.Waiting!.QueuedAt.ToUniversalTime()),
            Column(appended, d => DocumentRows.Write(d.Waiting!.TraceParent)));
    }

    private static void Settlements(NpgsqlBatch batch, DocumentTransaction work)
    {
        if (work.Settled.Count == 0)
            return;
        // The last word on a version counts.
        var settled = work.Settled.GroupBy(s => (s.Document, s.Settlement.Version)).Select(same => same.Last()).ToList();
        batch.Add(
            """
            UPDATE versions v SET state=s.state, started=s.started, ended=s.ended, attempts=s.attempts, chunks=s.chunks, reason=s.reason, title=coalesce(s.title, v.title)
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) s(document, version, state, started, ended, attempts, chunks, reason, title)
            WHERE v.document=s.document AND v.version=s.version
            """,
            Column(settled, s => s.Document), Column(settled, s => s.Settlement.Version), Column(settled, s => (short)s.Settlement.State),
            Column(settled, s => s.Settlement.StartedAt?.ToUniversalTime()), Column(settled, s => s.Settlement.EndedAt.ToUniversalTime()),
            Column(settled, s => s.Settlement.Attempts), Column(settled, s => s.Settlement.Chunks), Column(settled, s => DocumentRows.Write(s.Settlement.Reason)),
            Column(settled, s => DocumentRows.Write(s.Settlement.Title)));
        var texts = settled.Where(s => s.Settlement.Text is not null).ToList();
        if (texts.Count > 0)
            batch.Add(
                """
                INSERT INTO contents(job, body)
                SELECT v.job, t.body FROM unnest($1, $2, $3) t(document, version, body) JOIN versions v ON v.document=t.document AND v.version=t.version
                ON CONFLICT(job) DO UPDATE SET body=excluded.body
                """,
                Column(texts, s => s.Document), Column(texts, s => s.Settlement.Version), Column(texts, s => PostgresText.Write(s.Settlement.Text!)));
    }

    private static void Prunes(NpgsqlBatch batch, DocumentTransaction work)
    {
        var pruned = work.Pruned;
        if (pruned.Count == 0)
            return;
        batch.Add(
            """
            DELETE FROM contents c USING unnest($1, $2, $3) p(document, below, keep) JOIN versions v ON v.document=p.document AND v.version<p.below AND v.version<>p.keep
            WHERE c.job=v.job
            """,
            Column(pruned, p => p.Document), Column(pruned, p => p.ContentsBelow), Column(pruned, p => p.Keep));
        batch.Add(
            "DELETE FROM versions v USING unnest($1, $2, $3) p(document, below, keep) WHERE v.document=p.document AND v.version<p.below AND v.version<>p.keep",
            Column(pruned, p => p.Document), Column(pruned, p => p.RowsBelow), Column(pruned, p => p.Keep));
    }

    private static long Lives(DocumentHead? head) => head is { Deleted: false } ? 1 : 0;

    private static TValue[] Column<TRow, TValue>(List<TRow> rows, Func<TRow, TValue> value)
    {
        var column = new TValue[rows.Count];
        for (var i = 0; i < column.Length; i++)
            column[i] = value(rows[i]);
        return column;
    }
}
