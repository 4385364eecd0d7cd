using System.Globalization;
using CsCheck;
using Loadline.Plans;
using Loadline.Schedules;
using Xunit;

namespace Loadline.Tests.Schedules;

/// <summary>Bursts, replays and ramping users; what all schedules owe.</summary>
public class SchedulesTests
{
    [Theory]
    // 7 in groups of 2 at least: ⌊7 ÷ 2⌋ = 3 groups, 2 s apart; arrival i is in group ⌊3i ÷ 7⌋: 0 0 0 1 1 2 2.
    [InlineData(7, 6, 2, new[] { 0.0, 0, 0, 2, 2, 4, 4 })]
    // 10 one at a time within 5 s: every 0.5 s.
    [InlineData(10, 5, 1, new[] { 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5 })]
    // All at once.
    [InlineData(3, 9, 3, new[] { 0.0, 0, 0 })]
    // 5 in groups of 3 at least: one group.
    [InlineData(5, 9, 3, new[] { 0.0, 0, 0, 0, 0 })]
    public void A_burst_comes_in_groups_evenly_spaced(int requests, double within, int atOnce, double[] due)
    {
        var schedule = new BurstSchedule(requests, TimeSpan.FromSeconds(within), atOnce);
        Assert.Equal(due.Select(TimeSpan.FromSeconds), All(schedule));
        Assert.Equal(TimeSpan.FromSeconds(within), schedule.Duration);
    }

    [Fact]
    public void No_group_of_a_burst_is_smaller_than_asked_for() =>
        Gen.Select(Gen.Int[1, 500], Gen.Int[1, 500], Gen.Int[1, 100]).Where((requests, atOnce, _) => atOnce <= requests).Sample((requests, atOnce, within) =>
        {
            var groups = All(new BurstSchedule(requests, TimeSpan.FromSeconds(within), atOnce)).CountBy(due => due).ToList();
            Assert.All(groups, group => Assert.InRange(group.Value, atOnce, requests));
            Assert.InRange(groups.Max(group => group.Value) - groups.Min(group => group.Value), 0, 1);
            Assert.Equal(requests, groups.Sum(group => group.Value));
        }, iter: 500);

    [Fact]
    public void A_replay_keeps_the_traces_own_times()
    {
        TimeSpan[] times = [TimeSpan.Zero, TimeSpan.FromSeconds(11), TimeSpan.FromSeconds(11), TimeSpan.FromSeconds(43)];
        Assert.Equal(times, All(new ReplaySchedule(times, TimeSpan.FromSeconds(44))));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReplaySchedule([times[1], times[0]], TimeSpan.FromSeconds(44)));
    }

    [Fact]
    public void Shards_of_bursts_and_replays_add_up_to_exactly_the_undivided_schedule() =>
        Gen.Select(Gen.Int[1, 300], Gen.Int[1, 20], Gen.Int[1, 9], Gen.Int[0, 1000].Array[1, 100]).Where((requests, atOnce, _, _) => atOnce <= requests).Sample((requests, atOnce, shards, times) =>
        {
            AssertShardsAddUp(new BurstSchedule(requests, TimeSpan.FromSeconds(7), atOnce), shards);
            AssertShardsAddUp(new ReplaySchedule([.. times.Order().Select(time => TimeSpan.FromMilliseconds(time))], TimeSpan.FromSeconds(2)), shards);
        }, iter: 200);

    [Theory]
    // 0 → 4 over 4 s, hold 4 s, 4 → 0 over 4 s: user i comes at i s and goes at 8 + (4 − i) s.
    [InlineData("4:4 4:4 4:0", 0, "0-12")]
    [InlineData("4:4 4:4 4:0", 3, "3-9")]
    // 0 → 2 in 2 s, hold 1 s, 2 → 1 in 1 s, hold 2 s, jump to 3, hold 4 s: user 1 goes at 4 s (2 → 1 reaches 1) and comes back at 6 s.
    [InlineData("2:2 1:2 1:1 2:1 0:3 4:3", 0, "0-10")]
    [InlineData("2:2 1:2 1:1 2:1 0:3 4:3", 1, "1-4 6-10")]
    [InlineData("2:2 1:2 1:1 2:1 0:3 4:3", 2, "6-10")]
    public void A_ramping_user_is_there_while_the_level_is_above_its_number(string stages, int user, string spans)
    {
        var ramps = new List<Ramp>();
        foreach (var stage in stages.Split(' ').Select(stage => stage.Split(':')))
            ramps.Add(new Ramp(TimeSpan.FromSeconds(double.Parse(stage[0], CultureInfo.InvariantCulture)), ramps.LastOrDefault()?.To ?? 0, double.Parse(stage[1], CultureInfo.InvariantCulture)));
        Assert.Equal(spans, string.Join(' ', new RampingPopulation(ramps).SpansOf(user).Select(span => $"{span.Start.TotalSeconds:0}-{span.Stop.TotalSeconds:0}")));
    }

    [Fact]
    public void As_many_ramping_users_are_there_as_the_level_says() =>
        Gen.Select(Gen.Int[0, 20], Gen.Int[0, 40]).Array[1, 6].Where(stages => stages.Any(stage => stage is ( > 0, > 0))).Sample(stages =>
        {
            var ramps = new List<Ramp>();
            foreach (var (seconds, to) in stages)
                ramps.Add(new Ramp(TimeSpan.FromSeconds(seconds), ramps.LastOrDefault()?.To ?? 0, to));
            var population = new RampingPopulation(ramps);
            var spans = Enumerable.Range(0, population.Users).SelectMany(population.SpansOf).ToList();
            var at = TimeSpan.Zero;
            foreach (var ramp in ramps)
            {
                // In the middle of a ramp, away from where a user just comes or goes.
                if (ramp.For > TimeSpan.Zero && (ramp.From + ramp.To) / 2 is var level && level % 1 != 0)
                    Assert.Equal((int)Math.Ceiling(level), spans.Count(span => span.Start <= at + ramp.For / 2 && at + ramp.For / 2 < span.Stop));
                at += ramp.For;
            }
        }, iter: 500);

    internal static void AssertShardsAddUp(Schedule whole, int shards)
    {
        var parts = Enumerable.Range(0, shards).Select(i => whole.Shard(i, shards)).ToList();
        Assert.Equal(whole.Count, parts.Sum(part => part.Count));
        for (var i = 0; i < whole.Count; i++)
            Assert.Equal(whole.DueAt(i), parts[i % shards].DueAt(i / shards));
        Assert.Equal(All(whole), parts.SelectMany(All).Order());
    }

    private static List<TimeSpan> All(Schedule schedule) => [.. Enumerable.Range(0, (int)schedule.Count).Select(i => schedule.DueAt(i))];
}
