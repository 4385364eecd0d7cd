using Loadline.Recording;
using Loadline.Reports;
using Loadline.Runs;

namespace Loadline.Tests.Reports;

/// <summary>Makes run folders as a run would: numbers drawn from a seed, shaped like a real run's.</summary>
internal static class SampleRun
{
    private static readonly (string Name, double Share, double Median)[] Operations =
        [("query", .4, .9), ("upload", .25, .035), ("search", .2, .022), ("status", .15, .004)];

    public static RunRecord Make(string verdict = "PASS", int seconds = 180, int users = 1000, int seed = 1)
    {
        var random = new Random(seed);
        var (up, down) = (seconds / 6, seconds / 12);
        var hold = (Start: up, End: seconds - down);
        var fails = verdict == "FAIL";
        var series = Enumerable.Range(0, seconds).Select(t => Point(t, seconds, up, down, users, fails && t > seconds / 2 && t < seconds * 2 / 3, random)).ToList();
        var held = series.Where(point => point.T >= hold.Start && point.T < hold.End).ToList();
        var operations = Operations.Select(operation => Summarize(operation.Name, operation.Median, held, hold.End - hold.Start)).ToList();
        var p95 = operations[0].ResponseTime!.P95;
        var total = operations.Sum(operation => operation.Outcomes.Values.Sum());
        var errors = 100.0 * operations.Sum(operation => operation.Outcomes["failed"] + operation.Outcomes["timed_out"]) / total;
        var rps = total / (double)(hold.End - hold.Start);
        var invalid = verdict == "INVALID";
        ObjectiveSummary[] objectives =
        [
            new("query.p95 < 3s", "query.p95", p95, 3, "s", operations[0].ResponseTime!.Count, p95 < 3 ? "PASS" : "FAIL", p95 < 3 ? null : "Above the limit for 30 s of the hold phase", new(p95 * .98, p95 * 1.02)),
            new("upload.p95 < 10s", "upload.p95", invalid ? null : 2.41, 10, "s", invalid ? 0 : 1187, invalid ? "INVALID" : "PASS", invalid ? "No upload was watched until it was searchable" : null),
            new("generation.speed > 20 tok/s", "generation.speed", 48.7, 20, "tok/s", 41211, "PASS", null),
            new("availability > 99.9%", "availability", 100 - errors, 99.9, "%", total, errors < .1 ? "PASS" : "FAIL", errors < .1 ? null : "Errors came between 1:30 and 2:00"),
            new("errors < 1%", "errors", errors, 1, "%", total, errors < 1 ? "PASS" : "FAIL", null),
            new("rps > 500", "rps", rps, 500, "1/s", total, rps > 500 ? "PASS" : "FAIL", null),
            new("users >= 1000", "users", users, 1000, "users", 1, "PASS", null),
        ];
        var start = new DateTimeOffset(2026, 5, 4, 10, 0, 0, TimeSpan.Zero);
        var summary = new RunSummary
        {
            Id = "steady-20260504T100000Z-7f3a",
            LoadlineVersion = "0.1.0",
            Plan = new("steady", "1000 users with the full mix, as on an ordinary day", "embedded", 9007199254740993, users, seconds, seconds / 1800.0,
                new Dictionary<string, string>
                {
                    ["think time"] = "0.5 s to 1.5 s, uniform",
                    ["time-out"] = "30 s",
                    ["streamed queries"] = "100 %",
                    ["llm time to first token"] = "lognormal, median 200 ms, P95 450 ms",
                    ["llm time per token"] = "lognormal, median 18 ms, P95 30 ms",
                    ["llm answer"] = "40 to 80 tokens",
                    ["llm slots"] = "400, 1000 may wait",
                    ["documents"] = "2000 before the load, 120–600 words",
                },
                new Dictionary<string, double> { ["query"] = 40, ["upload"] = 25, ["search"] = 20, ["status"] = 15 },
                "loadline run steady --time-scale 0.1 --seed 9007199254740993"),
            Environment = new("Debian GNU/Linux 13, kernel 6.12", ".NET 10.0.1", 2, 8L << 30,
                [new("loadline", .52, 180 << 20, 184 << 20, 191 << 20), new("rag", .96, 402 << 20, 431 << 20, 455 << 20), new("llm", .24, 96 << 20, 97 << 20, 99 << 20)], new(8214.5, .00011, .0012)),
            StartedAt = start,
            EndedAt = start.AddSeconds(seconds),
            Verdict = verdict,
            Because = verdict switch
            {
                "PASS" => "All 7 objectives hold.",
                "FAIL" => $"{objectives.Count(o => o.Result == "FAIL")} of 7 objectives are missed, errors by the most.",
                _ => "upload.p95 can't be judged: no upload was watched until it was searchable.",
            },
            Objectives = objectives,
            Scenarios = [new ScenarioSummary("default", "20/s (poisson arrivals), at most 50 users at once", new Dictionary<string, string> { ["kind"] = "read" }, 0, 70, 1400, 3, 1, new ArrivalSummary(1400, 1399, 1, 20, 0.4))],
            Phases = [new("up", 0, hold.Start), new("hold", hold.Start, hold.End), new("down", hold.End, seconds)],
            WarmUp = fails ? new(hold.Start, hold.Start + 4, "query took 2 s until then and 900 ms afterwards (medians of the seconds' medians)", true) : null,
            Generator = [new("send lag, P99", .006, .024, "s", true), new("processor time", invalid ? 1.8 : .52, 1.6, "cores", !invalid)],
            Baseline = fails ? "steady-20260503T100000Z-11aa" : null,
            Metrics = objectives.Where(o => o.Value is not null).ToDictionary(o => o.Metric, o => new MetricSummary(o.Value!.Value, o.Unit, o.Samples, o.Interval)),
            Inside = [new("queue.depth", null, "messages", 0, 3.5, 9, 12, 90), new("cpu", null, "cores", .7, .96, 1.2, 1.3, 90), new("cpu", "service:rag", "cores", .7, .96, 1.2, 1.3, 90), new("vectors.search", null, "s", null, .0004, .0011, null, 31000)],
            Operations = operations,
            Notes = fails ? ["The load generator was up to 12 ms late between 1:30 and 1:40."] : [],
        };
        return new(summary, series, [.. Exchanges(random, fails)])
        {
            Inside = [.. Enumerable.Range(0, seconds / 2).Select(i => new InsidePoint
            {
                T = 2 * i,
                Over = i == 0 ? 0 : 2,
                Asked = 1,
                Levels = new Dictionary<string, double> { ["queue.depth"] = i % 12, ["cpu{service:rag}"] = .9 },
                Times = new Dictionary<string, InsideBuckets> { ["vectors.search"] = new([.001, .01], [300, 20, 0], .12) },
            })],
        };
    }

    public static string Write(RunRecord run, string? folder = null)
    {
        folder ??= Directory.CreateTempSubdirectory("loadline-report-").FullName;
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, RunFolder.Summary), RunJson.Write(run.Summary));
        File.WriteAllLines(Path.Combine(folder, RunFolder.Series), run.Series.Select(RunJson.Write));
        File.WriteAllLines(Path.Combine(folder, RunFolder.Exchanges), run.Exchanges.Select(RunJson.Write));
        using (var log = new InsideLog(folder))
            foreach (var look in run.Inside)
                log.Write(look);
        return folder;
    }

    private static SeriesPoint Point(int t, int seconds, int up, int down, int users, bool broken, Random random)
    {
        var active = (int)(users * Math.Clamp(Math.Min((t + 1.0) / up, (seconds - t) / (double)down), 0, 1));
        var operations = new Dictionary<string, SeriesOperation>();
        foreach (var (name, share, median) in Operations)
        {
            var count = (long)(active * .58 * share * (broken ? .6 : 1) * (1 + .1 * (random.NextDouble() - .5)));
            if (count == 0)
                continue;
            var failed = broken && name is "query" or "search" && broken ? (long)(count * .15) : 0;
            var timedOut = broken && name == "query" ? (long)(count * .05) : 0;
            var degraded = broken && name == "query" ? (long)(count * .2) : 0;
            var p50 = median * (1 + .1 * random.NextDouble()) * (broken ? 4 : 1);
            operations[name] = new(count - failed - timedOut - degraded, degraded, 0, failed, timedOut, p50, p50 * (1.6 + .3 * random.NextDouble()), p50 * (2.2 + random.NextDouble()));
        }
        return new()
        {
            T = t,
            Users = active,
            Operations = operations,
            Tokens = operations.TryGetValue("query", out var query) ? query.Ok * 60 : 0,
            TtftP50 = operations.ContainsKey("query") ? .23 + .02 * random.NextDouble() : null,
            TtftP95 = operations.ContainsKey("query") ? .48 + .05 * random.NextDouble() : null,
            SearchableP95 = t > 3 ? 2.1 + .4 * random.NextDouble() : null,
            Processes = t % 2 != 0 ? null : new Dictionary<string, SeriesProcess>
            {
                ["loadline"] = new(.5 * active / users + .05 * random.NextDouble(), (180L << 20) + random.Next(4 << 20)),
                ["rag"] = new(.9 * active / users + .1 * random.NextDouble(), (400L << 20) + t * 150_000L + random.Next(8 << 20)),
                ["llm"] = new(.22 * active / users + .03 * random.NextDouble(), (96L << 20) + random.Next(1 << 20)),
            },
        };
    }

    private static OperationSummary Summarize(string name, double median, List<SeriesPoint> held, int seconds)
    {
        var points = held.Select(point => point.Operations.GetValueOrDefault(name)).OfType<SeriesOperation>().ToList();
        long ok = points.Sum(p => p.Ok), degraded = points.Sum(p => p.Degraded), failed = points.Sum(p => p.Failed), late = points.Sum(p => p.TimedOut);
        LatencySummary Spread(double m, long count) => new(count, m / 3, m * 1.1, m, m * 1.5, points.Average(p => p.P95!.Value) / median * m, m * 2.6, m * 4, m * 9);
        return new()
        {
            Name = name,
            Outcomes = new Dictionary<string, long> { ["ok"] = ok, ["degraded"] = degraded, ["throttled"] = 0, ["failed"] = failed, ["timed_out"] = late },
            PerSecond = (ok + degraded + failed + late) / (double)seconds,
            ResponseTime = Spread(median, ok + degraded),
            ServiceTime = Spread(median * .98, ok + degraded),
            FailureTime = failed + late == 0 ? null : Spread(median * 3, failed + late),
            TimeToFirstToken = name == "query" ? Spread(.24, ok + degraded) : null,
            TimeBetweenTokens = name == "query" ? Spread(.018, (ok + degraded) * 59) : null,
            Reasons = failed == 0 ? new Dictionary<string, long>() : new Dictionary<string, long> { ["http_503"] = failed, ["timeout"] = late },
        };
    }

    private static IEnumerable<SampledExchange> Exchanges(Random random, bool fails)
    {
        for (var i = 0; i < 8; i++)
        {
            var due = 20 + random.NextDouble() * 100;
            yield return new("slow", "query", random.Next(1000), "ok", null, 200, due, due + .002, due + .31 + i * .02, due + .36 + i * .03, due + 3.1 - i * .2, 62,
                "POST /query\n\n{\"query\":\"What is the capacity of the harbour crane?\",\"top_k\":5,\"stream\":true}", "event: citations\ndata: [{\"document_id\":\"d-17\",\"score\":0.91}]\n\nevent: token\ndata: {\"text\":\" The harbour crane lifts 80 tonnes\"}");
        }
        if (!fails)
            yield break;
        for (var i = 0; i < 5; i++)
        {
            var due = 95 + i * 2.0;
            yield return new("failed", i % 2 == 0 ? "query" : "search", random.Next(1000), i == 4 ? "timed_out" : "failed", i == 4 ? "timeout" : "http_503", i == 4 ? 0 : 503, due, due + .001,
                i == 4 ? null : due + .02, null, i == 4 ? due + 30 : due + .021, 0, "POST /query\n\n{\"query\":\"Where?\"}", i == 4 ? null : "{\"title\":\"The vector index is not available\",\"status\":503}");
        }
    }
}
