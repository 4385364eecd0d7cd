using CsCheck;
using Loadline.Schedules;
using Xunit;

namespace Loadline.Tests.Schedules;

public class ClosedPopulationTests
{
    // 4 users, 8 s up: one each 2 s from 0; 10 s hold; 4 s down: one each second from 19 s.
    private static readonly ClosedPopulation Four = new(4, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(4));

    [Theory]
    [InlineData(0, 0, 19)] //  8·0/4 = 0;  8 + 10 + 4·1/4 = 19
    [InlineData(1, 2, 20)] //  8·1/4 = 2;  18 + 4·2/4 = 20
    [InlineData(2, 4, 21)]
    [InlineData(3, 6, 22)] //  the last leaves as the load ends
    public void Users_come_and_go_evenly_spread(int user, double start, double stop)
    {
        Assert.Equal(start, Four.StartOf(user).TotalSeconds);
        Assert.Equal(stop, Four.StopOf(user).TotalSeconds);
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, 1)]
    [InlineData(1.9999999, 1)]
    [InlineData(2, 2)]
    [InlineData(6, 4)]
    [InlineData(18, 4)]
    [InlineData(18.9999999, 4)]
    [InlineData(19, 3)]
    [InlineData(21.5, 1)]
    [InlineData(22, 0)]
    public void Active_users_follow_the_picture(double seconds, int active) =>
        Assert.Equal(active, Four.ActiveAt(TimeSpan.FromTicks((long)Math.Round(seconds * 1e7))));

    [Fact]
    public void Without_ramps_all_are_there_from_the_first_to_the_last_moment()
    {
        var flat = new ClosedPopulation(9, TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.Zero);
        Assert.Equal([9, 9, 0], new[] { 0, 9_999_999, 10_000_000 }.Select(ticks => flat.ActiveAt(new TimeSpan(ticks))));
    }

    [Fact]
    public void The_formula_counts_exactly_the_users_who_started_and_did_not_stop() =>
        Gen.Select(Gen.Int[1, 60], Gen.Long[0, 500], Gen.Long[0, 500], Gen.Long[0, 500], Gen.Long[0, 1600]).Sample((users, up, hold, down, at) =>
        {
            var population = new ClosedPopulation(users, new TimeSpan(up), new TimeSpan(hold), new TimeSpan(down));
            var counted = Enumerable.Range(0, users).Count(user => population.StartOf(user).Ticks <= at && at < population.StopOf(user).Ticks);
            return population.ActiveAt(new TimeSpan(at)) == counted;
        });

    [Fact]
    public void A_hundred_thousand_users_over_a_day_do_not_overflow()
    {
        var population = new ClosedPopulation(100_000, TimeSpan.FromDays(1), TimeSpan.FromDays(1), TimeSpan.FromDays(1));
        Assert.Equal(TimeSpan.FromDays(3), population.StopOf(99_999));
        Assert.Equal(50_001, population.ActiveAt(TimeSpan.FromHours(12)));
    }
}
