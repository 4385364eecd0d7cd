using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Loadline.Bench.Live;

/// <summary>What the live page costs the load generator: a plan run by <c>loadline run</c> without <c>--live</c> and with it while pages follow, in turn.</summary>
internal static class LiveBench
{
    private const string Announced = "Live: ";

    public static Command Create()
    {
        var plan = new Argument<string>("plan") { Description = "The plan.", DefaultValueFactory = _ => "steady" };
        var rounds = new Option<int>("--rounds") { Description = "Pairs of runs; which of a pair is first changes with each.", DefaultValueFactory = _ => 3 };
        var pages = new Option<int>("--pages") { Description = "Pages that follow.", DefaultValueFactory = _ => 1 };
        var rest = new Argument<string[]>("options") { Description = "Options of `loadline run`, after --.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("live", "Processor time of the load generator without the live page, and with pages that follow.") { plan, rest, rounds, pages };
        command.SetAction((parsed, stop) => RunAsync(parsed.GetValue(plan)!, parsed.GetValue(rest) ?? [], parsed.GetValue(rounds), parsed.GetValue(pages), stop));
        return command;
    }

    private static async Task RunAsync(string plan, string[] options, int rounds, int pages, CancellationToken stop)
    {
        var (without, with) = (new List<Row>(), new List<Row>());
        for (var round = 1; round <= rounds; round++)
        {
            for (var turn = 0; turn < 2; turn++)
            {
                var isFollowed = turn == round % 2;
                var row = await MeasureAsync(plan, options, isFollowed ? pages : 0, stop).ConfigureAwait(false);
                (isFollowed ? with : without).Add(row);
                Console.WriteLine($"round {round}: {(isFollowed ? $"{pages} page(s)" : "without"),-10} {row}");
            }
        }
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"median : without {Median(without):0.0000} cores, with {Median(with):0.0000}; of the pairs' differences {100 * Median(without.Zip(with, (one, other) => other.Cores - one.Cores)):0.00} % of a core"));
    }

    private static async Task<Row> MeasureAsync(string plan, string[] options, int pages, CancellationToken stop)
    {
        var folder = Directory.CreateTempSubdirectory("loadline-bench-");
        try
        {
            string[] arguments = [LoadlineProgram.Dll, "run", plan, "--out", Path.Combine(folder.FullName, "run"), .. pages > 0 ? ["--live"] : Array.Empty<string>(), .. options];
            using var loadline = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
            await using var ending = stop.Register(() => loadline.Kill(entireProcessTree: true)).ConfigureAwait(false);
            var followed = new List<Task<long>>();
            while (await loadline.StandardOutput.ReadLineAsync(stop).ConfigureAwait(false) is { } line)
                if (line.StartsWith(Announced, StringComparison.Ordinal))
                    followed = [.. Enumerable.Range(0, pages).Select(_ => FollowAsync(new Uri(line[Announced.Length..]), stop))];
            await loadline.WaitForExitAsync(stop).ConfigureAwait(false);
            var received = followed.Count > 0 ? (await Task.WhenAll(followed).ConfigureAwait(false)).Sum() : 0;
            if (followed.Count != pages || (pages > 0 && received == 0))
                throw new InvalidOperationException($"{followed.Count} of {pages} pages followed the run and received {received} bytes");
            using var summary = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(folder.FullName, "run", "summary.json"), stop).ConfigureAwait(false));
            var root = summary.RootElement;
            return new Row(
                root.GetProperty("environment").GetProperty("processes").EnumerateArray().Single(process => process.GetProperty("name").GetString() == "loadline").GetProperty("cpuCores").GetDouble(),
                root.GetProperty("operations").EnumerateArray().Sum(operation => operation.GetProperty("perSecond").GetDouble()),
                received,
                root.GetProperty("verdict").GetString()!);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // As a page does, but for drawing.
    private static async Task<long> FollowAsync(Uri page, CancellationToken stop)
    {
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        await using var events = await http.GetStreamAsync(new Uri(page, "/events" + page.Query), stop).ConfigureAwait(false);
        var (buffer, received) = (new byte[1 << 16], 0L);
        while (await events.ReadAsync(buffer, stop).ConfigureAwait(false) is > 0 and var count)
            received += count;
        return received;
    }

    private static double Median(IEnumerable<Row> rows) => Median(rows.Select(row => row.Cores));

    private static double Median(IEnumerable<double> values) => values.Order().ToList() is var sorted && sorted.Count % 2 == 1
        ? sorted[sorted.Count / 2]
        : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;

    private sealed record Row(double Cores, double PerSecond, long Received, string Verdict)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Cores:0.0000} cores, {PerSecond:0}/s, {Verdict}{(Received > 0 ? $", {Received / 1024.0 / 1024:0.0} MiB to pages" : "")}");
    }
}
