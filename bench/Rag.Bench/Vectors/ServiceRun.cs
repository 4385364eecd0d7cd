using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Rag.Embedding;
using Rag.Filters;
using Rag.Vectors;

namespace Rag.Bench.Vectors;

/// <summary>The whole service behind its contract: durable inserts (documents of ten chunks, ten documents a call), searches with exact scores, a restart.</summary>
internal static class ServiceRun
{
    private const int ChunksPerDocument = 10, DocumentsPerCall = 10;
    private static readonly IReadOnlyDictionary<string, MetadataValue> NoMetadata = new Dictionary<string, MetadataValue>();

    public static async Task<Measured> RunAsync(Dataset data, string folder, int links, int insertBreadth, IReadOnlyList<int> breadths, int rounds)
    {
        var model = new EmbeddingModel("bench", "1", data.Dimensions);
        var watch = new Stopwatch();
        double build, mebibytes;
        long resident;
        await using (var index = Open(breadths[0], out _))
        {
            watch.Start();
            for (var i = 0; i < data.Count; i += ChunksPerDocument * DocumentsPerCall)
                await index.ReplaceAsync([.. Documents(i, Math.Min(data.Count, i + (ChunksPerDocument * DocumentsPerCall)))], CancellationToken.None);
            build = watch.Elapsed.TotalSeconds;
            mebibytes = (await index.DescribeAsync(CancellationToken.None)).Bytes / 1048576.0;
            resident = Environment.WorkingSet;
        }

        var searches = new List<(int, double, double)>();
        var restarts = new List<double>();
        foreach (var breadth in breadths)
        {
            await using var index = Open(breadth, out var restart);
            restarts.Add(restart);
            var found = new int[data.Truth.Length];
            var perSecond = new List<double>();
            var queries = Enumerable.Range(0, data.QueryCount).Select(q => data.Query(q).ToArray()).ToArray();
            for (var round = 0; round < rounds; round++)
            {
                watch.Restart();
                for (var q = 0; q < queries.Length; q++)
                {
                    var hits = await index.SearchAsync(new VectorSearch("t", model, queries[q], Dataset.Neighbours, null), CancellationToken.None);
                    for (var i = 0; i < hits.Count; i++)
                        found[(q * Dataset.Neighbours) + i] = (int.Parse(hits[i].DocumentId, CultureInfo.InvariantCulture) * ChunksPerDocument) + hits[i].Ordinal;
                }

                perSecond.Add(queries.Length / watch.Elapsed.TotalSeconds);
            }

            searches.Add((breadth, VectorsBench.Median(perSecond), VectorsBench.Recall(data, found)));
        }

        var files = Directory.GetFiles(folder).Sum(file => new FileInfo(file).Length) / 1048576.0;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"restart of the service: {VectorsBench.Median(restarts):F2} s (median of {restarts.Count}) from {files:F0} MiB of files; process {resident / 1048576.0:F0} MiB after the build, the data set's {data.Vectors.Length / 262144.0:F0} MiB included"));
        return new Measured("Loadline service", build, searches, mebibytes);

        VectorIndex Open(int breadth, out double seconds)
        {
            watch.Restart();
            var index = VectorIndex.Open(folder, new VectorsOptions { Links = links, InsertBreadth = insertBreadth, SearchBreadth = breadth }, TimeProvider.System, NullLogger.Instance);
            seconds = watch.Elapsed.TotalSeconds;
            return index;
        }

        IEnumerable<DocumentVectors> Documents(int from, int to)
        {
            for (var i = from; i < to; i += ChunksPerDocument)
                yield return new DocumentVectors(
                    "t", (i / ChunksPerDocument).ToString(CultureInfo.InvariantCulture), 1, model,
                    [.. Enumerable.Range(i, Math.Min(ChunksPerDocument, to - i)).Select(c => data.Vector(c).ToArray())], NoMetadata);
        }
    }
}
