using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Rag.Bench.Vectors;

/// <summary><c>vectors</c>: our index beside hnswlib and FAISS, on the same data, one thread each, in one run.</summary>
internal static class VectorsBench
{
    private static readonly int[] Breadths = [16, 32, 64];

    public static Command Command()
    {
        var count = new Option<int>("--count") { DefaultValueFactory = _ => 100_000, Description = "vectors" };
        var dimensions = new Option<int>("--dimensions") { DefaultValueFactory = _ => 384 };
        var queries = new Option<int>("--queries") { DefaultValueFactory = _ => 2_000 };
        var clusters = new Option<int>("--clusters") { DefaultValueFactory = _ => 1_000 };
        var spread = new Option<double>("--spread") { DefaultValueFactory = _ => 1.0, Description = "length of the noise around a cluster's centre (of length 1)" };
        var links = new Option<int>("--links") { DefaultValueFactory = _ => 16, Description = "M" };
        var insertBreadth = new Option<int>("--insert-breadth") { DefaultValueFactory = _ => 100, Description = "efConstruction" };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 3, Description = "each search figure is the median of so many rounds over all queries" };
        var seed = new Option<int>("--seed") { DefaultValueFactory = _ => 1 };
        var parts = new Option<string>("--parts") { DefaultValueFactory = _ => "graph,service,churn,hnswlib,faiss", Description = "what to run" };
        var python = new Option<string>("--python") { DefaultValueFactory = _ => "/usr/bin/python3", Description = "a Python with numpy, hnswlib and faiss" };
        var command = new Command("vectors", "Our vector index beside hnswlib and FAISS")
        {
            count, dimensions, queries, clusters, spread, links, insertBreadth, rounds, seed, parts, python,
        };
        command.SetAction(async (parse, cancellation) =>
        {
            var chosen = parse.GetValue(parts)!.Split(',');
            Console.WriteLine($"{parse.GetValue(count)} × {parse.GetValue(dimensions)}, {parse.GetValue(clusters)} clusters, spread {parse.GetValue(spread)}, seed {parse.GetValue(seed)}, M {parse.GetValue(links)}, efConstruction {parse.GetValue(insertBreadth)}; {RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores");
            var data = Dataset.Generate(parse.GetValue(count), parse.GetValue(dimensions), parse.GetValue(queries), parse.GetValue(clusters), parse.GetValue(spread), parse.GetValue(seed));
            var folder = Directory.CreateTempSubdirectory("rag-bench-vectors-");
            try
            {
                var table = new List<Measured>();
                if (chosen.Contains("graph"))
                    Add(GraphRun.Run(data, parse.GetValue(links), parse.GetValue(insertBreadth), Breadths, parse.GetValue(rounds)));
                if (chosen.Contains("service"))
                    Add(await ServiceRun.RunAsync(data, Path.Combine(folder.FullName, "index"), parse.GetValue(links), parse.GetValue(insertBreadth), Breadths, parse.GetValue(rounds)));
                if (chosen.Contains("churn"))
                    await ChurnRun.RunAsync(data, Path.Combine(folder.FullName, "churn"));
                var peers = chosen.Where(part => part is "hnswlib" or "faiss").ToArray();
                if (peers.Length > 0)
                {
                    data.Write(folder.FullName);
                    foreach (var peer in peers)
                        Add(await PeerAsync(parse.GetValue(python)!, peer, folder.FullName, data, parse.GetValue(links), parse.GetValue(insertBreadth), parse.GetValue(rounds), cancellation));
                }

                Print(table, data.Count);
                return 0;

                void Add(Measured measured)
                {
                    table.Add(measured);
                    Print([measured], data.Count);
                }
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        });
        return command;
    }

    internal static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    internal static double Recall(Dataset data, int[] found)
    {
        var hits = 0;
        for (var q = 0; q < data.QueryCount; q++)
            hits += data.Truth.AsSpan(q * Dataset.Neighbours, Dataset.Neighbours).ToArray().Intersect(found.AsSpan(q * Dataset.Neighbours, Dataset.Neighbours).ToArray()).Count();
        return (double)hits / found.Length;
    }

    private static async Task<Measured> PeerAsync(
        string python, string peer, string folder, Dataset data, int links, int insertBreadth, int rounds, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(python) { RedirectStandardOutput = true };
        foreach (var argument in (string[])[
            Path.Combine(AppContext.BaseDirectory, "peers.py"), peer, folder, Text(data.Dimensions), Text(links), Text(insertBreadth), string.Join(',', Breadths), Text(rounds)])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{python} peers.py {peer} ended with {process.ExitCode}; its error is above");
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        return new Measured(
            root.GetProperty("name").GetString()!,
            root.GetProperty("build").GetDouble(),
            [.. root.GetProperty("searches").EnumerateArray().Select(s => (s[0].GetInt32(), s[1].GetDouble(), s[2].GetDouble()))],
            root.GetProperty("mebibytes").GetDouble());

        static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
    }

    private static void Print(IReadOnlyList<Measured> table, int count)
    {
        Console.WriteLine();
        Console.WriteLine($"| {"",-22} | build | inserts/s | {string.Join(" | ", Breadths.Select(ef => $"ef {ef}: searches/s, recall@10"))} | MiB |");
        Console.WriteLine($"|---|---|---|{string.Concat(Breadths.Select(_ => "---|"))}---|");
        foreach (var row in table)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {row.Name,-22} | {row.BuildSeconds:F1} s | {count / row.BuildSeconds:F0} | {string.Join(" | ", row.Searches.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.PerSecond:F0}, {s.Recall:F3}")))} | {row.Mebibytes:F0} |"));
    }
}
