using System.Collections.Concurrent;
using Npgsql;

namespace Rag.Engines.Postgres.Keywords;

/// <summary>
/// How many chunks a tenant has and how long they are on average, which BM25 needs. Counted once in a few seconds: a large tenant's averages move slowly. A small
/// tenant is counted again after each of this process's writes to it, so that a user who uploads and searches sees exact scores.
/// </summary>
internal sealed class TenantStatistics(TimeProvider time)
{
    private const long Small = 1_000;
    private const int MostTenants = 10_000;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Entry> _known = new(StringComparer.Ordinal);

    /// <summary>A tenant was written to.</summary>
    public void Touch(string tenant)
    {
        if (_known.TryGetValue(tenant, out var entry) && entry.Chunks < Small)
            _known.TryRemove(tenant, out _);
    }

    public async ValueTask<(long Chunks, double AverageLength)> ReadAsync(NpgsqlConnection connection, string tenant, CancellationToken stop)
    {
        if (_known.TryGetValue(tenant, out var known) && time.GetElapsedTime(known.At) < Fresh)
            return (known.Chunks, known.AverageLength);
        await using var command = connection.Statement("SELECT coalesce(sum(chunks), 0)::bigint, coalesce(sum(length) / nullif(sum(chunks), 0), 0)::float8 FROM keyword_documents WHERE tenant = $1", PostgresText.Write(tenant));
        await using var reader = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
        await reader.ReadAsync(stop).ConfigureAwait(false);
        var entry = new Entry(reader.GetInt64(0), reader.GetDouble(1), time.GetTimestamp());
        if (_known.Count >= MostTenants)
            _known.Clear();
        _known[tenant] = entry;
        return (entry.Chunks, entry.AverageLength);
    }

    private sealed record Entry(long Chunks, double AverageLength, long At);
}
