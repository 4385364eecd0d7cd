using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using Microsoft.Extensions.Logging.Abstractions;
using Rag.Embedding;
using Rag.Filters;
using Rag.Vectors;

namespace Rag.Bench.Vectors;

/// <summary>Replaces every document again and again with the default options: what a chunk costs in all, repairs and snapshots included, and what recall is left.</summary>
internal static class ChurnRun
{
    private const int ChunksPerDocument = 5, Turnovers = 5;
    private static readonly IReadOnlyDictionary<string, MetadataValue> NoMetadata = new Dictionary<string, MetadataValue>();

    public static async Task RunAsync(Dataset data, string folder)
    {
        var model = new EmbeddingModel("bench", "1", data.Dimensions);
        var documents = data.Count / 2 / ChunksPerDocument;
        await using var index = VectorIndex.Open(folder, new VectorsOptions(), TimeProvider.System, NullLogger.Instance);
        var before = Cpu();
        var watch = Stopwatch.StartNew();
        var most = 0L;
        for (var turn = 0; turn < Turnovers; turn++)
        {
            // Odd turns use the second half of the data: each replacement moves the document.
            for (var d = 0; d < documents; d += 2)
                await index.ReplaceAsync([Document(turn, d), Document(turn, Math.Min(documents - 1, d + 1))], CancellationToken.None);
            var state = await index.DescribeAsync(CancellationToken.None);
            most = Math.Max(most, state.Chunks + state.Deleted);
        }

        var seconds = watch.Elapsed.TotalSeconds;
        var chunks = (double)Turnovers * documents * ChunksPerDocument;
        var cpu = Cpu() - before;
        var live = Enumerable.Range(0, documents).SelectMany(d => Enumerable.Range(0, ChunksPerDocument).Select(c => At(Turnovers - 1, d, c))).ToArray();
        double hits = 0;
        before = Cpu();
        for (var q = 0; q < data.QueryCount; q++)
            await SearchAsync(q);
        var search = Cpu() - before;
        for (var q = 0; q < data.QueryCount; q += 10)
        {
            var found = (await SearchAsync(q)).Select(hit => (int.Parse(hit.DocumentId, CultureInfo.InvariantCulture) * ChunksPerDocument) + hit.Ordinal).ToHashSet();
            var truth = Enumerable.Range(0, live.Length).OrderByDescending(i => TensorPrimitives.Dot(data.Query(q), data.Vector(live[i]))).Take(Dataset.Neighbours);
            hits += truth.Count(found.Contains);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"churn with defaults, {live.Length} chunks, {Turnovers} turnovers, one caller, two documents of {ChunksPerDocument} chunks a call: {chunks / seconds:F0} chunks/s, {cpu.TotalMicroseconds / chunks:F0} µs of CPU per chunk replaced (repairs, log and snapshots included), {search.TotalMicroseconds / data.QueryCount:F0} µs per search, at most {most} places, recall@10 after it {hits / (data.QueryCount / 10) / Dataset.Neighbours:F3}"));

        ValueTask<IReadOnlyList<VectorHit>> SearchAsync(int q) => index.SearchAsync(new VectorSearch("t", model, data.Query(q).ToArray(), Dataset.Neighbours, null), CancellationToken.None);

        int At(int turn, int document, int chunk) => (turn % 2 * data.Count / 2) + (document * ChunksPerDocument) + chunk;

        DocumentVectors Document(int turn, int d) => new(
            "t", d.ToString(CultureInfo.InvariantCulture), turn + 1, model, [.. Enumerable.Range(0, ChunksPerDocument).Select(c => data.Vector(At(turn, d, c)).ToArray())], NoMetadata);

        static TimeSpan Cpu() => Environment.CpuUsage.TotalTime;
    }
}
