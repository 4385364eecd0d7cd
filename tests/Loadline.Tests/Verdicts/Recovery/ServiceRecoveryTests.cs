using Loadline.Plans;
using Loadline.Tests.Recording;
using Loadline.Verdicts;
using Loadline.Verdicts.Recovery;
using Loadline.Wire;
using Xunit;
using static Loadline.Tests.Recording.Exchanges;

namespace Loadline.Tests.Verdicts.Recovery;

public sealed class ServiceRecoveryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_is_the_time_until_all_objectives_hold_for_five_seconds()
    {
        // The fault ends at 50 s. Queries fail until 58 s, and are slow until 63 s.
        Record(at => at is >= 40 and < 57.8 ? (0.1, Outcome.Failed) : at is >= 57.8 and < 63 ? (4, Outcome.Ok) : (0.1, Outcome.Ok));
        // The slow ones end until 67 s, and are counted when they end.
        Assert.Equal(17, Of(50, "query.p95 < 3s", "errors < 1%").Seconds!.Value, 6);
        Assert.Equal(8, Of(50, "errors < 1%").Seconds!.Value, 6);
    }

    [Fact]
    public void Who_is_well_at_once_took_no_time()
    {
        Record(_ => (0.1, Outcome.Ok));
        Assert.Equal(0, Of(50, "query.p95 < 3s", "errors < 1%").Seconds);
    }

    [Fact]
    public void Throughput_that_stays_away_is_no_recovery()
    {
        Record(at => at is >= 40 and < 70 ? null : (0.1, Outcome.Ok));
        Assert.Equal(20, Of(50, "rps > 15").Seconds!.Value, 1.01);
        Assert.Equal(0, Of(50, "query.p95 < 3s").Seconds);
    }

    [Fact]
    public void Who_still_answers_without_a_part_has_not_recovered()
    {
        Record(at => (0.1, at is >= 40 and < 55.8 ? Outcome.Degraded : Outcome.Ok));
        Assert.Equal(6, Of(50, "errors < 1%").Seconds!.Value, 6);
    }

    [Fact]
    public void Who_always_answers_so_some_of_the_time_has_recovered_when_it_does_so_as_before()
    {
        // One answer in ten before, all in the fault, one in ten from 56 s on.
        Record(at => (0.1, at is >= 40 and < 55.8 || Math.Round(at * 20) % 10 == 0 ? Outcome.Degraded : Outcome.Ok));
        Assert.Equal(6, Of(50, "before:outage", ["errors < 1%"]).Seconds!.Value, 6);
        Assert.Null(Of(50, "errors < 1%").Seconds);
    }

    [Fact]
    public void Who_is_never_well_again_failed_and_the_last_objective_in_the_way_is_named()
    {
        Record(at => at >= 40 ? (0.1, Outcome.Failed) : (0.1, Outcome.Ok));
        var figure = Of(50, "query.p95 < 3s", "errors < 1%");
        Assert.Null(figure.Seconds);
        Assert.Matches(@"^in none of the \d+ stretches of 5 s after it was all as before; in the last, query\.p95 < 3s did not$", figure.Failed);
    }

    [Fact]
    public void A_fault_at_the_phases_end_leaves_no_time_to_tell()
    {
        Record(_ => (0.1, Outcome.Ok));
        Assert.Equal("the hold phase ended less than 5 s after it", Of(107, "errors < 1%").Unknown);
        Assert.StartsWith("the plan has no objective", Of(50, "should errors < 1%", "errors < 1% during outage", "users >= 10").Unknown);
    }

    private void Record(Func<double, (double Took, Outcome Outcome)?> how)
    {
        using var recorder = RecorderOf(_folder);
        var all = from i in Enumerable.Range(0, 2000)
                  let at = 10 + (i * 0.05)
                  let of = how(at)
                  where of is not null
                  orderby at + of.Value.Took
                  select Exchange(at, of.Value.Took, of.Value.Outcome, scenario: "readers");
        foreach (var exchange in all)
        {
            recorder.Record(exchange);
            recorder.Flush(exchange.End);
        }
        recorder.Complete(Nanoseconds(120));
    }

    private FaultFigure Of(double end, params string[] objectives) => Of(end, before: null, objectives);

    private FaultFigure Of(double end, string? before, string[] objectives)
    {
        var context = new ObjectiveContext(Operations) { Spans = ["outage"], Faults = ["outage"] };
        return ServiceRecovery.Of([.. objectives.Select(text => Judge.Understand(new Objective(text, 0), context))], Log(_folder), before, end);
    }
}
