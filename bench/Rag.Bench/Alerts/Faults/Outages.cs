using System.Net.Http.Json;
using Rag.Bench.Resilience;

namespace Rag.Bench.Alerts.Faults;

/// <summary>Services that freeze, die, or start with another configuration than their neighbours.</summary>
internal static class Outages
{
    public static Episode TwoFrozen { get; } = new(
        "SIGSTOP to vectors and generation", [new("RagDown"), new("RagDegraded"), new("CascadingFailure")],
        (stage, stop) => Processes.FreezeAsync(stage, ["vectors", "generation"], stop));

    public static Episode QueryFrozen { get; } = new(
        "SIGSTOP to every query process", AlertName.Budget("availability"), (stage, stop) => Processes.FreezeAsync(stage, ["query"], stop));

    public static Episode Restarts { get; } = new("kill -9 of reranking, three times", [new("RagRestarts")], async (stage, stop) =>
    {
        for (var time = 0; time < 3; time++)
        {
            await Processes.KillAsync(stage, ["reranking"], stop);
            await Task.Delay(TimeSpan.FromSeconds(2), stop); // seen at least once in between
        }

        return Undo.All();
    });

    public static Episode CacheFrozen { get; } = new(
        "SIGSTOP to caching while documents change", [new("StaleCaches")], (stage, stop) => Processes.FreezeAsync(stage, ["caching"], stop));

    public static Episode IngestionFrozen { get; } = new("SIGSTOP to ingestion for 35 s and more, and 5,200 uploads", [new("QueueOverflow")], async (stage, stop) =>
    {
        var frozen = await Processes.FreezeAsync(stage, ["ingestion"], stop);
        var flood = Undo.Running(ending => UploadAsync(stage, Enumerable.Range(0, 5_200).Select(i => $"flood-{i}"), ending));
        return Undo.All(frozen, flood);
    })
    {
        // What was late is only known when it is done.
        Afterwards = AlertName.Budget("indexing-latency"),
        Least = TimeSpan.FromSeconds(35),
    };

    public static Episode AnotherModel { get; } = new(
        "embedding starts again with another model (embedding:dimensions) under the index", [new("EmbeddingInconsistency")], async (stage, stop) =>
        {
            await stage.ConfigureAsync(new Dictionary<string, string> { ["embedding:dimensions"] = "256" }, stop);
            await Processes.KillAsync(stage, ["embedding"], stop);
            return new Undo(async () =>
            {
                await stage.ConfigureAsync(new Dictionary<string, string>(), CancellationToken.None);
                await Processes.KillAsync(stage, ["embedding"], CancellationToken.None);
            });
        });

    public static Episode VectorsLost { get; } = new(
        "the folder of the vector index is emptied, and its process killed", [new("VectorIndexCorruption")], async (stage, stop) =>
        {
            var folder = Path.Combine(stage.Target.Data, "vectors");
            foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
                if (entry is DirectoryInfo inner)
                    inner.Delete(recursive: true);
                else
                    entry.Delete();
            await Processes.KillAsync(stage, ["vectors"], stop);
            // What a restored backup does: every document is embedded and indexed anew.
            return new Undo(() => new ValueTask(UploadAsync(stage, stage.Crowd.Uploaded.Concat(Enumerable.Range(0, Stage.Documents).Select(i => $"base-{i}")), CancellationToken.None)));
        });

    // Each until it is taken.
    private static Task UploadAsync(Stage stage, IEnumerable<string> ids, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        ids, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancellationToken }, async (id, stop) =>
        {
            for (var tries = 0; tries < 100; tries++)
                try
                {
                    var town = id.GetHashCode(StringComparison.Ordinal) & 0xffff;
                    using var response = await stage.Http.PostAsJsonAsync("/documents", new { id, title = $"Harbour {town}", text = Texts.Document(town) }, stop);
                    if (response.IsSuccessStatusCode)
                        return;
                    await Task.Delay(100, stop);
                }
                catch (HttpRequestException)
                {
                    await Task.Delay(100, stop);
                }
        });
}
