using Microsoft.Extensions.Time.Testing;
using Rag.Gateway.Shedding;
using Xunit;

namespace Rag.Tests.Gateway.Shedding;

/// <summary>64 servers of a second each: 64 requests a second are the peak.</summary>
public class AdaptiveLimitTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.8)]
    public void Below_capacity_nothing_is_refused(double load)
    {
        var system = new SimulatedSystem(64) { Load = 64 * load };
        var (done, refused, _) = system.Run(600);
        Assert.Equal(0, refused);
        Assert.InRange(done, 64 * load * 0.95, 64 * load * 1.05);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Overload_leaves_the_peak_and_bounds_the_waiting(double load)
    {
        var system = new SimulatedSystem(64) { Load = 32 };
        system.Run(60);
        system.Load = 64 * load;
        Assert.InRange(system.Run(60).Done, 64 * 0.9, 64 * 1.1); // from the first minute on
        for (var minute = 0; minute < 15; minute++) // no drift
        {
            var (done, _, latency) = system.Run(60);
            Assert.InRange(done, 64 * 0.9, 64 * 1.1);
            Assert.InRange(latency, 1, 4);
        }
    }

    [Fact]
    public void After_a_loss_of_most_capacity_the_rest_is_used_and_its_return_is_noticed_within_a_minute()
    {
        var system = new SimulatedSystem(64) { Load = 51 };
        Assert.Equal(0, system.Run(120).Refused);
        system.Servers = 19;
        Assert.InRange(system.Run(60).Done, 19 * 0.9, 19 * 1.3); // what was under way is finished too
        var (done, _, latency) = system.Run(60);
        Assert.InRange(done, 19 * 0.9, 19 * 1.1);
        Assert.InRange(latency, 1, 5);
        system.Servers = 64;
        system.Run(60);
        (done, var refused, _) = system.Run(60);
        Assert.InRange(done, 51 * 0.9, 51 * 1.1);
        Assert.InRange(refused, 0, 0.5);
    }

    [Fact]
    public void Work_that_has_become_slow_without_a_queue_is_not_refused_for_long()
    {
        var system = new SimulatedSystem(4096) { Load = 60 };
        Assert.Equal(0, system.Run(60).Refused);
        system.ServiceSeconds = 6; // 360 at once, below the first limit of 2048
        system.Run(120); // two cuts that hurt, and are undone
        for (var minute = 0; minute < 10; minute++)
            Assert.InRange(system.Run(60).Refused, 0, 60 * 0.05);
        Assert.True(system.Limit.Limit >= 360, $"{system.Limit.Limit}");
    }

    [Fact]
    public void What_is_refused_or_late_behind_lowers_the_limit_down_to_the_least_and_no_further()
    {
        var time = new FakeTimeProvider();
        var limit = new AdaptiveLimit(time, 16, 100, 1000);
        var kind = limit.Kind(TimeSpan.Zero);
        for (var second = 0; second < 100; second++)
        {
            var entered = Enumerable.Range(0, 200).Count(_ => limit.TryEnter());
            time.Advance(TimeSpan.FromSeconds(1));
            for (var i = 0; i < entered; i++)
                limit.Leave(kind, default, default, LoadOutcome.Dropped);
        }

        Assert.Equal(16, limit.Limit);
        Assert.Equal(0, limit.InFlight);
    }

    [Fact]
    public void What_tells_nothing_changes_nothing()
    {
        var time = new FakeTimeProvider();
        var limit = new AdaptiveLimit(time, 16, 100, 1000);
        var kind = limit.Kind(TimeSpan.Zero);
        for (var second = 0; second < 100; second++)
        {
            Assert.True(limit.TryEnter());
            time.Advance(TimeSpan.FromSeconds(second));
            limit.Leave(kind, TimeSpan.FromSeconds(second), TimeSpan.FromSeconds(second), LoadOutcome.Ignored);
        }

        Assert.Equal(100, limit.Limit);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(500, false)]
    public void Waiting_that_nobody_minds_refuses_nothing(int unnoticedMilliseconds, bool isRefused)
    {
        // 4 servers of 5 ms, asked by 60 who ask again as soon as they are answered: they wait 75 ms, and nothing is lost by it.
        var time = new FakeTimeProvider();
        var limit = new AdaptiveLimit(time, 1, 100, 1000);
        var kind = limit.Kind(TimeSpan.FromMilliseconds(unnoticedMilliseconds));
        var refused = 0;
        for (var (second, latency) = (0, 5); second < 60; second++, latency = second < 10 ? 5 : 75)
        {
            var entered = Enumerable.Range(0, 60).Count(_ => limit.TryEnter());
            refused += 60 - entered;
            time.Advance(TimeSpan.FromMilliseconds(100));
            for (var i = 0; i < entered; i++)
                limit.Leave(kind, TimeSpan.FromMilliseconds(latency), TimeSpan.FromMilliseconds(latency), LoadOutcome.Done);
            time.Advance(TimeSpan.FromMilliseconds(900));
        }

        Assert.Equal(isRefused, refused > 0);
    }

    [Fact]
    public void Less_urgent_work_leaves_room_for_the_urgent()
    {
        var limit = new AdaptiveLimit(new FakeTimeProvider(), 1, 10, 10);
        Assert.Equal(8, Enumerable.Range(0, 20).Count(_ => limit.TryEnter(0.8)));
        Assert.Equal(2, Enumerable.Range(0, 20).Count(_ => limit.TryEnter()));
    }
}
