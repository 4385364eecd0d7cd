using Loadline.Plans;
using Loadline.Recording;
using Loadline.Verdicts;
using Loadline.Wire;
using Xunit;
using static Loadline.Tests.Recording.Exchanges;

namespace Loadline.Tests.Verdicts;

public class JudgeTests
{
    /// <summary>Each kind of objective with a recording on which it must fire, made from the healthy one by one planted defect.</summary>
    public static TheoryData<string, string> Defects => new()
    {
        { "query.p95 < 3s", "slow" },
        { "p95 < 3s", "slow" },
        { "query.mean < 1s", "slow" },
        { "query.service.p95 < 3s", "slow" },
        { "query.max < 3s", "slow" },
        { "query.p95 < 300ms", "late" },
        { "lateness.p95 < 100ms", "late" },
        { "query.ttft.p95 < 1s", "slow first token" },
        { "query.gap.p95 < 100ms", "slow tokens" },
        { "generation.speed > 20 tok/s", "slow tokens" },
        { "generation.speed.p5 > 20 tok/s", "some slow tokens" },
        { "errors < 1%", "failing" },
        { "query.errors < 1%", "failing" },
        { "availability > 99.9%", "failing" },
        { "query.success > 99%", "failing" },
        { "errors < 1%", "timing out" },
        { "query.p95 < 3s", "timing out" },
        { "availability.seconds > 99%", "down for ten seconds" },
        { "degraded < 5%", "degraded" },
        { "throttled < 1%", "throttled" },
        { "success > 99%", "throttled" },
        { "query.correct > 90%", "wrong" },
        { "rps > 15", "throttled" },
        { "rps > 15", "few" },
        { "users >= 1000", "users lost" },
        { "searchable.p95 < 10s", "slow indexing" },
        { "searchable.success > 99%", "never searchable" },
    };

    [Theory]
    [MemberData(nameof(Defects))]
    public void An_objective_fires_on_its_planted_defect_and_is_silent_without_it(string objective, string defect)
    {
        var healthy = Planted.Run();
        Assert.Equal((Result.Pass, null), (One(objective, healthy).Result, One(objective, healthy).Reason));

        var verdict = One(objective, Planted.Run(defect));
        Assert.Equal(Result.Fail, verdict.Result);
        Assert.NotNull(verdict.Reason);
    }

    [Theory]
    [InlineData("upload.errors < 1%", "failing")]
    [InlineData("upload.p95 < 3s", "slow")]
    [InlineData("availability > 99.9%", "throttled")]
    [InlineData("errors < 1%", "throttled")]
    [InlineData("query.service.p95 < 300ms", "late")]
    [InlineData("generation.speed > 20 tok/s", "some slow tokens")]
    [InlineData("availability > 99.9%", "degraded")]
    public void An_objective_is_silent_on_anothers_defect(string objective, string defect) =>
        Assert.Equal(Result.Pass, One(objective, Planted.Run(defect)).Result);

    [Fact]
    public void Values_samples_and_units_are_reported()
    {
        var verdict = One("query.errors < 1%", Planted.Run("failing"));
        Assert.Equal((10.0, 1000, 1.0, "%", "query.errors"), (verdict.Value!.Value, verdict.Samples, verdict.Limit, verdict.Unit, verdict.Metric));
        Assert.Equal("query.errors is 10%, and must be < 1%", verdict.Reason);
    }

    [Fact]
    public void Too_few_samples_are_invalid_and_never_pass()
    {
        // n ≥ ln 0.025 ÷ ln p: 72 for p95, 368 for p99; a share of 1 % needs 100.
        foreach (var (objective, needed) in new[] { ("query.p95 < 3s", 72), ("query.p99 < 3s", 368), ("query.errors < 1%", 100), ("query.mean < 3s", 30), ("query.availability > 99.9%", 1000) })
        {
            var short1 = One(objective, Planted.Quick(needed - 1));
            Assert.Equal(Result.Invalid, short1.Result);
            Assert.Contains($"needs at least {needed}", short1.Reason);
            Assert.Equal(Result.Pass, One(objective, Planted.Quick(needed)).Result);
        }
    }

    [Theory]
    [InlineData("query.p95 < 3s")]
    [InlineData("generation.speed > 20 tok/s")]
    [InlineData("searchable.p95 < 10s")]
    [InlineData("errors < 1%")]
    [InlineData("rps > 1")]
    [InlineData("query.correct > 90%")]
    [InlineData("availability.seconds > 99%")]
    [InlineData("users >= 1")]
    public void Without_a_sample_nothing_passes(string objective)
    {
        using var recorder = Recorder();
        var verdict = One(objective, recorder.Complete(Nanoseconds(120)));
        Assert.Equal((Result.Invalid, null), (verdict.Result, verdict.Value));
    }

    [Fact]
    public void When_every_exchange_fails_a_latency_fails_and_does_not_pass_as_fast()
    {
        var verdict = One("query.p95 < 3s", Planted.Quick(500, Outcome.Failed));
        Assert.Equal((Result.Fail, "none of 500 exchanges was answered"), (verdict.Result, verdict.Reason));
    }

    [Fact]
    public void A_percentile_fails_when_more_went_unanswered_than_it_leaves_out()
    {
        var verdict = One("query.p95 < 3s", Planted.Run("failing"));
        Assert.Equal(Result.Fail, verdict.Result);
        Assert.Equal("10% of 1000 exchanges were not answered, more than p95 leaves out (5%); the value is of those answered", verdict.Reason);
        Assert.True(verdict.Value < 3);
        Assert.Equal(Result.Pass, One("query.p50 < 3s", Planted.Run("failing")).Result);
    }

    [Fact]
    public void A_wish_that_fails_or_cannot_be_judged_warns()
    {
        Assert.Equal(Result.Warn, One("should query.p95 < 3s", Planted.Run("slow")).Result);
        Assert.Equal(Result.Warn, One("should query.p99.9 < 3s", Planted.Quick(10)).Result);
        Assert.Equal(Result.Pass, One("should query.p95 < 3s", Planted.Run()).Result);
    }

    [Fact]
    public void The_worst_objective_decides_and_the_sentence_says_why()
    {
        Assert.Equal((Result.Pass, "All 2 objectives hold."), All(Planted.Run(), "query.p95 < 3s", "errors < 1%"));
        Assert.Equal((Result.Warn, "1 of 2 objectives should hold and does not: query.p50 is 200 ms, and must be < 100 ms."), All(Planted.Run(), "should query.p50 < 100ms", "errors < 1%"));
        Assert.Equal((Result.Fail, "1 of 3 objectives does not hold: query.errors is 10%, and must be < 1%."), All(Planted.Run("failing"), "query.errors < 1%", "should upload.p95 < 1ms", "users >= 1000"));
        Assert.Equal(Result.Invalid, All(Planted.Quick(200, Outcome.Failed), "errors < 1%", "generation.speed > 1 tok/s", "searchable.p95 < 1s").Item1);
        Assert.Equal((Result.Invalid, "The run can't be judged: the plan has no objective."), All(Planted.Run()));

        static (Result, string) All(Recorded recorded, params string[] objectives)
        {
            var verdict = Judge.Verdict([.. objectives.Select(text => new Objective(text, 0))], recorded, RunHealth.Assess(recorded));
            return (verdict.Result, verdict.Because);
        }
    }

    [Fact]
    public void A_note_says_what_percentiles_leave_out()
    {
        Assert.Equal("10% of query exchanges failed or timed out: its response times are of the others only.", Assert.Single(Judge.Verdict([], Planted.Run("failing"), RunHealth.Good).Notes));
        Assert.Empty(Judge.Verdict([], Planted.Run(), RunHealth.Good).Notes);
    }

    [Fact]
    public void An_unhealthy_run_is_invalid_whatever_its_objectives_say()
    {
        var verdict = Judge.Verdict([new Objective("errors < 1%", 0)], Planted.Run(), RunHealth.Good.And("the target's log could not be read"));
        Assert.Equal((Result.Invalid, Result.Pass), (verdict.Result, verdict.Objectives[0].Result));
        Assert.Equal("The run can't be judged: the target's log could not be read.", verdict.Because);
    }

    [Fact]
    public void Health_sees_a_run_cut_short_a_late_generator_and_an_empty_hold_phase()
    {
        Assert.Empty(RunHealth.Assess(Planted.Run()).Invalid);
        Assert.Contains("the run was cut short: 40 s of the hold phase's 100 s", Assert.Single(RunHealth.Assess(Planted.Run(until: 50)).Invalid));
        Assert.StartsWith("the load generator could not keep up", Assert.Single(RunHealth.Assess(Planted.Run("very late")).Invalid));
        using var empty = Recorder();
        Assert.Equal("no exchange was due in the hold phase", Assert.Single(RunHealth.Assess(empty.Complete(Nanoseconds(120))).Invalid));
    }

    [Fact]
    public void A_run_that_was_not_ready_at_its_start_is_a_warning_at_best()
    {
        var health = RunHealth.Good with { Warning = "12% of exchanges failed until then" };
        var verdict = Judge.Verdict([new Objective("errors <= 100%", 0)], Planted.Run(), health);
        Assert.Equal((Result.Warn, "The one objective holds, but: 12% of exchanges failed until then."), (verdict.Result, verdict.Because));
        Assert.Equal(Result.Fail, Judge.Verdict([new Objective("rps > 1000000", 0)], Planted.Run(), health).Result);
    }

    [Fact]
    public void Every_metric_with_a_value_is_listed_by_its_name()
    {
        var metrics = MetricCatalog.Measure(Planted.Run());
        foreach (var name in new[] { "p95", "query.p95", "upload.p99", "query.service.p50", "query.ttft.p95", "query.gap.p95", "generation.speed", "generation.speed.p5", "searchable.p95", "availability", "query.errors", "rps", "users" })
            Assert.True(metrics.ContainsKey(name), name);
        Assert.False(metrics.ContainsKey("upload.ttft.p95"));
        Assert.Equal(("s", 1000), (metrics["query.p95"].Unit, metrics["query.p95"].Samples));
        Assert.Equal(20, metrics["rps"].Value, 0.001);
    }

    [Theory]
    [InlineData(0.00025, "s", "250 us")]
    [InlineData(0.0123, "s", "12.3 ms")]
    [InlineData(2.345, "s", "2.35 s")]
    [InlineData(99.95, "%", "99.95%")]
    [InlineData(21.04, "tok/s", "21 tok/s")]
    [InlineData(512.34, "1/s", "512.3 per s")]
    public void A_value_is_written_for_people(double value, string unit, string text) => Assert.Equal(text, MetricCatalog.Text(value, unit));

    private static ObjectiveVerdict One(string objective, Recorded recorded) =>
        Assert.Single(Judge.Verdict([new Objective(objective, 0)], recorded, RunHealth.Good).Objectives);
}
