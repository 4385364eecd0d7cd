using Loadline.Probes;
using Loadline.Verdicts;
using Loadline.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loadline.Tests.Probes;

public class GeneratorProbeTests
{
    private const long Millisecond = 1_000_000, Second = 1000 * Millisecond;

    [Fact]
    public void A_generator_that_runs_evenly_has_no_standstill()
    {
        var use = Watch(from: 10, to: 20, at => at + 100 * Millisecond + at % 7 * Millisecond);
        Assert.Equal((0.0, 0.0), (use.Stalls!.Value, use.LongestStall));
        Assert.Equal((5.0, 0.0), (use.Concurrency!.Mean, use.Concurrency.StandardError));
        Assert.Equal(0.02, use.GcPauses!.Value, 1e-6);
    }

    [Fact]
    public void A_stop_of_two_seconds_is_a_standstill_of_a_fifth_of_ten()
    {
        var use = Watch(from: 10, to: 20, at => at + (at == 14 * Second ? 2100 : 100) * Millisecond);
        Assert.Equal((0.2, 2.0), (use.Stalls!.Value, use.LongestStall));
        Assert.NotNull(GeneratorRules.Check(Verdicts.Planted.Run().Hold, use).Single(check => check.Name == "standstill").Broken);
    }

    [Fact]
    public async Task Those_who_are_in_flight_in_step_with_the_looks_are_seen_as_often_as_they_are_there()
    {
        // Of each 100 ms 10 are busy, with 50 exchanges: 5 on average. Looks each 100 ms would see 50 or none.
        var time = new FakeTimeProvider();
        var clock = new RunClock(time);
        var probe = new GeneratorProbe(() => clock.Now / Millisecond % 100 < 10 ? 50 : 0, 0, 1000 * Second, () => TimeSpan.Zero);
        using var stop = new CancellationTokenSource();
        var looking = probe.RunAsync(clock, seed: 1, stop.Token);
        for (var millisecond = 0; millisecond < 100_000; millisecond++)
            time.Advance(TimeSpan.FromMilliseconds(1));
        await stop.CancelAsync();
        await looking;
        var seen = probe.AddTo(new GeneratorUse());
        Assert.InRange(seen.Concurrency!.Samples, 990, 1000);
        Assert.InRange(seen.Concurrency.Mean, 4, 6);
        Assert.Equal(0.0, seen.Stalls);
    }

    [Fact]
    public void What_happens_outside_of_the_phase_does_not_count()
    {
        var use = Watch(from: 10, to: 20, at => at + (at is 5 * Second or 21 * Second ? 2100 : 100) * Millisecond);
        Assert.Equal(0.0, use.Stalls!.Value);
    }

    [Fact]
    public void Samples_are_bounded_however_long_the_run()
    {
        var probe = new GeneratorProbe(() => 3, 0, long.MaxValue, () => TimeSpan.Zero);
        for (var i = 0L; i < 10 * GeneratorProbe.MostSamples; i++)
            probe.Look(i * 100 * Millisecond, i * 100 * Millisecond);
        Assert.InRange(probe.AddTo(new GeneratorUse()).Concurrency!.Samples, GeneratorProbe.MostSamples / 4, GeneratorProbe.MostSamples);
    }

    [Fact]
    public void A_probe_that_never_looked_says_nothing() =>
        Assert.Equal(new GeneratorUse(), new GeneratorProbe(() => 3, 0, Second, () => TimeSpan.Zero).AddTo(new GeneratorUse()));

    private static GeneratorUse Watch(int from, int to, Func<long, long> next)
    {
        var (due, now) = (0L, 0L);
        var probe = new GeneratorProbe(() => 5, from * Second, to * Second, () => TimeSpan.FromTicks(now / 100 / 50)); // a fiftieth of the time
        for (; now < 30 * Second; (due, now) = (now + 100 * Millisecond, next(now)))
            probe.Look(due, now);
        return probe.AddTo(new GeneratorUse());
    }
}
