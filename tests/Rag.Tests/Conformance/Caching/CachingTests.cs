using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using Rag.Caching;
using Rag.Engines.Redis;
using Rag.Errors;
using Rag.Tests.Engines;
using StackExchange.Redis;
using Xunit;

namespace Rag.Tests.Conformance.Caching;

/// <summary>The memory of one process.</summary>
public sealed class BuiltInCachingTests : CachingConformance
{
    internal override Task<CachingHouse> OpenAsync(CachingOptions options) => Task.FromResult<CachingHouse>(new House(options));

    private sealed class House : CachingHouse
    {
        private readonly FakeTimeProvider _time = new();
        private readonly CacheStore _store;

        // Made at once: askers that come together must not each make one.
        public House(CachingOptions options) => _store = new CacheStore(options, _time, new Random(1));

        public override IReadOnlyList<ICaching> Views => [_store, _store];

        public override TimeSpan Unit => TimeSpan.FromMinutes(1);

        public override Task AdvanceAsync(TimeSpan time)
        {
            _time.Advance(time);
            return Task.CompletedTask;
        }

        public override ValueTask DisposeAsync()
        {
            _store.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>Two processes on one Redis, by its own clock.</summary>
internal sealed class RedisCachingHouse : CachingHouse
{
    private readonly RedisConnection[] _connections;

    public RedisCachingHouse(EngineServer server, CachingOptions options, string? prefix = null)
    {
        Options = new RedisOptions { Connection = server.Address, Prefix = prefix ?? Guid.NewGuid().ToString("N"), Timeout = TimeSpan.FromSeconds(1) };
        _connections = [new RedisConnection(Options, TimeProvider.System), new RedisConnection(Options, TimeProvider.System)];
        Views = [.. _connections.Select((connection, number) => new RedisCaching(connection, options, TimeProvider.System, new Random(number)))];
    }

    public RedisOptions Options { get; }

    public override IReadOnlyList<ICaching> Views { get; }

    public override TimeSpan Unit => TimeSpan.FromMilliseconds(700);

    public override Task AdvanceAsync(TimeSpan time) => Task.Delay(time);

    public override async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections)
            await connection.DisposeAsync();
    }
}

/// <summary>Redis 7.0.</summary>
public sealed class RedisCachingTests(EngineServers servers) : CachingConformance
{
    internal override async Task<CachingHouse> OpenAsync(CachingOptions options) => new RedisCachingHouse(await servers.GetAsync("redis"), options);

    [Fact]
    public async Task A_killed_server_costs_a_refusal_and_what_was_kept_for_old_generations_is_never_told_after_it_forgot_all()
    {
        await using var server = await StartAsync();
        await using var house = new RedisCachingHouse(server, new CachingOptions());
        var before = await LookAsync(house.Views[0]);
        await KeepAsync(house.Views[0], "k", "old", before.Generation, TimeSpan.FromMinutes(1));
        var late = await LookAsync(house.Views[0], "late");
        await server.KillAsync();
        var clock = Stopwatch.StartNew();
        Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(() => LookAsync(house.Views[0]))).Error);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1.5));
        await server.StartAgainAsync();
        var after = await RecoveredAsync(house.Views[0]);
        Assert.Equal((CacheState.Lead, false), (after.State, after.Stale));
        Assert.True(after.Generation > before.Generation);
        await RecoveredAsync(house.Views[1], "other");
        await KeepAsync(house.Views[1], "late", "old", late.Generation, TimeSpan.FromMinutes(1));
        Assert.Equal(CacheState.Lead, (await LookAsync(house.Views[0], "late")).State);

        // Publications work again as well: one who waits is told long before it would look by itself.
        var waiting = WaitAsync(house.Views[0], "late");
        await KeepAsync(house.Views[1], "late", "new", after.Generation, TimeSpan.FromMinutes(1));
        Assert.Equal("new", Text(await Soon(waiting)));
    }

    [Fact]
    public async Task A_frozen_server_costs_a_call_and_a_wait_its_time_out_and_is_used_again_when_it_answers()
    {
        await using var server = await StartAsync();
        await using var house = new RedisCachingHouse(server, new CachingOptions());
        var lead = await LookAsync(house.Views[0]);
        var waiting = WaitAsync(house.Views[1]);
        server.Freeze();
        try
        {
            var clock = Stopwatch.StartNew();
            Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(() => LookAsync(house.Views[0]))).Error);
            Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(() => house.Views[0].InvalidateAsync(["t"], default).AsTask())).Error);
            Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(3));
            Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(() => Soon(waiting))).Error);
            using var gone = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
            await Assert.ThrowsAnyAsync<Exception>(() => house.Views[0].GetOrLeadAsync(new CacheLookup("t", "k", Guid.NewGuid(), TimeSpan.Zero), gone.Token).AsTask());
        }
        finally
        {
            server.Thaw();
        }

        await RecoveredAsync(house.Views[0], "thawed");
        await KeepAsync(house.Views[0], "k", "v", await GenerationAsync(house.Views[0]), TimeSpan.FromMinutes(1));
        Assert.Equal("v", Text(await LookAsync(house.Views[0])));
        Assert.True(lead.Generation > 0);
    }

    [Fact]
    public async Task One_who_waits_gets_the_value_also_when_publications_are_lost()
    {
        await using var server = await StartAsync();
        await using var house = new RedisCachingHouse(server, new CachingOptions());
        var lead = await LookAsync(house.Views[0]);
        var waiting = WaitAsync(house.Views[1]);
        await using var admin = await ConnectionMultiplexer.ConnectAsync(server.Address + ",allowAdmin=true");
        var lost = 0;
        using var stop = new CancellationTokenSource();
        var killing = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
                lost += (int)await admin.GetServers()[0].ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
        });
        await KeepAsync(house.Views[0], "k", "v", lead.Generation, TimeSpan.FromMinutes(1));
        Assert.Equal("v", Text(await Soon(waiting)));
        await stop.CancelAsync();
        await killing;
    }

    [Fact]
    public async Task What_is_evicted_or_deleted_is_computed_again_and_generations_never_go_back()
    {
        await using var house = new RedisCachingHouse(await servers.GetAsync("redis"), new CachingOptions());
        await house.Views[0].InvalidateAsync(["t"], default);
        var before = await GenerationAsync(house.Views[0]);
        await KeepAsync(house.Views[0], "k", "old", before, TimeSpan.FromMinutes(1));
        await using var admin = await ConnectionMultiplexer.ConnectAsync(house.Options.Connection);
        Assert.True(await admin.GetDatabase().KeyDeleteAsync($"{{{house.Options.Prefix}}}:generations"));
        var after = await LookAsync(house.Views[1]);
        Assert.Equal((CacheState.Lead, true), (after.State, after.Stale));
        Assert.True(after.Generation > before);
    }

    [Fact]
    public async Task Every_key_has_an_end_of_life_but_the_generations_and_all_are_in_one_slot()
    {
        await using var house = new RedisCachingHouse(await servers.GetAsync("redis"), new CachingOptions());
        await LookAsync(house.Views[0], "led");
        var generation = await GenerationAsync(house.Views[0]);
        await KeepAsync(house.Views[0], "k", "v", generation, TimeSpan.FromMinutes(1));
        await using var admin = await ConnectionMultiplexer.ConnectAsync(house.Options.Connection);
        var keys = await admin.GetServers()[0].KeysAsync(pattern: $"{{{house.Options.Prefix}}}:*").ToListAsync();
        Assert.Equal(3, keys.Count);
        foreach (var key in keys)
            Assert.Equal(!key.ToString().EndsWith(":generations", StringComparison.Ordinal), await admin.GetDatabase().KeyTimeToLiveAsync(key) is not null);
        Assert.Single(keys.Select(key => admin.HashSlot(key)).Distinct());
    }

    private static async Task<EngineServer> StartAsync()
    {
        if (EngineServer.Missing("redis") is { } why)
            Assert.Skip(why);
        return await EngineServer.StartAsync("redis");
    }

    private static async Task<CacheReply> RecoveredAsync(ICaching cache, string key = "k")
    {
        var clock = Stopwatch.StartNew();
        while (true)
            try
            {
                return await LookAsync(cache, key);
            }
            catch (RagException) when (clock.Elapsed < TimeSpan.FromSeconds(20))
            {
                await Task.Delay(20);
            }
    }
}
