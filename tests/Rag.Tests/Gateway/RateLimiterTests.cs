using Microsoft.Extensions.Time.Testing;
using Rag.Limits;
using Xunit;

namespace Rag.Tests.Gateway;

public class RateLimiterTests
{
    private readonly FakeTimeProvider _time = new();

    // Limit 60/min: one token a second, 60 at most. (seconds since the last step, requests sent, of which allowed, remaining)
    [Fact]
    public void A_rested_user_may_send_the_quota_at_once_and_then_one_each_step()
    {
        var limiter = new RateLimiter(_time);
        foreach (var (wait, sent, allowed, remaining) in new[]
        {
            (0.0, 61, 60, 0), // the whole minute's quota, and one too many
            (1.0, 2, 1, 0), // a second gives one back
            (0.5, 1, 0, 0),
            (0.5, 1, 1, 0),
            (30.0, 10, 10, 20), // 30 given back, 10 used
            (3600.0, 61, 60, 0), // never more than the quota, however long the rest
        })
        {
            _time.Advance(TimeSpan.FromSeconds(wait));
            var passed = 0;
            RateDecision last = default;
            for (var i = 0; i < sent; i++)
                passed += (last = limiter.Take("ann", 60)).Allowed ? 1 : 0;
            Assert.Equal((allowed, remaining), (passed, last.Remaining));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    [InlineData(9_973)]
    public void Over_a_long_time_exactly_the_limit_passes(int limit)
    {
        var limiter = new RateLimiter(_time);
        for (var i = 0; i < limit; i++)
            Assert.True(limiter.Take("ann", limit).Allowed);
        var refused = limiter.Take("ann", limit);
        Assert.False(refused.Allowed);
        Assert.InRange(refused.RetryAfter.TotalSeconds, 0, 60.0 / limit + 1e-6);
        _time.Advance(refused.RetryAfter + TimeSpan.FromTicks(1)); // a step may be no whole number of ticks
        Assert.True(limiter.Take("ann", limit).Allowed);
        Assert.False(limiter.Take("ann", limit).Allowed);
    }

    [Fact]
    public void A_refusal_costs_nothing()
    {
        var limiter = new RateLimiter(_time);
        limiter.Take("ann", 1);
        for (var i = 0; i < 1000; i++)
            Assert.Equal(TimeSpan.FromSeconds(60), limiter.Take("ann", 1).RetryAfter);
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.True(limiter.Take("ann", 1).Allowed);
    }

    [Fact]
    public void Users_who_are_rested_are_forgotten_so_memory_is_bounded()
    {
        var limiter = new RateLimiter(_time);
        for (var minute = 0; minute < 20; minute++)
        {
            for (var user = 0; user < 1000; user++)
                limiter.Take($"{minute}-{user}", 100);
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.InRange(limiter.Users, 1, 3000); // of 20,000
    }

    [Fact]
    public void However_many_users_there_are_at_once_no_more_than_the_bound_are_kept()
    {
        var limiter = new RateLimiter(_time, mostUsers: 2000);
        for (var user = 0; user < 10_000; user++)
            limiter.Take($"{user}", 1);
        Assert.InRange(limiter.Users, 1, 2000);
    }

    [Fact]
    public async Task Concurrent_requests_share_one_quota()
    {
        var limiter = new RateLimiter(_time);
        var passed = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Enumerable.Range(0, 1000).Count(_ => limiter.Take("ann", 500).Allowed))));
        Assert.Equal(500, passed.Sum());
    }
}
