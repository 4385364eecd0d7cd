using Loadline.Verdicts;
using Xunit;
using static Loadline.Tests.Recording.Exchanges;

namespace Loadline.Tests.Verdicts;

public class GeneratorRulesTests
{
    private static readonly GeneratorUse Healthy = new()
    {
        CpuCores = 0.2,
        CpuShare = 2,
        GcPauses = 0.001,
        Stalls = 0,
        Offered = 10_000,
        Dropped = 0,
        // Planted: 10 queries of 0.2 s and 10 uploads of 0.05 s a second: 10 × 0.25 s = 2.5 in flight.
        Concurrency = new Concurrency(2.5, 0.02, 1000),
    };

    [Fact]
    public void A_healthy_generator_breaks_no_rule()
    {
        var checks = GeneratorRules.Check(Planted.Run().Hold, Healthy);
        Assert.Equal(6, checks.Count);
        Assert.All(checks, check => Assert.Null(check.Broken));
        Assert.Empty(RunHealth.Assess(Planted.Run(), Healthy).Invalid);
    }

    public static TheoryData<string, string> Defects => new()
    {
        { "cpu", "the load generator used 1.7 of the 2 cores that it may use" },
        { "gc", "the load generator's garbage collection held it for 2% of the time" },
        { "stall", "the load generator stood still for 20% of the time, 2 s at the longest" },
        { "dropped", "the load generator dropped 0.2% of the 10000 arrivals that were due" },
        { "little", "the figures contradict each other: 2.7 exchanges were in flight on average, and throughput × time makes it 2.5" },
    };

    [Theory]
    [MemberData(nameof(Defects))]
    public void Each_rule_makes_the_run_invalid_when_it_is_broken(string defect, string says)
    {
        var use = defect switch
        {
            "cpu" => Healthy with { CpuCores = 1.7 },
            "gc" => Healthy with { GcPauses = 0.02 },
            "stall" => Healthy with { Stalls = 0.2, LongestStall = 2 },
            "dropped" => Healthy with { Dropped = 20 },
            _ => Healthy with { Concurrency = new Concurrency(2.7, 0.02, 1000) },
        };
        Assert.StartsWith(says, Assert.Single(RunHealth.Assess(Planted.Run(), use).Invalid).Replace(" %", "%"));
    }

    [Theory]
    // A turn of think 1 s and P50 0.05…0.2 s allows 2 %: some 21–24 ms.
    [InlineData(0.015, 1.0, 0, true)]
    [InlineData(0.030, 1.0, 0, false)]
    // Without think time (arrivals on a schedule) the response alone counts, but at least 1 ms.
    [InlineData(0.0009, 0.0, 0, true)]
    [InlineData(0.015, 0.0, 0, false)]
    // A machine whose clock gives 2 ms at rest can't be asked for 1.
    [InlineData(0.0055, 0.0, 0.002, true)]
    [InlineData(0.0065, 0.0, 0.002, false)]
    // However long users think, 100 ms is late.
    [InlineData(0.150, 60.0, 0, false)]
    public void Send_lag_is_judged_against_a_users_turn(double lag, double think, double idle, bool kept)
    {
        using var recorder = Recorder();
        for (var i = 0; i < 500; i++)
            recorder.Record(Exchange(11 + i * 0.1, 0.05, late: lag));
        var recorded = recorder.Complete(Nanoseconds(120));
        var invalid = RunHealth.Assess(recorded, new GeneratorUse { IdleLag = idle }, [new ScenarioSends(null, TimeSpan.FromSeconds(think), recorded.Hold.All())]).Invalid;
        Assert.Equal(kept, invalid.Count == 0);
        Assert.All(invalid, reason => Assert.StartsWith("the load generator could not keep up", reason));
    }

    [Fact]
    public void Lateness_in_a_warm_up_that_is_not_judged_is_not_judged_either()
    {
        using var late = Recorder();
        using var rest = Recorder();
        for (var i = 0; i < 500; i++)
        {
            late.Record(Exchange(11 + i * 0.1, 0.05, late: i < 50 ? 0.05 : 0.0001));
            if (i >= 50)
                rest.Record(Exchange(11 + i * 0.1, 0.05, late: 0.0001));
        }
        var (recorded, judged) = (late.Complete(Nanoseconds(120)), rest.Complete(Nanoseconds(120)).Hold);
        Assert.Single(RunHealth.Assess(recorded).Invalid);
        Assert.Empty(RunHealth.Assess(recorded, sends: [new ScenarioSends(null, TimeSpan.Zero, judged.All())]).Invalid);
    }

    [Theory]
    // Answers of 5 s bear 25 ms, those of 0.04 s bear 1 ms; the one that is worst for its own users is told.
    [InlineData(0.025, 0.0005, null)]
    [InlineData(0.025, 0.002, "one request in a hundred of steady was sent 2 ms late or later (limit 1 ms)")]
    [InlineData(0.120, 0.0005, "one request in a hundred of burst was sent 120 ms late or later (limit 100 ms)")]
    public void Of_several_scenarios_each_is_judged_against_its_own_users_turn(double burstLag, double steadyLag, string? says)
    {
        ScenarioSends[] sends = [Sends("burst", 5, burstLag), Sends("steady", 0.04, steadyLag)];
        var health = RunHealth.Assess(Planted.Run(), new GeneratorUse(), sends);
        if (says is null)
            Assert.Empty(health.Invalid);
        else
            Assert.Contains(says, Assert.Single(health.Invalid));

        static ScenarioSends Sends(string name, double seconds, double lag)
        {
            using var recorder = Recorder();
            for (var i = 0; i < 100; i++)
                recorder.Record(Exchange(11 + i * 0.1, seconds, late: lag));
            return new ScenarioSends(name, TimeSpan.Zero, recorder.Complete(Nanoseconds(120)).Hold.All());
        }
    }

    [Fact]
    public void Littles_law_is_silent_when_samples_cannot_tell()
    {
        var vague = Healthy with { Concurrency = new Concurrency(2.9, 0.1, 30) };
        Assert.DoesNotContain(GeneratorRules.Check(Planted.Run().Hold, vague), check => check.Name.StartsWith("Little", StringComparison.Ordinal));
        Assert.Null(Concurrency.Of([1, 2, 3]));
        var sampled = Concurrency.Of([.. Enumerable.Range(0, 1000).Select(i => i % 5)])!;
        Assert.Equal((2.0, 0.0, 1000), (sampled.Mean, Math.Round(sampled.StandardError, 9), sampled.Samples));
    }
}
