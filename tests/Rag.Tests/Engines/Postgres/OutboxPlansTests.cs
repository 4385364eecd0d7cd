using Npgsql;
using Rag.Engines.Postgres.Documents;
using Rag.Tests.Conformance;
using Xunit;

namespace Rag.Tests.Engines.Postgres;

/// <summary>
/// A queue's tables are empty most of the time, and that is when the server counts them. Plans made for that compared each waiting row with each held one: a question
/// asked every second took 20 s under load, until no connection was left.
/// </summary>
public sealed class OutboxPlansTests(EngineServers servers)
{
    private const int Rows = 30_000;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_asked_every_second_keeps_within_its_time_though_the_server_thinks_that_the_queue_is_empty()
    {
        await using var schema = await PostgresSchema.MakeAsync(servers);
        await DocumentTables.Migrations.ApplyAsync(schema.Source, Ct);
        await schema.Source.RunAsync(FillAsync, Ct, within: TimeSpan.FromMinutes(1));
        var summary = await schema.Source.RunAsync(BoardSummary.ReadAsync, Ct); // postgres:timeout_seconds: 5 s
        Assert.Equal(2 * Rows, summary.Depth);
        var tickets = await schema.Source.RunAsync((connection, stop) => AnnounceStatements.RunAsync(connection, 10, Rows, TimeSpan.FromMinutes(1), stop), Ct);
        Assert.Equal(10, tickets.Count);
    }

    private static async ValueTask<bool> FillAsync(NpgsqlConnection connection, CancellationToken stop)
    {
        foreach (var sql in (string[])
        [
            "ALTER TABLE outbox SET (autovacuum_enabled=false)", "ALTER TABLE holds SET (autovacuum_enabled=false)",
            "VACUUM ANALYZE outbox", "VACUUM ANALYZE holds",
            $"""
            INSERT INTO documents(key, tenant, id, version, deleted, failed, searchable, created)
            SELECT i, 't', 'd' || i, 1, false, false, 0, now() FROM generate_series(1, {2 * Rows}) i
            """,
            $"INSERT INTO outbox(document, job, kind, version, bytes, queued) SELECT i, i, 0, 1, 1, now() FROM generate_series(1, {Rows}) i",
            $"""
            INSERT INTO holds(document, job, kind, version, bytes, queued, attempts, deferrals, interruptions, holder, incarnation, claim, started, ends)
            SELECT i, i, 0, 1, 1, now(), 0, 0, 0, 'w', 'i', gen_random_uuid(), now(), now()+interval '1 hour' FROM generate_series({Rows + 1}, {2 * Rows}) i
            """,
        ])
        {
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync(stop);
        }

        return true;
    }
}
