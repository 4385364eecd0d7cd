using Npgsql;
using Rag.Documents;

namespace Rag.Engines.Postgres.Documents;

/// <summary>What is to be told of now, and that it was, in one transaction; rows that another process is at are passed over.</summary>
internal static class AnnounceStatements
{
    private const string Ready = "o.due<=now() AND NOT EXISTS(SELECT FROM holds h WHERE h.document=o.document AND h.ends>now())";

    private const string Announce =
        $"""
        WITH forgotten AS (
            SELECT o.document FROM outbox o WHERE {Ready} AND o.announced>=o.due AND o.announced+$3<=now() ORDER BY o.announced LIMIT $1 FOR UPDATE OF o SKIP LOCKED),
          fresh AS (
            SELECT o.document FROM outbox o WHERE {Ready} AND (o.announced IS NULL OR o.announced<o.due)
            ORDER BY o.due, o.job
            LIMIT greatest(0, least($1-(SELECT count(*) FROM forgotten), $2-(SELECT count(*) FROM outbox o WHERE {Ready} AND o.announced>=o.due)))
            FOR UPDATE OF o SKIP LOCKED),
          told AS (
            UPDATE outbox o SET announced=clock_timestamp() FROM (SELECT * FROM forgotten UNION ALL SELECT * FROM fresh) t WHERE o.document=t.document
            RETURNING o.document, o.job, o.kind, o.version, o.bytes, o.queued, o.attempts, o.deferrals, o.interruptions, o.due, o.traceparent)
        SELECT d.tenant, d.id, t.job, t.kind, t.version, t.bytes, t.queued, t.attempts, t.deferrals, t.interruptions, t.due, t.traceparent
        FROM told t JOIN documents d ON d.key=t.document ORDER BY t.due, t.job
        """;

    /// <param name="connection">Where.</param>
    /// <param name="max">The most jobs now.</param>
    /// <param name="most">The most that may be told of and not taken, before new ones are told of.</param>
    /// <param name="again">After how long one that nobody came for is told of again.</param>
    /// <param name="stop">Ends it.</param>
    public static async ValueTask<List<JobTicket>> RunAsync(NpgsqlConnection connection, int max, int most, TimeSpan again, CancellationToken stop)
    {
        await using var batch = new NpgsqlBatch(connection);
        // Those who come for work by name come only for what they heard of.
        batch.Add(PostgresStatements.ByIndex).Add(ClaimStatements.EndLeases).Add(Announce, (long)max, (long)most, again);
        var tickets = new List<JobTicket>();
        await using var row = await batch.ExecuteReaderAsync(stop).ConfigureAwait(false);
        await row.NextResultAsync(stop).ConfigureAwait(false);
        while (await row.ReadAsync(stop).ConfigureAwait(false))
            tickets.Add(ClaimStatements.Ticket(row));
        return tickets;
    }
}
