using Loadline.Recording;
using Loadline.Verdicts;
using Xunit;
using static Loadline.Tests.Recording.Exchanges;

namespace Loadline.Tests.Verdicts;

public class WarmUpTests
{
    // Hold from 10 s to 110 s.
    private static readonly PhaseTimes Times = PhaseTimes.Of(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(10));

    [Fact]
    public void Slow_first_seconds_are_a_warm_up_and_nothing_more()
    {
        var found = WarmUp.Find(Series(t => t < 22 ? 0.3 : 0.1), Times)!;
        Assert.Equal((22, true), (found.End, found.IsOver));
        Assert.StartsWith("query took 3", found.Why);
    }

    [Fact]
    public void A_slow_decay_ends_where_it_has_levelled_off()
    {
        var found = WarmUp.Find(Series(t => 0.1 + 0.4 * Math.Exp(-(t - 10) / 6.0)), Times)!;
        Assert.InRange(found.End, 15, 35);
        Assert.True(found.IsOver);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_steady_run_loses_nothing(int seed) => Assert.Null(WarmUp.Find(Series(_ => 0.1, noise: 0.3, seed: seed), Times));

    [Fact]
    public void A_difference_too_small_to_matter_is_none() => Assert.Null(WarmUp.Find(Series(t => t < 22 ? 0.11 : 0.1, noise: 0.01), Times));

    [Fact]
    public void A_start_that_is_faster_than_the_rest_is_no_warm_up() => Assert.Null(WarmUp.Find(Series(t => t < 22 ? 0.05 : 0.1), Times));

    [Fact]
    public void A_fault_in_the_middle_is_no_warm_up() => Assert.Null(WarmUp.Find(Series(t => t is >= 60 and < 75 ? 0.5 : 0.1), Times));

    [Fact]
    public void A_fault_that_makes_all_quicker_makes_no_warm_up_of_what_was_before()
    {
        var series = Series(t => t is >= 34 and < 75 ? 0.05 : 0.1);
        Assert.NotNull(WarmUp.Find(series, Times));
        Assert.Null(WarmUp.Find(series, Times, [new RunSpan("outage", Nanoseconds(34), Nanoseconds(75))]));
        // Before it, a warm-up is one as ever.
        var found = WarmUp.Find(Series(t => t < 20 ? 0.3 : t is >= 60 and < 90 ? 0.05 : 0.1), Times, [new RunSpan("outage", Nanoseconds(60), Nanoseconds(90))])!;
        Assert.InRange(found.End, 20, 22);
        Assert.True(found.IsOver);
    }

    [Fact]
    public void A_warm_up_that_never_ends_takes_a_quarter_and_says_so()
    {
        var found = WarmUp.Find(Series(t => 1.0 - (t - 10) * 0.009), Times)!;
        Assert.Equal((35, false), (found.End, found.IsOver));
    }

    [Fact]
    public void Never_more_than_a_quarter_is_left_out()
    {
        var found = WarmUp.Find(Series(t => t < 50 ? 0.3 : 0.1), Times)!;
        Assert.Equal((35, false), (found.End, found.IsOver));
    }

    [Fact]
    public void A_short_phase_tells_nothing() =>
        Assert.Null(WarmUp.Find(Series(t => t < 14 ? 0.3 : 0.1), PhaseTimes.Of(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(15), TimeSpan.Zero)));

    [Fact]
    public void First_seconds_in_which_exchanges_failed_are_a_warm_up_that_is_told()
    {
        var found = WarmUp.Find(Series(_ => 0.1, failed: t => t < 24 && t % 3 > 0 ? 4 : 0), Times)!;
        Assert.InRange(found.End, 22, 24);
        Assert.True(found.IsOver);
        Assert.StartsWith("11.", found.Failures);
        Assert.EndsWith("% of exchanges failed or timed out until then and 0% afterwards (means of the seconds' shares)", found.Failures);
    }

    [Fact]
    public void Slow_and_failing_first_seconds_are_both_told()
    {
        var found = WarmUp.Find(Series(t => t < 30 ? 0.3 : 0.1, failed: t => t < 20 ? 2 : 0), Times)!;
        Assert.Equal(30, found.End);
        Assert.StartsWith("query took 3", found.Why);
        Assert.NotNull(found.Failures);
    }

    [Fact]
    public void Failures_that_stay_or_come_later_are_judged()
    {
        Assert.Null(WarmUp.Find(Series(_ => 0.1, failed: t => t % 3 > 0 ? 2 : 0), Times));
        Assert.Null(WarmUp.Find(Series(_ => 0.1, failed: t => t is >= 60 and < 80 ? 5 : 0), Times));
        Assert.Null(WarmUp.Find(Series(_ => 0.1, failed: t => t == 11 ? 1 : 0), Times)); // one exchange is chance
    }

    private static List<SeriesPoint> Series(Func<int, double> median, double noise = 0.1, int seed = 1, Func<int, long>? failed = null)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, 120).Select(t =>
        {
            var value = median(t) * (1 + noise * (random.NextDouble() - 0.5));
            return new SeriesPoint
            {
                T = t,
                Users = 10,
                Operations = new Dictionary<string, SeriesOperation> { ["query"] = new(20, 0, 0, failed?.Invoke(t) ?? 0, 0, value, value * 2, value * 3) },
            };
        })];
    }
}
