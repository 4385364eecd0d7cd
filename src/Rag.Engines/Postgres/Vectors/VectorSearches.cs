using System.Globalization;
using Npgsql;
using Rag.Vectors;

namespace Rag.Engines.Postgres.Vectors;

/// <summary>
/// One search. Where few chunks are in question (a small tenant, a rare filter) all are compared, which is exact and cheap; else pgvector's graph is walked, and
/// walked on (<c>hnsw.iterative_scan</c>) while tenant and filter leave too few. When even that finds too few, all are compared after all.
/// </summary>
internal sealed class VectorSearches(VectorTables tables)
{
    private const int CompareBelow = 2_000;
    private const int Breadth = 100;
    private const int MostBreadth = 1_000; // pgvector's own limit

    public async ValueTask<IReadOnlyList<VectorHit>> RunAsync(NpgsqlConnection connection, VectorSearch request, float[] query, CancellationToken stop)
    {
        var filter = new MetadataSql(request.Filter, "metadata", 4);
        var tenant = PostgresText.Write(request.Tenant);
        var order = VectorTables.GraphOrder(request.Model.Dimensions);
        var matching = order is null ? 0 : await CountAsync(connection, tenant, request.Filter, stop).ConfigureAwait(false);
        if (matching >= CompareBelow && !filter.NeedsLook)
        {
            var hits = await WalkAsync(connection, tenant, order!, query, request.TopK, filter, stop).ConfigureAwait(false);
            if (hits.Count == request.TopK)
                return hits;
        }

        return await CompareAsync(connection, tenant, query, request.TopK, filter, stop).ConfigureAwait(false);
    }

    /// <summary>How many chunks are in question; counted no further than matters.</summary>
    private async ValueTask<long> CountAsync(NpgsqlConnection connection, string tenant, Filters.MetadataFilter? filter, CancellationToken stop)
    {
        var sql = new MetadataSql(filter, "metadata", 2);
        await using var command = connection.Statement(
            string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) FROM (SELECT 1 FROM {tables.Chunks} WHERE tenant = $1{sql.Conditions} LIMIT {CompareBelow}) AS few"), [tenant, .. sql.Values]);
        return (long)(await command.ExecuteScalarAsync(stop).ConfigureAwait(false))!;
    }

    private async ValueTask<List<VectorHit>> WalkAsync(
        NpgsqlConnection connection, string tenant, string order, float[] query, int topK, MetadataSql filter, CancellationToken stop)
    {
        await using var batch = new NpgsqlBatch(connection);
        // Local to this batch, which is one transaction of its own.
        batch.Add("SELECT set_config('hnsw.ef_search', $1, true), set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('enable_seqscan', 'off', true)",
            Math.Clamp(topK + (topK / 2), Breadth, MostBreadth).ToString(CultureInfo.InvariantCulture));
        batch.Add(
            $"""
            SELECT document, rank, ordinal, -(embedding <#> $1::real[]::vector), NULL FROM (
              SELECT document, rank, ordinal, embedding FROM {tables.Chunks} WHERE tenant = $2{filter.Conditions} ORDER BY {order} LIMIT $3) AS near
            """, [query, tenant, topK, .. filter.Values]);
        await using var reader = await batch.ExecuteReaderAsync(stop).ConfigureAwait(false);
        await reader.NextResultAsync(stop).ConfigureAwait(false);
        return await ReadAsync(reader, topK, filter, stop).ConfigureAwait(false);
    }

    // "+ 0" keeps the graph out of it.
    private async ValueTask<List<VectorHit>> CompareAsync(NpgsqlConnection connection, string tenant, float[] query, int topK, MetadataSql filter, CancellationToken stop)
    {
        var (look, limit) = filter.NeedsLook ? ("metadata::text", "") : ("NULL", " LIMIT $3");
        await using var command = connection.Statement(
            $"""
            SELECT document, rank, ordinal, -(embedding <#> $1::real[]::vector), {look} FROM {tables.Chunks} WHERE tenant = $2 AND $3 > 0{filter.Conditions}
            ORDER BY (embedding <#> $1::real[]::vector) + 0{limit}
            """, [query, tenant, topK, .. filter.Values]);
        await using var reader = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
        return await ReadAsync(reader, topK, filter, stop).ConfigureAwait(false);
    }

    private static async ValueTask<List<VectorHit>> ReadAsync(NpgsqlDataReader reader, int topK, MetadataSql filter, CancellationToken stop)
    {
        var hits = new List<VectorHit>();
        while (hits.Count < topK && await reader.ReadAsync(stop).ConfigureAwait(false))
            if (filter.Matches(reader.IsDBNull(4) ? null : reader.GetString(4)))
                hits.Add(new VectorHit(
                    PostgresText.Read(reader.GetString(0)), Seams.DocumentRank.VersionOf(reader.GetInt64(1)), reader.GetInt32(2), (float)Math.Clamp(reader.GetDouble(3), -1, 1)));
        hits.Sort(static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score)
            : string.CompareOrdinal(a.DocumentId, b.DocumentId) is var order && order != 0 ? order : a.Ordinal.CompareTo(b.Ordinal));
        return hits;
    }
}
