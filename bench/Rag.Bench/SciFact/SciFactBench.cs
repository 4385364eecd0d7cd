using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace Rag.Bench.SciFact;

/// <summary>The command <c>scifact</c>: retrieval quality against the bars of nDCG@10 0.68 and recall@100 0.93.</summary>
internal static class SciFactBench
{
    private const double LeastNdcg = 0.68, LeastRecall = 0.93;
    private const int TopK = 100;

    public static Command Create()
    {
        var data = new Option<DirectoryInfo>("--data") { Description = "Folder of SciFact in BEIR's layout", DefaultValueFactory = _ => new DirectoryInfo("../shared/data/scifact") };
        var url = new Option<Uri?>("--url") { Description = "A running RAG system; without it, one is started and stopped" };
        var key = new Option<string?>("--key") { Description = "API key for --url" };
        var inProcess = new Option<bool>("--in-process") { Description = "Retrieval alone, without HTTP and ingestion: for trying settings" };
        var set = new Option<string[]>("--set") { Description = "With --in-process: a setting as section:name=value, for example search:vector_weight=0.3; may be repeated", DefaultValueFactory = _ => [] };
        var command = new Command("scifact", "Retrieval quality on SciFact, through the public API") { data, url, key, inProcess, set };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var folder = arguments.GetRequiredValue(data);
            if (!File.Exists(Path.Combine(folder.FullName, "corpus.jsonl")))
            {
                Console.Error.WriteLine($"--data {folder.FullName}: no corpus.jsonl there; give the folder of SciFact in BEIR's layout (corpus.jsonl, queries.jsonl, qrels/test.tsv)");
                return 2;
            }

            var scifact = SciFactData.Read(folder.FullName);
            if (arguments.GetValue(inProcess))
            {
                var settings = arguments.GetValue(set)!.Select(s => s.Split('=', 2)).Select(s => KeyValuePair.Create(s[0], (string?)s[^1]));
                await using var retrieval = new InProcessTarget(settings);
                return await MeasureAsync(scifact, retrieval, "in process", cancellationToken);
            }

            if (arguments.GetValue(url) is { } running)
            {
                using var target = new HttpTarget(running, arguments.GetValue(key) ?? "");
                return await MeasureAsync(scifact, target, running.ToString(), cancellationToken);
            }

            await using var served = await ServedRag.StartAsync(cancellationToken);
            using var own = new HttpTarget(served.Url, served.Key);
            return await MeasureAsync(scifact, own, "rag serve", cancellationToken);
        });
        return command;
    }

    private static async Task<int> MeasureAsync(SciFactData data, IRetrievalTarget target, string name, CancellationToken cancellationToken)
    {
        Console.WriteLine($"SciFact: {data.Abstracts.Count} abstracts, {data.Claims.Count} claims; {name}; {Environment.ProcessorCount} processors, .NET {Environment.Version}");
        var clock = Stopwatch.StartNew();
        await target.IndexAsync(data.Abstracts, cancellationToken);
        Console.WriteLine(Line($"searchable after     {clock.Elapsed.TotalSeconds:F1} s"));

        // A first round warms connections and the JIT up; the second one is measured, one search at a time.
        foreach (var claim in data.Claims.Take(50))
            await target.SearchAsync(claim.Text, TopK, cancellationToken);
        double ndcg = 0, recall = 0;
        var degraded = 0;
        var times = new List<double>();
        foreach (var claim in data.Claims)
        {
            clock.Restart();
            var (chunks, isDegraded) = await target.SearchAsync(claim.Text, TopK, cancellationToken);
            times.Add(clock.Elapsed.TotalMilliseconds);
            var ranking = RankingScores.Documents(chunks);
            ndcg += RankingScores.Ndcg(ranking, claim.Relevant, 10) / data.Claims.Count;
            recall += RankingScores.Recall(ranking, claim.Relevant, 100) / data.Claims.Count;
            degraded += isDegraded ? 1 : 0;
        }

        times.Sort();
        Console.WriteLine(Line($"nDCG@10              {ndcg:F4}   (at least {LeastNdcg})"));
        Console.WriteLine(Line($"recall@100           {recall:F4}   (at least {LeastRecall})"));
        Console.WriteLine(Line($"search, ms           P50 {times[times.Count / 2]:F2}   P95 {times[times.Count * 95 / 100]:F2}   P99 {times[times.Count * 99 / 100]:F2}   max {times[^1]:F2}"));
        if (degraded > 0)
            Console.WriteLine($"degraded             {degraded} of {data.Claims.Count} searches: the figures are not those of the whole system");
        return ndcg >= LeastNdcg && recall >= LeastRecall && degraded == 0 ? 0 : 1;
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
