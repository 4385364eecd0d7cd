using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using Rag.Caching;
using Rag.Engines.Redis;
using Rag.Errors;
using Rag.Limits;
using Rag.Tests.Engines;
using Xunit;

namespace Rag.Tests.Conformance.RateLimits;

/// <summary>Limits as several gateways see them, with their clock.</summary>
internal abstract class LimitsHouse : IAsyncDisposable
{
    public abstract IReadOnlyList<IRateLimits> Views { get; }

    public abstract Task AdvanceAsync(TimeSpan time);

    public abstract ValueTask DisposeAsync();

    public async Task<RateDecision> TakeAsync(string user, int limit, int permits = 1, int view = 0) => await Views[view].TakeAsync(new RateTake(user, limit, permits), default);
}

/// <summary>What every engine of the rate limits owes the gateways. Steps are a second long (60 requests a minute), so that a call's own time decides nothing.</summary>
public abstract class RateLimitsConformance
{
    internal abstract Task<LimitsHouse> OpenAsync();

    [Fact]
    public async Task A_rested_user_may_send_the_quota_at_once_and_then_one_each_step()
    {
        await using var house = await OpenAsync();
        for (var i = 0; i < 60; i++)
        {
            var passed = await house.TakeAsync("ann", 60, view: i % 2);
            Assert.Equal((true, 59 - i, TimeSpan.Zero), (passed.Allowed, passed.Remaining, passed.RetryAfter));
            Assert.InRange(passed.Restored.TotalSeconds, i - 0.01, i + 1.001);
        }

        var refused = await house.TakeAsync("ann", 60);
        Assert.Equal((false, 0), (refused.Allowed, refused.Remaining));
        Assert.InRange(refused.RetryAfter.TotalSeconds, 0.01, 1);
        Assert.InRange(refused.Restored.TotalSeconds, 59, 60);
        await house.AdvanceAsync(refused.RetryAfter + TimeSpan.FromMilliseconds(2));
        Assert.True((await house.TakeAsync("ann", 60, view: 1)).Allowed);
        Assert.False((await house.TakeAsync("ann", 60)).Allowed);
    }

    [Fact]
    public async Task A_refusal_costs_nothing_and_several_permits_pass_together_or_not_at_all()
    {
        await using var house = await OpenAsync();
        var first = await house.TakeAsync("ann", 60, 50);
        Assert.Equal((true, 10), (first.Allowed, first.Remaining));
        for (var i = 0; i < 20; i++)
        {
            var refused = await house.TakeAsync("ann", 60, 15);
            Assert.False(refused.Allowed);
            Assert.InRange(refused.RetryAfter.TotalSeconds, 4, 5);
        }

        Assert.True((await house.TakeAsync("ann", 60, 10)).Allowed);
        Assert.False((await house.TakeAsync("ann", 60)).Allowed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(49_999)]
    [InlineData(1_000_000)]
    [InlineData(500_000_000)]
    public async Task The_whole_quota_passes_and_no_more(int limit)
    {
        await using var house = await OpenAsync();
        Assert.True((await house.TakeAsync("ann", limit, limit)).Allowed);
        // What comes back between two calls may pass; all at once may not.
        Assert.False((await house.TakeAsync("ann", limit, limit)).Allowed);
        Assert.True((await house.TakeAsync("beth", limit, int.MaxValue)).Allowed); // more than the limit counts as the limit
        Assert.True((await house.TakeAsync("carl", limit, 0)).Allowed); // and none as one
    }

    [Fact]
    public async Task Users_of_any_name_have_quotas_of_their_own()
    {
        await using var house = await OpenAsync();
        foreach (var user in (string[])["", "a", "A", "a\0", "🚢", "\ud800", "\ud801", "{a}", new string('x', 100_000)])
        {
            Assert.True((await house.TakeAsync(user, 1)).Allowed);
            var refused = await house.TakeAsync(user, 1);
            Assert.False(refused.Allowed);
            Assert.InRange(refused.RetryAfter.TotalSeconds, 55, 60);
        }
    }

    [Fact]
    public async Task A_limit_below_one_counts_as_one()
    {
        await using var house = await OpenAsync();
        Assert.True((await house.TakeAsync("ann", 0)).Allowed);
        Assert.False((await house.TakeAsync("ann", -5)).Allowed);
    }

    [Fact]
    public async Task Concurrent_requests_at_two_gateways_share_one_quota()
    {
        await using var house = await OpenAsync();
        var clock = Stopwatch.StartNew();
        var passed = await Task.WhenAll(Enumerable.Range(0, 8).Select(caller => Task.Run(async () =>
        {
            var allowed = 0;
            for (var i = 0; i < 100; i++)
                allowed += (await house.TakeAsync("ann", 120, view: caller % 2)).Allowed ? 1 : 0;
            return allowed;
        })));
        Assert.InRange(passed.Sum(), 120, 120 + 1 + (int)(clock.Elapsed.TotalSeconds * 2));
    }
}

/// <summary>The memory of one process.</summary>
public sealed class BuiltInRateLimitsTests : RateLimitsConformance
{
    internal override Task<LimitsHouse> OpenAsync() => Task.FromResult<LimitsHouse>(new House());

    private sealed class House : LimitsHouse
    {
        private readonly FakeTimeProvider _time = new();

        public House()
        {
            var store = new RateLimitStore(_time, 1_000_000);
            Views = [store, store];
        }

        public override IReadOnlyList<IRateLimits> Views { get; }

        public override Task AdvanceAsync(TimeSpan time)
        {
            _time.Advance(time);
            return Task.CompletedTask;
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

/// <summary>Redis 7.0, by its own clock.</summary>
public sealed class RedisRateLimitsTests(EngineServers servers) : RateLimitsConformance
{
    internal override async Task<LimitsHouse> OpenAsync() => new House(await servers.GetAsync("redis"));

    [Fact]
    public async Task Its_decisions_are_those_of_the_embedded_limiter_at_the_same_times()
    {
        // The script tells its time by what it answers: a user's first take at time t says when its quota is whole. So both are asked about the same gaps, to the tick.
        await using var house = await OpenAsync();
        var time = new FakeTimeProvider();
        var limiter = new RateLimiter(time);
        var chance = new Random(3);
        var (ahead, behind) = (0L, 0L);
        for (var i = 0; i < 200; i++)
        {
            var permits = chance.Next(1, 9);
            var theirs = await house.TakeAsync("ann", 600, permits);
            // How much time went by at the server since the last call.
            var before = theirs.Restored.Ticks - (theirs.Allowed ? permits * TimeSpan.TicksPerSecond / 10 : 0);
            behind += ahead > 0 ? ahead - before : 0;
            if (behind > 0)
            {
                time.Advance(TimeSpan.FromTicks(behind));
                behind = 0;
            }

            var ours = limiter.Take("ann", 600, permits);
            if (behind == 0) // a server's clock may be set back a little; ours is ahead of it until it is there again
                Assert.Equal((theirs.Allowed, theirs.Remaining, theirs.RetryAfter, theirs.Restored), (ours.Allowed, ours.Remaining, ours.RetryAfter, ours.Restored));
            ahead = theirs.Restored.Ticks;
        }
    }

    [Fact]
    public async Task A_server_that_is_down_or_frozen_costs_its_time_out_and_is_used_again_when_it_is_back()
    {
        if (EngineServer.Missing("redis") is { } why)
            Assert.Skip(why);
        await using var server = await EngineServer.StartAsync("redis");
        await using var house = new House(server);
        Assert.True((await house.TakeAsync("ann", 1)).Allowed);
        server.Freeze();
        var clock = Stopwatch.StartNew();
        Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(() => house.TakeAsync("ann", 1))).Error);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1.5));
        server.Thaw();
        await server.KillAsync();
        clock.Restart();
        Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(() => house.TakeAsync("ann", 1))).Error);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1.5));
        await server.StartAgainAsync();
        clock.Restart();
        while (true)
            try
            {
                Assert.True((await house.TakeAsync("ann", 1)).Allowed); // it forgot: a whole quota again
                return;
            }
            catch (RagException) when (clock.Elapsed < TimeSpan.FromSeconds(20))
            {
                await Task.Delay(20);
            }
    }

    private sealed class House : LimitsHouse
    {
        private readonly RedisConnection[] _connections;

        public House(EngineServer server)
        {
            var options = new RedisOptions { Connection = server.Address, Prefix = Guid.NewGuid().ToString("N"), Timeout = TimeSpan.FromSeconds(1) };
            _connections = [new RedisConnection(options, TimeProvider.System), new RedisConnection(options, TimeProvider.System)];
            Views = [.. _connections.Select(connection => new RedisRateLimits(connection))];
        }

        public override IReadOnlyList<IRateLimits> Views { get; }

        // By the clock that decides: a delay of this process ends some milliseconds early, and the server's clock may be set.
        public override async Task AdvanceAsync(TimeSpan time)
        {
            var patience = Stopwatch.StartNew();
            for (var until = await NowAsync() + time; await NowAsync() < until && patience.Elapsed < time + TimeSpan.FromSeconds(30);)
                await Task.Delay(5);
        }

        private async Task<TimeSpan> NowAsync()
        {
            var now = await _connections[0].CallAsync("caching", database => database.ExecuteAsync("TIME"), default);
            return TimeSpan.FromSeconds((long)now[0]) + TimeSpan.FromMicroseconds((long)now[1]);
        }

        public override async ValueTask DisposeAsync()
        {
            foreach (var connection in _connections)
                await connection.DisposeAsync();
        }
    }
}
