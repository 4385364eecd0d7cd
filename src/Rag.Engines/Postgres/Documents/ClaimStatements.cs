using Npgsql;
using Rag.Documents;
using Rag.Ingestion;

namespace Rag.Engines.Postgres.Documents;

/// <summary>What one claim asks.</summary>
internal sealed record ClaimQuestion(Guid Claim, JobHolder Holder, int Max, long MaxBytes, TimeSpan Lease)
{
    /// <summary>Whether an earlier run of the worker may have left something.</summary>
    public bool TakeOver { get; init; }

    /// <summary>Jobs that came back without a result, and how long they are to rest.</summary>
    public IReadOnlyList<(long Job, int Attempts, TimeSpan Pause)> GivenBack { get; init; } = [];

    /// <summary>Documents whose work is asked for; null for any.</summary>
    public IReadOnlyList<DocumentKey>? Only { get; init; }

    /// <summary>Claims whose answer nobody got.</summary>
    public IReadOnlyList<Guid> Lost { get; init; } = [];
}

/// <summary>
/// A claim as one round trip and one transaction. Rows that another claim or a commit is at are passed over (<c>SKIP LOCKED</c>), so claims neither wait for each
/// other nor take the same; the primary key of <c>holds</c> refuses a second job of one document, whatever each of two saw.
/// </summary>
internal static class ClaimStatements
{
    private const string GiveBack =
        """
        WITH given AS (DELETE FROM holds h USING unnest($1, $2, $3) r(job, attempts, rest) WHERE h.job=r.job AND h.attempts=r.attempts RETURNING h.job, r.rest)
        UPDATE outbox o SET due=clock_timestamp()+given.rest FROM given WHERE o.job=given.job
        """;

    private const string TakeOver =
        """
        WITH dead AS (SELECT document FROM holds WHERE holder=$1 AND incarnation<>$2 ORDER BY document FOR UPDATE SKIP LOCKED),
          gone AS (DELETE FROM holds h USING dead WHERE h.document=dead.document RETURNING h.job)
        UPDATE outbox o SET interruptions=o.interruptions+1, announced=NULL FROM gone WHERE o.job=gone.job
        """;

    /// <summary>Ends the leases of those who are gone.</summary>
    internal const string EndLeases =
        """
        WITH over AS (SELECT document FROM holds WHERE ends<=now() ORDER BY document FOR UPDATE SKIP LOCKED),
          gone AS (DELETE FROM holds h USING over WHERE h.document=over.document RETURNING h.job)
        UPDATE outbox o SET attempts=o.attempts+1, announced=NULL FROM gone WHERE o.job=gone.job
        """;

    private const string NextDue = "SELECT least((SELECT min(due) FROM outbox WHERE due>now()), (SELECT min(ends) FROM holds)) - now()";

    private const string ByName = "AND o.document IN (SELECT d.key FROM documents d JOIN unnest($8, $9) n(tenant, id) ON d.tenant=n.tenant AND d.id=n.id)";

    // Due, and nobody's: after a claim that brought nothing, a row that it passed over because another was at it.
    private const string PassedOver =
        """
        SELECT EXISTS(
            SELECT FROM outbox o JOIN documents d ON d.key=o.document JOIN unnest($1, $2) n(tenant, id) ON d.tenant=n.tenant AND d.id=n.id
            WHERE o.due<=now() AND NOT EXISTS(SELECT FROM holds h WHERE h.document=o.document))
        """;

    private static readonly string Take = Taking("o.interruptions<$5", "");
    private static readonly string TakeByName = Taking("o.interruptions<$5", ByName);

    // Alone: only where the claim brought nothing else.
    private const string NothingElse = "AND NOT EXISTS(SELECT FROM holds mine WHERE mine.holder=$2 AND mine.claim=$4)";

    private static readonly string TakeSuspect = Taking("o.interruptions>=$5", NothingElse);
    private static readonly string TakeSuspectByName = Taking("o.interruptions>=$5", $"{NothingElse} {ByName}");

    /// <summary>
    /// Claims. Also says how long it is until something that can't be claimed now may be (null for nothing), and of a claim by name whether something of it could
    /// still be claimed: a row that another is at right now, where nothing was taken.
    /// </summary>
    public static async ValueTask<(List<JobTicket> Taken, TimeSpan? Next, bool Left)> RunAsync(NpgsqlConnection connection, ClaimQuestion question, CancellationToken stop)
    {
        var q = question;
        var holder = PostgresText.Write(q.Holder.Worker);
        var incarnation = PostgresText.Write(q.Holder.Incarnation);
        await using var batch = new NpgsqlBatch(connection).Add(PostgresStatements.ByIndex);
        AddEnded(batch, q);
        if (q.TakeOver)
            batch.Add(TakeOver, holder, incarnation);
        batch.Add(EndLeases);
        var byName = q.Only is { Count: > 0 };
        if (q.Only is { } only)
        {
            var (tenants, ids) = (only.Select(key => PostgresText.Write(key.Tenant)).ToArray(), only.Select(key => PostgresText.Write(key.DocumentId)).ToArray());
            batch.Add(TakeByName, (long)q.Max, holder, incarnation, q.Claim, JobTicket.SuspectInterruptions, q.Lease, q.MaxBytes, tenants, ids)
                .Add(TakeSuspectByName, 1L, holder, incarnation, q.Claim, JobTicket.SuspectInterruptions, q.Lease, q.MaxBytes, tenants, ids);
            if (byName)
                batch.Add(PassedOver, tenants, ids);
        }
        else
            batch.Add(Take, (long)q.Max, holder, incarnation, q.Claim, JobTicket.SuspectInterruptions, q.Lease, q.MaxBytes)
                .Add(TakeSuspect, 1L, holder, incarnation, q.Claim, JobTicket.SuspectInterruptions, q.Lease, q.MaxBytes);
        batch.Add(NextDue);
        var taken = new List<JobTicket>();
        await using var row = await batch.ExecuteReaderAsync(stop).ConfigureAwait(false);
        await row.NextResultAsync(stop).ConfigureAwait(false);
        for (var kind = 0; kind < 2; kind++)
        {
            while (await row.ReadAsync(stop).ConfigureAwait(false))
                taken.Add(Ticket(row));
            await row.NextResultAsync(stop).ConfigureAwait(false);
        }

        var left = false;
        if (byName)
        {
            await row.ReadAsync(stop).ConfigureAwait(false);
            left = row.GetBoolean(0);
            await row.NextResultAsync(stop).ConfigureAwait(false);
        }

        await row.ReadAsync(stop).ConfigureAwait(false);
        return (taken, row.IsDBNull(0) ? null : row.GetTimeSpan(0), left);
    }

    /// <summary>Ends claims without asking for another.</summary>
    public static async ValueTask<bool> EndAsync(NpgsqlConnection connection, ClaimQuestion question, CancellationToken stop)
    {
        await using var batch = new NpgsqlBatch(connection);
        AddEnded(batch, question);
        await batch.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
        return true;
    }

    private static void AddEnded(NpgsqlBatch batch, ClaimQuestion q)
    {
        if (q.Lost.Count > 0)
            batch.Add("DELETE FROM holds WHERE claim=ANY($1)", q.Lost.ToArray());
        if (q.GivenBack.Count > 0)
            batch.Add(GiveBack, q.GivenBack.Select(g => g.Job).ToArray(), q.GivenBack.Select(g => g.Attempts).ToArray(), q.GivenBack.Select(g => g.Pause).ToArray());
    }

    private static string Taking(string which, string unless) =>
        $"""
        WITH candidates AS (
            SELECT o.* FROM outbox o WHERE o.due<=now() AND {which} AND NOT EXISTS(SELECT FROM holds h WHERE h.document=o.document) {unless}
            ORDER BY o.due, o.job LIMIT $1 FOR UPDATE OF o SKIP LOCKED),
          fitting AS (SELECT *, sum(bytes) OVER (ORDER BY due, job) AS total, row_number() OVER (ORDER BY due, job) AS place FROM candidates),
          taken AS (
            INSERT INTO holds(document, job, kind, version, bytes, queued, attempts, deferrals, interruptions, holder, incarnation, claim, started, ends)
            SELECT document, job, kind, version, bytes, queued, attempts, deferrals, interruptions, $2, $3, $4, date_trunc('milliseconds', clock_timestamp()), clock_timestamp()+$6
            FROM fitting WHERE total<=$7 OR place=1
            ON CONFLICT DO NOTHING RETURNING *)
        SELECT d.tenant, d.id, t.job, t.kind, t.version, t.bytes, t.queued, t.attempts, t.deferrals, t.interruptions, t.started, f.traceparent
        FROM taken t JOIN fitting f ON f.job=t.job JOIN documents d ON d.key=t.document ORDER BY f.place
        """;

    /// <summary>A row that is a job.</summary>
    internal static JobTicket Ticket(NpgsqlDataReader row) => new(
        new DocumentKey(PostgresText.Read(row.GetString(0)), PostgresText.Read(row.GetString(1))), row.GetInt64(2), (IngestionKind)row.GetInt16(3), row.GetInt32(4), row.GetInt64(5),
        DocumentRows.Time(row, 6))
    {
        Attempts = row.GetInt32(7),
        Deferrals = row.GetInt32(8),
        Interruptions = row.GetInt32(9),
        StartedAt = DocumentRows.Time(row, 10),
        TraceParent = row.IsDBNull(11) ? null : PostgresText.Read(row.GetString(11)),
    };
}
