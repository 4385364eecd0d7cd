using System.Globalization;
using CsCheck;
using Loadline.Plans;
using Loadline.Schedules;
using Xunit;

namespace Loadline.Tests.Schedules;

public class RateScheduleTests
{
    // The ramps (seconds, rate as it begins, rate as it ends), the index, and when it is due in ticks of 100 ns, with the arithmetic beside it.
    [Theory]
    [InlineData("100/s: i ÷ 100", "10 100 100", 7, 700_000)]
    [InlineData("120/s: 1 ÷ 120 s = 83,333.3 ticks", "10 120 120", 1, 83_333)]
    [InlineData("120/s: 120 ÷ 120 s", "10 120 120", 120, 10_000_000)]
    [InlineData("0 to 10/s over 10 s: t²/2 = 8, t = 4 s", "10 0 10", 8, 40_000_000)]
    [InlineData("0 to 10/s over 10 s: t²/2 = 49, t = √98 = 9.8994949366 s", "10 0 10", 49, 98_994_949)]
    [InlineData("10/s to 0 over 10 s: 10t − t²/2 = 32, t = 4 s", "10 10 0", 32, 40_000_000)]
    [InlineData("up 4 s to 10/s is 20 arrivals, then 10/s: the 25th after 4 s + 0.5 s", "4 0 10, 10 10 10", 25, 45_000_000)]
    [InlineData("spike: 10 s at 2/s is 20, then 100/s: 20 + 50 at 10.5 s", "10 2 2, 1 100 100, 10 2 2", 70, 105_000_000)]
    [InlineData("after the spike (20 + 100): 2 more at 2/s after 11 s + 1 s", "10 2 2, 1 100 100, 10 2 2", 122, 120_000_000)]
    [InlineData("a jump takes no time: 5 at 1/s, then 10/s: 5 + 10 at 6 s", "5 1 1, 0 1 10, 5 10 10", 15, 60_000_000)]
    [InlineData("nobody comes at rate 0: the 2nd is the first of the rate after it", "2 1 1, 8 0 0, 5 1 1", 2, 100_000_000)]
    public void An_arrival_is_due_when_the_integral_of_the_rate_has_reached_its_index(string arithmetic, string ramps, long index, long due)
    {
        var parts = ramps.Split(", ").Select(ramp => ramp.Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray());
        var actual = Constant([.. parts.Select(part => (part[0], part[1], part[2]))]).DueAt(index).Ticks;
        Assert.True(due == actual, $"{arithmetic}: {actual}");
    }

    [Theory]
    [InlineData(10, 100, 100, 1000)]   // 10 s × 100/s
    [InlineData(3, 0, 7, 11)]          // 10.5: 0…10 lie below it
    [InlineData(0.1, 3, 3, 1)]         // 0.3
    [InlineData(86400, 1157.4074074074074, 1157.4074074074074, 100_000_000)]
    public void There_are_as_many_arrivals_as_the_integral_says_and_none_at_the_end(double seconds, double from, double to, long count)
    {
        var schedule = Constant([(seconds, from, to)]);
        Assert.Equal(count, schedule.Count);
        Assert.True(schedule.DueAt(count - 1) < schedule.Duration);
        Assert.Throws<ArgumentOutOfRangeException>(() => schedule.DueAt(count));
    }

    [Fact]
    public void After_a_hundred_million_arrivals_nothing_has_drifted()
    {
        // 1000/s for 30 hours: the 10⁸-th arrival is due at 10⁵ s exactly, its neighbours 1 ms beside it.
        var schedule = Constant([(108_000, 1000, 1000)]);
        Assert.Equal(TimeSpan.FromSeconds(100_000), schedule.DueAt(100_000_000));
        Assert.Equal(TimeSpan.FromMilliseconds(100_000_001), schedule.DueAt(100_000_001));
        // 5000/s after a ramp of 60 s (150,000 arrivals): 10⁸ − 150,000 more at 5000/s.
        var ramped = Constant([(60, 0, 5000), (36_000, 5000, 5000)]);
        Assert.Equal(TimeSpan.FromSeconds(60 + ((100_000_000 - 150_000) / 5000.0)), ramped.DueAt(100_000_000));
        // Poisson: the 10⁸-th point lies within 6 standard deviations (√10⁸ = 10⁴ gaps) of its mean.
        var poisson = new RateSchedule([new Ramp(TimeSpan.FromHours(40), 1000, 1000)], 1);
        Assert.InRange(poisson.DueAt(100_000_000).TotalSeconds, 100_000 - 60, 100_000 + 60);
    }

    [Fact]
    public void Shards_add_up_to_exactly_the_undivided_schedule() =>
        Gen.Select(Ramps, Gen.Int[1, 9], Gen.ULong, Gen.Bool).Sample((ramps, shards, seed, poisson) =>
            SchedulesTests.AssertShardsAddUp(new RateSchedule(ramps, poisson ? seed : null), shards), iter: 200);

    [Fact]
    public void Due_times_never_go_back_and_lie_within_the_load() =>
        Gen.Select(Ramps, Gen.ULong, Gen.Bool).Sample((ramps, seed, poisson) =>
        {
            var schedule = new RateSchedule(ramps, poisson ? seed : null);
            var due = Enumerable.Range(0, (int)schedule.Count).Select(i => schedule.DueAt(i)).ToList();
            Assert.Equal(due.Order(), due);
            Assert.All(due, time => Assert.InRange(time, TimeSpan.Zero, schedule.Duration - TimeSpan.FromTicks(1)));
        }, iter: 200);

    [Fact]
    public void Poisson_arrivals_follow_the_rate()
    {
        // 0 → 200/s over 20 s: 2000 on average, a quarter of them (the triangle's first half) before 10 s. 6 standard deviations: 6·√2000 = 268, 6·√500 = 134.
        var schedule = new RateSchedule([new Ramp(TimeSpan.FromSeconds(20), 0, 200)], 7);
        Assert.InRange(schedule.Count, 2000 - 268, 2000 + 268);
        var early = Enumerable.Range(0, (int)schedule.Count).Count(i => schedule.DueAt(i) < TimeSpan.FromSeconds(10));
        Assert.InRange(early, 500 - 134, 500 + 134);
    }

    private static Gen<IReadOnlyList<Ramp>> Ramps =>
        Gen.Select(Gen.Double[0.1, 20], Gen.Double[0, 50], Gen.Double[0.5, 50]).Array[1, 5]
            .Select(parts => (IReadOnlyList<Ramp>)[.. parts.Select(part => new Ramp(TimeSpan.FromSeconds(part.Item1), part.Item2, part.Item3))]);

    private static RateSchedule Constant((double For, double From, double To)[] ramps) =>
        new([.. ramps.Select(ramp => new Ramp(TimeSpan.FromSeconds(ramp.For), ramp.From, ramp.To))], null);
}
