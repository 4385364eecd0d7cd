using System.Globalization;
using System.Text.Json;
using Npgsql;
using Rag.Errors;
using Rag.Seams;
using Rag.Vectors;
using Rag.Vectors.Moves;

namespace Rag.Engines.Postgres.Vectors;

/// <summary>Indexes in PostgreSQL, each in tables of its own, and the plan in the table <c>vector_plan</c>. Several processes may work on them.</summary>
internal sealed class PostgresIndexes(PostgresSource source) : IVectorIndexes
{
    /// <summary>Comparing and dropping take as long as the tables are large.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private readonly PostgresTables _tables = new(source, VectorTables.Migrations);

    public bool IsShared => true;

    public async ValueTask<VectorPlan?> ReadPlanAsync(CancellationToken cancellationToken)
    {
        await _tables.EnsureAsync(cancellationToken).ConfigureAwait(false);
        return await source.RunAsync(ReadPlanAsync, cancellationToken, repeatable: true).ConfigureAwait(false);
    }

    public async ValueTask<bool> WritePlanAsync(VectorPlan plan, CancellationToken cancellationToken)
    {
        await _tables.EnsureAsync(cancellationToken).ConfigureAwait(false);
        return await source.RunAsync(async (connection, stop) =>
        {
            await using var command = connection.Statement(
                "INSERT INTO vector_plan AS p(revision, plan) VALUES($1, $2) ON CONFLICT (single) DO UPDATE SET revision = EXCLUDED.revision, plan = EXCLUDED.plan WHERE p.revision = EXCLUDED.revision - 1",
                plan.Revision, plan.Write());
            return await command.ExecuteNonQueryAsync(stop).ConfigureAwait(false) == 1;
        }, cancellationToken, repeatable: true).ConfigureAwait(false);
    }

    public async ValueTask<IVectors> OpenAsync(int number, CancellationToken cancellationToken)
    {
        var index = new PostgresVectors(source, number);
        if (index.Names.IsFirst)
            return index; // its tables come with the migrations, when they are first used
        await _tables.EnsureAsync(cancellationToken).ConfigureAwait(false);
        await RunAsync(index.Names.Create, cancellationToken).ConfigureAwait(false);
        return index;
    }

    public async ValueTask DropAsync(int number, CancellationToken cancellationToken) => await RunAsync(new VectorTables(number).Drop, cancellationToken).ConfigureAwait(false);

    public async ValueTask<VectorLag> CompareAsync(IVectors full, IVectors other, int most, CancellationToken cancellationToken)
    {
        var (from, to) = (((PostgresVectors)full).Names, ((PostgresVectors)other).Names);
        return await source.RunAsync(async (connection, stop) =>
        {
            // One moment of both for all that is counted and named.
            await using var batch = new NpgsqlBatch(connection) { Timeout = 0 };
            batch.Add($"SELECT count(*), count(*) FILTER (WHERE t.rank IS NULL OR t.rank < f.rank) FROM {from.Documents} f LEFT JOIN {to.Documents} t USING (tenant, document)");
            batch.Add(
                $"""
                SELECT b.tenant, b.document, b.rank, coalesce(c.ordinal, -1) + 1, c.metadata::text FROM (
                  SELECT tenant, document, f.rank FROM {from.Documents} f LEFT JOIN {to.Documents} t USING (tenant, document) WHERE t.rank IS NULL OR t.rank < f.rank LIMIT $1) AS b
                LEFT JOIN LATERAL (SELECT ordinal, metadata FROM {from.Chunks} WHERE tenant = b.tenant AND document = b.document AND rank = b.rank ORDER BY ordinal DESC LIMIT 1) AS c ON true
                """, most);
            await using var reader = await batch.ExecuteReaderAsync(stop).ConfigureAwait(false);
            await reader.ReadAsync(stop).ConfigureAwait(false);
            var (documents, behind) = (reader.GetInt64(0), reader.GetInt64(1));
            await reader.NextResultAsync(stop).ConfigureAwait(false);
            var first = new List<HeldDocument>();
            while (await reader.ReadAsync(stop).ConfigureAwait(false))
            {
                var rank = reader.GetInt64(2);
                first.Add(new HeldDocument(
                    PostgresText.Read(reader.GetString(0)), PostgresText.Read(reader.GetString(1)), DocumentRank.VersionOf(rank), DocumentRank.IsDeletion(rank), reader.GetInt32(3),
                    reader.IsDBNull(4) ? null : MetadataSql.Read(reader.GetString(4))));
            }

            return new VectorLag(documents, Math.Max(behind, first.Count), first);
        }, cancellationToken, repeatable: true, within: Longest).ConfigureAwait(false);
    }

    internal static async ValueTask<VectorPlan?> ReadPlanAsync(NpgsqlConnection connection, CancellationToken stop)
    {
        await using var command = connection.Statement("SELECT plan FROM vector_plan");
        try
        {
            return await command.ExecuteScalarAsync(stop).ConfigureAwait(false) is byte[] plan ? VectorPlan.Read(plan) : null;
        }
        catch (JsonException error)
        {
            throw new RagException(RagError.Unavailable, $"vectors: the table vector_plan is damaged ({error.Message}); bring the database back from a backup", null, error);
        }
    }

    // All in one transaction, under the lock of the migrations: two that make tables at once would disturb each other.
    private async ValueTask RunAsync(string sql, CancellationToken cancellationToken) => await source.RunAsync(async (connection, stop) =>
    {
        await using var command = new NpgsqlCommand(
            string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_xact_lock({PostgresLocks.Of("migrations", source.Options.Schema)}); {sql}"), connection)
        { CommandTimeout = 0 };
        return await command.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
    }, cancellationToken, repeatable: true, within: Longest).ConfigureAwait(false);
}
