using Loadline.Plans;
using Loadline.Verdicts;
using Loadline.Verdicts.Recovery;
using Loadline.Wire;
using Xunit;
using static Loadline.Tests.Recording.Exchanges;

namespace Loadline.Tests.Verdicts;

public sealed class FaultMetricTests
{
    private static readonly ObjectiveContext Context = new(Operations) { Spans = ["outage", "restart", "before:outage", "after:outage"], Faults = ["outage", "restart"], HasBaseline = true };

    [Theory]
    [InlineData("breaker.trigger < 5s", Result.Pass, 2.0)]
    [InlineData("breaker.trigger < 2s", Result.Fail, 2.0)]
    [InlineData("breaker.trigger < 2s during restart", Result.Pass, 1.0)]
    [InlineData("should breaker.trigger < 2s", Result.Warn, 2.0)]
    [InlineData("recovery < 30s during outage", Result.Pass, 7.0)]
    [InlineData("recovery < 30s", Result.Fail, null)] // restart was not recovered from
    [InlineData("queue.drain < 2m", Result.Invalid, null)] // of restart it can't be told
    [InlineData("queue.drain < 2m during outage", Result.Pass, 11.0)]
    [InlineData("queue.drain < 1.2x baseline during outage", Result.Pass, 11.0)]
    public void The_worst_of_the_faults_that_are_meant_is_judged(string objective, Result result, double? value)
    {
        var verdict = One(objective, [
            new("outage", 40, 60, new(2, 100), new(7, 100), new(11, 10)),
            new("restart", 80, 80, new(1, 100), new(null, 20, Failed: "it stayed away"), new(null, 3, Unknown: "3 were watched")),
        ]);
        Assert.Equal((result, value), (verdict.Result, verdict.Value));
    }

    [Fact]
    public void The_reason_names_the_fault()
    {
        FaultFigures[] faults = [new("outage", 40, 60, new(6, 100), new(null, 20, Failed: "it stayed away"), new(null, 3, Unknown: "3 were watched"))];
        Assert.Equal("breaker.trigger is 6 s for the fault 'outage', and must be < 5 s", One("breaker.trigger < 5s", faults).Reason);
        Assert.Equal("recovery was not reached for the fault 'outage': it stayed away", One("recovery < 30s", faults).Reason);
        Assert.Equal("queue.drain can't be told for the fault 'outage': 3 were watched", One("queue.drain < 2m", faults).Reason);
        Assert.Equal("there was nothing to measure: no fault began in restart", One("recovery < 30s during restart", faults).Reason);
    }

    [Theory]
    [InlineData("recovery < 30s during up", "asks for 'recovery' during 'up', which is not a fault of this plan", "outage, restart")]
    [InlineData("recovery < 30s after outage", "asks for 'recovery' during 'after outage'", "outage, restart")]
    [InlineData("recovery < 30s over 10s", "asks for 'recovery' in windows", "leave 'over' out")]
    [InlineData("abort when recovery > 30s over 10s", "asks for 'recovery' in windows", "leave 'over' out")]
    [InlineData("recovery < queue.drain", "compares a metric of faults with another", "write the limit out")]
    [InlineData("query.recovery < 3s", "asks for 'recovery' of one operation", "write recovery")]
    [InlineData("errors < 1% after outtage", "names 'outtage', which is not a fault of this plan", "did you mean 'outage'?")]
    [InlineData("errors < 1% after restart", "is about the hold phase after restart, and there is nothing of it", "let the fault begin later")]
    [InlineData("errors < 1% after", "ends with 'after'", "write a fault's name behind it, such as after outage")]
    [InlineData("errors < 1% during hold after outage", "names two parts of the run", "leave one out")]
    public void A_mistake_is_named(string text, string rule, string remedy)
    {
        var mistake = ObjectiveParser.Read(text, Context).Mistake!;
        Assert.StartsWith(rule, mistake.Rule);
        Assert.Contains(remedy, mistake.Remedy);
    }

    [Fact]
    public void A_plan_without_faults_has_no_such_metric() =>
        Assert.Equal("asks for 'recovery', which is of faults, and this plan has none", ObjectiveParser.Read("recovery < 30s", Context with { Faults = [] }).Mistake!.Rule);

    [Fact]
    public void A_fallback_has_come_when_its_stream_begins_or_another_answer_ends()
    {
        using var recorder = Recorder();
        for (var i = 0; i < 100; i++)
        {
            recorder.Record(Stream(20 + (i * 0.1), 0.2, 11, 0.1, Outcome.Degraded)); // 0.2 s, and 1.2 s in all
            recorder.Record(Exchange(20 + (i * 0.1), 0.4, Outcome.Degraded, "upload"));
            recorder.Record(Exchange(20 + (i * 0.1), 9)); // not degraded
        }
        var evidence = new Evidence(recorder.Complete(Nanoseconds(120))) { Context = Context };
        Assert.Equal(0.2, One("query.fallback.p95 < 1s", evidence).Value!.Value, 0.001);
        Assert.Equal(0.4, One("fallback.p95 < 1s", evidence).Value!.Value, 0.001);
        Assert.Equal(Result.Invalid, One("fallback.p95 < 1s", new Evidence(Planted.Run()) { Context = Context }).Result);
        var none = One("fallback.p95 < 1s", new Evidence(Planted.Quick(300, Outcome.Failed)) { Context = Context });
        Assert.Equal((Result.Fail, "there was no fallback: nothing was answered without a part, and 300 exchanges failed"), (none.Result, none.Reason));
    }

    private static ObjectiveVerdict One(string objective, IReadOnlyList<FaultFigures> faults) =>
        One(objective, new Evidence(Planted.Run()) { Context = Context, Faults = faults, Baseline = new Baseline("earlier", new Dictionary<string, double> { ["queue.drain"] = 10 }) });

    private static ObjectiveVerdict One(string objective, Evidence evidence) => Assert.Single(Judge.Verdict([new Objective(objective, 0)], evidence, RunHealth.Good).Objectives);
}
