using Loadline.Plans;
using Loadline.Tests.Recording;
using Loadline.Verdicts;
using Loadline.Wire;
using Xunit;
using static Loadline.Tests.Recording.Exchanges;

namespace Loadline.Tests.Verdicts;

/// <summary>Objectives over windows, spans, scenarios, baselines and other metrics, each with a defect that only it can see.</summary>
public sealed class ScopedJudgeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_window_that_breaks_an_objective_is_named_and_the_whole_phase_does_not_hide_it()
    {
        // Slow from 40 s to 60 s: a fifth of the phase, so its p50 does not see it.
        var evidence = Run(at => at is >= 40 and < 60 ? 4 : 0.1);
        Assert.Equal(Result.Pass, One("query.p50 < 3s", evidence).Result);
        var verdict = One("query.p50 < 3s over 10s", evidence);
        Assert.Equal(Result.Fail, verdict.Result);
        Assert.Equal(4, verdict.Value!.Value, 0.01);
        Assert.Contains("query.p50 is 4 s, and must be < 3 s, in the window from ", verdict.Reason);
        Assert.EndsWith("such windows of 10", verdict.Reason);
        Assert.Equal(Result.Pass, One("query.p50 < 3s over 10s", Run(_ => 0.1)).Result);
    }

    [Fact]
    public void A_window_with_too_few_samples_is_invalid_and_one_without_any_has_no_throughput()
    {
        var gap = Run(at => at is >= 49.8 and < 60 ? null : 0.1);
        var few = One("query.p95 < 3s over 10s", gap);
        Assert.Equal(Result.Invalid, few.Result);
        Assert.Contains("in the window from 0:50 to 1:00", few.Reason);
        var none = One("rps > 5 over 10s", gap);
        Assert.Equal((Result.Fail, 0.0), (none.Result, none.Value!.Value));
        Assert.Contains("in the window from 0:50 to 1:00, one of 10", none.Reason);
        Assert.Contains("less than the window of 200 s", One("query.p95 < 3s over 200s", gap).Reason);
    }

    [Fact]
    public void A_span_is_judged_apart()
    {
        var evidence = Run(at => at is >= 40 and < 60 ? 2 : 0.1);
        var verdict = One("query.p95 < 1s during outage", evidence);
        Assert.Equal((Result.Fail, "query.p95 during outage is 2 s, and must be < 1 s"), (verdict.Result, verdict.Reason));
        Assert.Equal(Result.Pass, One("query.p95 < 3s during outage", evidence).Result);
        Assert.Equal(400, One("query.p95 < 3s during outage", evidence).Samples);
        Assert.Equal(Result.Invalid, One("query.p95 < 3s during up", evidence).Result);
    }

    [Fact]
    public void A_selector_judges_its_scenarios_alone()
    {
        var evidence = Run((at, scenario) => scenario == "writers" ? 2 : 0.1);
        Assert.Equal(Result.Pass, One("query.p95{scenario:readers} < 1s", evidence).Result);
        var writers = One("query.p95{kind:write} < 1s", evidence);
        Assert.Equal((Result.Fail, "query.p95{kind:write}", 1000), (writers.Result, writers.Metric, writers.Samples));
    }

    [Fact]
    public void A_limit_can_be_an_earlier_run_or_another_metric()
    {
        var evidence = Run(_ => 0.1) with { Baseline = new Baseline("earlier", new Dictionary<string, double> { ["query.p95"] = 0.09 }) };
        var worse = One("query.p95 < 1.05x baseline", evidence);
        Assert.Equal(Result.Fail, worse.Result);
        Assert.Equal(0.0945, worse.Limit!.Value, 1e-6);
        Assert.Equal(Result.Pass, One("query.p95 < 1.2x baseline", evidence).Result);
        var missing = One("query.p99 < 1.2x baseline", evidence);
        Assert.Equal((Result.Invalid, null), (missing.Result, missing.Limit));
        Assert.StartsWith("the baseline earlier has no query.p99", missing.Reason);
        Assert.Equal(Result.Pass, One("query.service.p95 <= query.p95", evidence).Result);
        Assert.Equal(Result.Fail, One("query.p95 < 0.5x query.service.p95", evidence).Result);
    }

    [Fact]
    public void The_seconds_of_a_warm_up_are_not_judged()
    {
        var evidence = Run(at => at < 20 ? 4 : 0.1);
        Assert.Equal(Result.Fail, One("query.p50 < 3s over 10s", evidence).Result);
        Assert.Equal(Result.Pass, One("query.p50 < 3s over 10s", evidence with { JudgedFrom = 24 }).Result);
    }

    [Fact]
    public void A_limit_within_the_values_interval_is_noted()
    {
        var random = new Random(3);
        var evidence = Run(_ => 0.1 + 0.1 * random.NextDouble());
        var median = One("query.p50 < 3s", evidence);
        Assert.NotNull(median.Interval);
        Assert.InRange(median.Value!.Value, median.Interval.Low, median.Interval.High);
        var near = Math.Round((median.Value.Value + median.Interval.High) / 2 * 1e6);
        var notes = Judge.Verdict([new Objective($"query.p50 < {near}us", 0)], evidence, RunHealth.Good).Notes;
        Assert.Contains("within the value's 95 % confidence interval", Assert.Single(notes));
    }

    // k6's traps.
    [Fact]
    public void When_all_requests_are_refused_a_latency_fails_and_a_failures_time_is_not_zero()
    {
        var evidence = Run(_ => 0.002, Outcome.Failed);
        Assert.Equal(Result.Fail, One("query.p95 < 3s", evidence).Result);
        Assert.Equal(Result.Fail, One("query.p95 < 3s over 10s", evidence).Result);
        Assert.Equal(Result.Fail, One("errors < 1%", evidence).Result);
        Assert.Equal(0.002, One("query.failed.p95 < 1s", evidence).Value!.Value, 1e-5);
        Assert.DoesNotContain("query.p95", MetricCatalog.Measure(evidence.Recorded).Keys);
    }

    [Fact]
    public void A_plan_that_sends_nothing_is_invalid_whatever_is_asked()
    {
        var evidence = Run(_ => null);
        var health = RunHealth.Assess(evidence.Recorded);
        foreach (var objective in new[] { "query.p95 < 3s", "errors < 1%", "errors == 0%", "rps >= 0", "rps >= 0 over 10s", "query.p95 < 3s over 10s", "failed.p95 < 1s" })
        {
            Assert.Equal(Result.Invalid, One(objective, evidence).Result);
            Assert.Equal(Result.Invalid, Judge.Verdict([new Objective(objective, 0)], evidence, health).Result);
        }
    }

    [Fact]
    public void A_rule_that_is_crossed_ends_the_run_at_once_and_says_why()
    {
        var context = Context();
        var ended = 0;
        var watch = new AbortWatch([new Objective("abort when errors > 20% over 10s", 0), new Objective("query.p95 < 3s", 0)], context, () => ended++);
        using var recorder = RecorderOf(_folder, watch.Take);
        var second = 0;
        for (; ended == 0 && second < 100; second++)
        {
            for (var i = 0; i < 20; i++)
                recorder.Record(Exchange(second + i * 0.04, 0.01, second >= 50 ? Outcome.Failed : Outcome.Ok, scenario: "readers"));
            recorder.Flush(Nanoseconds(second + 1.3));
        }
        // 3 of the last 10 seconds: 30 %; with 2 it is 20 %, which is not more.
        Assert.Equal((1, 53), (ended, second));
        var recorded = recorder.Complete(Nanoseconds(53));
        var evidence = new Evidence(recorded) { Context = context, Log = Log(_folder, 53), Aborts = watch };
        var verdict = Judge.Verdict([new Objective("abort when errors > 20% over 10s", 0), new Objective("query.p99.9 < 3s", 0)], evidence, RunHealth.Assess(recorded, aborted: true));
        Assert.Equal(Result.Fail, verdict.Result);
        Assert.Equal("The run was aborted: errors was 30% over the 10 s up to 0:53, and the run is aborted when it is > 20%.", verdict.Because);
        Assert.Equal([Result.Fail, Result.Invalid], verdict.Objectives.Select(objective => objective.Result));
    }

    [Fact]
    public void A_rule_that_is_not_crossed_passes_with_what_came_nearest()
    {
        var context = Context();
        var watch = new AbortWatch([new Objective("abort when errors > 20% over 10s", 0)], context, () => Assert.Fail("it was not crossed"));
        using var recorder = RecorderOf(_folder, watch.Take);
        for (var second = 0; second < 60; second++)
        {
            for (var i = 0; i < 20; i++)
                recorder.Record(Exchange(second + i * 0.04, 0.01, second == 30 ? Outcome.Failed : Outcome.Ok, scenario: "readers"));
            recorder.Flush(Nanoseconds(second + 1.3));
        }
        var verdict = One("abort when errors > 20% over 10s", new Evidence(recorder.Complete(Nanoseconds(60))) { Context = context, Aborts = watch });
        Assert.Equal((Result.Pass, 10.0), (verdict.Result, verdict.Value!.Value));
    }

    private static ObjectiveContext Context() => new(Operations)
    {
        Scenarios = new Dictionary<string, IReadOnlyDictionary<string, string>>
        {
            ["readers"] = new Dictionary<string, string> { ["kind"] = "read" },
            ["writers"] = new Dictionary<string, string> { ["kind"] = "write" },
        },
        Spans = ["outage"],
        HasBaseline = true,
    };

    private Evidence Run(Func<double, double?> took, Outcome outcome = Outcome.Ok) => Run((at, _) => took(at), outcome);

    /// <summary>20 queries a second, by two scenarios in turn, from 10 s to 110 s, each taking what a function says; null sends none.</summary>
    private Evidence Run(Func<double, string, double?> took, Outcome outcome = Outcome.Ok)
    {
        using var recorder = RecorderOf(_folder);
        for (var i = 0; i < 2000; i++)
        {
            var (at, scenario) = (10 + i * 0.05, i % 2 == 0 ? "readers" : "writers");
            if (took(at, scenario) is { } seconds)
                recorder.Record(Exchange(at, seconds, outcome, scenario: scenario));
            if (i % 20 == 0)
                recorder.Flush(Nanoseconds(at));
        }
        return new Evidence(recorder.Complete(Nanoseconds(120))) { Context = Context(), Log = Log(_folder) };
    }

    private static ObjectiveVerdict One(string objective, Evidence evidence) =>
        Assert.Single(Judge.Verdict([new Objective(objective, 0)], evidence, RunHealth.Good).Objectives);
}
