using Npgsql;

namespace Rag.Engines.Postgres.Documents;

/// <summary>The outbox in figures, over all processes; versions up to <see cref="LastJob"/> are counted in.</summary>
internal sealed record BoardSummary(long Depth, TimeSpan OldestAge, TimeSpan Lag, TimeSpan Unclaimed, long Documents, long Failed, long LastJob)
{
    private const string Question =
        """
        SELECT o.depth + h.depth, now()-least(o.oldest, h.oldest), now()-o.lag, CASE WHEN o.ready IS NOT NULL THEN now()-greatest(o.ready, w.seen) END, t.documents, t.failed, coalesce((SELECT max(job) FROM versions), 0)
        FROM (
            SELECT count(*) AS depth, min(o.queued) AS oldest, min(o.queued) FILTER (WHERE h.job IS NULL AND o.interruptions<$1) AS lag,
              min(o.due) FILTER (WHERE h.job IS NULL AND o.due<=now()) AS ready
            FROM outbox o LEFT JOIN holds h ON h.document=o.document AND h.ends>now()) o,
          (SELECT count(*) AS depth, min(h.queued) AS oldest FROM holds h WHERE h.ends>now() AND NOT EXISTS(SELECT FROM outbox o WHERE o.job=h.job)) h,
          totals t, (SELECT CASE WHEN seen='-infinity' THEN NULL ELSE seen END AS seen FROM workers) w
        """;

    public static BoardSummary Empty { get; } = new(0, default, default, default, 0, 0, 0);

    public static async ValueTask<BoardSummary> ReadAsync(NpgsqlConnection connection, CancellationToken stop)
    {
        // A queue's tables are counted when they are empty as well: planned for that, it would compare each row of the one with each of the other.
        await using var batch = new NpgsqlBatch(connection).Add(PostgresStatements.ByIndex).Add(Question, Rag.Documents.JobTicket.SuspectInterruptions);
        await using var row = await batch.ExecuteReaderAsync(stop).ConfigureAwait(false);
        await row.NextResultAsync(stop).ConfigureAwait(false);
        await row.ReadAsync(stop).ConfigureAwait(false);
        var ready = !row.IsDBNull(3);
        return new BoardSummary(row.GetInt64(0), Age(row, 1), Age(row, 2), ready ? Age(row, 3) : default, row.GetInt64(4), row.GetInt64(5), row.GetInt64(6));
    }

    // The server's clock may be a little behind that of whoever wrote the time.
    private static TimeSpan Age(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) || row.GetTimeSpan(column) is var age && age < TimeSpan.Zero ? TimeSpan.Zero : row.GetTimeSpan(column);
}
