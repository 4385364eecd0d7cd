using Loadline.Plans;
using Loadline.Recording;
using Loadline.Tests.Recording;
using Loadline.Verdicts;
using Xunit;

namespace Loadline.Tests.Verdicts;

/// <summary>Objectives on what the target tells of itself, each with a defect that only it can see; judged from the run folder alone.</summary>
public sealed class ToldJudgeTests : IDisposable
{
    private static readonly PhaseTimes Times = PhaseTimes.Of(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(10));
    private static readonly RunSpan[] Spans = [new("outage", 40_000_000_000, 60_000_000_000)];
    private static readonly ObjectiveContext Context = new(["query"]) { Spans = ["outage"] };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_level_is_judged_over_hold_phases_and_spans()
    {
        // 900 waited during the outage, 10 otherwise; before the hold phase 5000.
        var evidence = Run(at => Levels(("queue.depth{queue:ingestion}", at < 10 ? 5000 : at is >= 40 and < 60 ? 900 : 10)));
        Assert.Equal((Result.Pass, 900.0), Of("queue.depth.max < 1000", evidence));
        Assert.Equal((Result.Fail, 900.0), Of("queue.depth.max < 500", evidence));
        // 40 looks of 10 and 10 of 900.
        Assert.Equal((Result.Pass, 188.0), Of("queue.depth < 200", evidence));
        Assert.Equal((Result.Fail, 900.0), Of("queue.depth.min < 500 during outage", evidence));
        Assert.Equal((Result.Fail, 5000.0), Of("queue.depth.max < 1000 during up", evidence));
        Assert.Equal((Result.Pass, 10.0), Of("queue.depth.p50{queue:ingestion} < 20", evidence));
        Assert.Equal(Result.Warn, One("should queue.depth.max < 500", evidence).Result);
    }

    [Fact]
    public void A_window_that_breaks_it_is_named()
    {
        var evidence = Run(at => Levels(("cpu{service:embedding}", at is >= 70 and < 80 ? 1.9 : 0.2)));
        Assert.Equal(Result.Pass, One("cpu{service:embedding} < 1", evidence).Result);
        var verdict = One("cpu{service:embedding} < 1 over 10s", evidence);
        Assert.Equal((Result.Fail, "cpu{service:embedding}"), (verdict.Result, verdict.Metric));
        Assert.Equal("cpu{service:embedding} is 1.9 cores, and must be < 1 cores, in the window from 1:10 to 1:20", verdict.Reason);
    }

    [Fact]
    public void Growth_belongs_to_the_middle_of_its_time_and_is_added_up()
    {
        // 30 of 100 lookups hit, 90 of 100 during the outage: over hold (40·30 + 10·90) ÷ 5000.
        var evidence = Run(at => new InsidePoint { T = at, Over = 2, Asked = 1, Shares = new Dictionary<string, double[]> { ["cache.hit{level:local}"] = [at - 1 is >= 40 and < 60 ? 90 : 30, 100] } });
        Assert.Equal((Result.Pass, 42.0), Of("cache.hit > 20%", evidence));
        Assert.Equal((Result.Fail, 90.0), Of("cache.hit{level:local} < 50% during outage", evidence));
        Assert.Equal(Result.Fail, One("cache.hit.min > 50%", evidence).Result);
    }

    [Fact]
    public void Times_come_from_added_buckets_and_what_lies_above_the_last_is_not_known()
    {
        var evidence = Run(at => new InsidePoint { T = at, Over = 2, Asked = 1, Times = new Dictionary<string, InsideBuckets> { ["vectors.search"] = new([0.01, 0.1], [90, at is >= 40 and < 60 ? 0 : 9, at is >= 40 and < 60 ? 9 : 0], 2) } });
        Assert.Equal(Result.Pass, One("vectors.search.p50 < 10ms", evidence).Result);
        Assert.Equal(Result.Fail, One("vectors.search.p95 < 20ms", evidence).Result);
        var beyond = One("vectors.search.p99 < 1s during outage", evidence);
        Assert.Equal((Result.Invalid, (double?)null), (beyond.Result, beyond.Value));
        Assert.Contains("lies above the last bound of the target's buckets (100 ms), and is not known", beyond.Reason);
    }

    [Fact]
    public void What_was_not_told_is_invalid_and_never_a_pass()
    {
        var evidence = Run(at => Levels(("cpu{service:embedding}", 0.2)));
        var misspelt = One("cpu{service:embeding} < 1", evidence);
        Assert.Equal(Result.Invalid, misspelt.Result);
        Assert.Contains("cpu{service:embeding} has no sample in the hold phase; did you mean 'cpu{service:embedding}'?", misspelt.Reason);
        Assert.Contains("nothing told it", One("db.connections.max < 100", evidence).Reason);
        Assert.Equal(Result.Invalid, One("db.connections.max < 100", evidence).Result);
        Assert.Equal(Result.Invalid, One("db.connections.max < 100 over 10s", evidence).Result);
        Assert.Contains("2 samples are too few", One("queue.depth.max < 100", Run(at => Levels(("queue.depth", 1)), every: 50)).Reason);
    }

    [Fact]
    public void A_part_of_the_run_that_was_not_watched_is_invalid()
    {
        // Between 40 s and 60 s no look was answered; over all of the phase most were.
        var evidence = Run(at => at is >= 40 and < 60
            ? new InsidePoint { T = at, Over = 2, Asked = 2, Failed = new Dictionary<string, string> { ["a"] = "timed out", ["b"] = "timed out" }, Levels = new Dictionary<string, double> { ["queue.depth"] = 1 } }
            : Levels(("queue.depth", 1)));
        Assert.Equal(Result.Pass, One("queue.depth.max < 100", evidence).Result);
        var outage = One("queue.depth.max < 100 during outage", evidence);
        Assert.Equal(Result.Invalid, outage.Result);
        Assert.Contains("only 0 of 20 looks at the target from inside were answered in outage", outage.Reason);
    }

    [Fact]
    public void A_baseline_is_compared_by_name()
    {
        var evidence = Run(at => Levels(("memory{service:query}", 300))) with { Context = Context with { HasBaseline = true }, Baseline = new("before", new Dictionary<string, double> { ["memory{service:query}"] = 200 }) };
        Assert.Equal(Result.Fail, One("memory{service:query} < 1.2x baseline", evidence).Result);
        Assert.Equal(Result.Pass, One("memory{service:query} < 2x baseline", evidence).Result);
        Assert.Equal(Result.Invalid, One("cpu < 2x baseline", evidence).Result);
    }

    [Fact]
    public void A_summary_has_each_part_and_all_together()
    {
        var (values, metrics) = ToldMeasures.Measure([Levels(("cpu{service:a}", 1), ("cpu{service:b}", 2)), Levels(("cpu{service:a}", 3), ("cpu{service:b}", 2))]);
        Assert.Equal([(null, 3.0, 4.0, (double?)5), ("service:a", 1, 2, 3), ("service:b", 2, 2, 2)], values.Select(value => (value.Selector, value.Min!.Value, value.Mean, value.Max)));
        Assert.Equal((4, 5, 3), (metrics["cpu"].Value, metrics["cpu.max"].Value, metrics["cpu.max{service:a}"].Value));
    }

    [Theory]
    [InlineData("cpu{servce:embedding} < 1", "names the unknown label 'servce' of 'cpu'", "did you mean 'service'?")]
    [InlineData("cpu{embedding} < 1", "has 'embedding' in braces, which is no label with its value", "write, for example, cpu{service:NAME}")]
    [InlineData("query.cpu < 1", "asks for 'cpu' of one operation", "write cpu")]
    [InlineData("vectors.search < 1s", "does not say what of 'vectors.search' is to be compared", "add a statistic")]
    [InlineData("vectors.search.max < 1s", "asks for 'max' of 'vectors.search', which comes in buckets", "write vectors.search.p95")]
    [InlineData("memory.max < 2", "has the limit '2', which needs its unit", "write, for example, memory.max < 500MiB")]
    [InlineData("memory.max < 2 apples", "has the limit '2 apples', which needs its unit", "write")]
    [InlineData("queue.dept < 2", "names the unknown metric 'queue.dept'", "did you mean 'queue.depth'?")]
    [InlineData("abort when queue.depth > 5 over 10s", "asks for 'queue.depth' while the run goes on", "write")]
    [InlineData("vectors.search.p95 < 2x query.p95", "compares with a metric what only the target itself can tell", "write the limit out")]
    [InlineData("query.p95 < 2x vectors.search.p95", "compares with a metric what only the target itself can tell", "write the limit out")]
    public void A_mistake_is_named_with_its_remedy(string text, string rule, string remedy)
    {
        var (line, mistake) = ObjectiveParser.Read(text, Context);
        Assert.Null(line);
        Assert.StartsWith(rule, mistake!.Rule);
        Assert.StartsWith(remedy, mistake.Remedy);
    }

    [Theory]
    [InlineData("memory.max < 1.5GiB", 1.5 * 1024 * 1024 * 1024)]
    [InlineData("memory.max < 500 MB", 5e8)]
    [InlineData("network.in < 10MiB/s", 10 * 1024 * 1024)]
    [InlineData("queue.depth.max < 1000", 1000)]
    [InlineData("queue.lag.max < 30s", 30)]
    [InlineData("cpu{service:embedding}.max < 1.5 cores", 1.5)]
    public void Limits_are_written_with_their_units(string text, double limit) =>
        Assert.Equal(limit, ((Limit.Fixed)ObjectiveParser.Read(text, Context).Line!.Limit).Value);

    [Fact]
    public void An_operation_that_is_called_like_a_metric_keeps_its_response_time()
    {
        var mine = new ObjectiveContext(["memory", "queue"]);
        Assert.Equal(("memory.p95", ""), ObjectiveParser.Read("memory.p95 < 3s", mine) is ({ } own, _) ? (own.Name, own.Metric.Name) : default);
        Assert.Equal("queue.depth", ObjectiveParser.Read("queue.depth < 3", mine).Line!.Metric.Name);
        Assert.Equal("queue.errors", ObjectiveParser.Read("queue.errors < 3%", mine).Line!.Name);
    }

    [Fact]
    public void What_nothing_tells_of_the_target_is_a_mistake_at_check()
    {
        var (_, none) = ObjectiveParser.Read("queue.depth.max < 5", Context with { Inside = [] });
        Assert.Equal(("asks for 'queue.depth', which nothing tells of this target", "write 'probes:' in its profile, with the Prometheus endpoints that know it (docs/targets.md)"), (none!.Rule, none.Remedy));
        var (_, other) = ObjectiveParser.Read("queue.depth.max < 5", Context with { Inside = ["cpu"] });
        Assert.Equal("add it to 'probes.metrics' in its profile (docs/targets.md); there are cpu", other!.Remedy);
        Assert.Null(ObjectiveParser.Read("queue.depth.max < 5", Context with { Inside = ["queue.depth"] }).Mistake);
    }

    private static (Result, double?) Of(string objective, Evidence evidence) => One(objective, evidence) is var verdict ? (verdict.Result, verdict.Value) : default;

    private static ObjectiveVerdict One(string objective, Evidence evidence) =>
        Judge.Objective(Judge.Understand(new Objective(objective, 1), evidence.Context), evidence);

    private static InsidePoint Levels(params (string Key, double Value)[] levels) => new() { T = 0, Asked = 1, Levels = levels.ToDictionary(level => level.Key, level => level.Value) };

    private Evidence Run(Func<double, InsidePoint> look, int every = 2)
    {
        using (var log = new InsideLog(_folder.Path))
            for (var at = 0; at < 120; at += every)
                log.Write(look(at) with { T = at });
        var recorded = new Recorded(["query"], Times, Times.End, new PhaseTotals(Phase.Up, ["query"]), new PhaseTotals(Phase.Hold, ["query"]), new PhaseTotals(Phase.Down, ["query"]));
        return new Evidence(recorded) { Context = Context, Log = new RecordedLog(_folder.Path, ["query"], Times, Spans, Times.End) };
    }
}
