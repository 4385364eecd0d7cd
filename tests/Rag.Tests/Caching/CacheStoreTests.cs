using System.Text;
using Microsoft.Extensions.Time.Testing;
using Rag.Caching;
using Xunit;

namespace Rag.Tests.Caching;

public class CacheStoreTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    private readonly FakeTimeProvider _time = new();

    private CacheStore New(CachingOptions? options = null) => new(options ?? new CachingOptions(), _time, new Random(1));

    [Fact]
    public async Task A_kept_value_is_found_until_its_life_ends_and_lives_spread_by_a_tenth()
    {
        using var cache = New(new CachingOptions { RefreshShare = 0 });
        for (var i = 0; i < 200; i++)
            await KeepAsync(cache, $"{i}", "v", await GenerationAsync(cache));
        _time.Advance(Minute * 0.899);
        Assert.Equal(200, await HitsAsync());
        _time.Advance(Minute * 0.101);
        Assert.InRange(await HitsAsync(), 60, 140); // at the middle of the spread
        _time.Advance(Minute * 0.101);
        Assert.Equal(0, await HitsAsync());

        async Task<int> HitsAsync()
        {
            var hits = 0;
            for (var i = 0; i < 200; i++)
                hits += (await LookAsync(cache, $"{i}")).State == CacheState.Hit ? 1 : 0;
            return hits;
        }
    }

    [Fact]
    public async Task One_asker_leads_and_those_who_wait_get_its_value()
    {
        using var cache = New();
        var first = await LookAsync(cache);
        Assert.Equal(CacheState.Lead, first.State);
        Assert.Equal(CacheState.Busy, (await LookAsync(cache)).State);
        var waiting = Enumerable.Range(0, 50).Select(_ => WaitAsync(cache)).ToArray();
        Assert.Equal(50, cache.Held.Waiters);
        await KeepAsync(cache, "k", "value", first.Generation);
        Assert.All(await Task.WhenAll(waiting), reply => Assert.Equal((CacheState.Hit, "value"), (reply.State, Text(reply))));
        Assert.Equal((1, 0, 0), (cache.Held.Entries, cache.Held.Leases, cache.Held.Waiters));
    }

    [Fact]
    public async Task Asking_again_with_ones_own_lease_gives_it_again()
    {
        using var cache = New();
        var lease = Guid.NewGuid();
        Assert.Equal(CacheState.Lead, (await LookAsync(cache, lease: lease)).State);
        Assert.Equal(CacheState.Lead, (await LookAsync(cache, lease: lease)).State);
        Assert.Equal(CacheState.Busy, (await LookAsync(cache)).State);
    }

    [Fact]
    public async Task A_wait_ends_with_busy_when_the_leader_is_still_at_it()
    {
        using var cache = New();
        await LookAsync(cache);
        var waiting = WaitAsync(cache, wait: TimeSpan.FromSeconds(1));
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1.01));
        Assert.Equal(CacheState.Busy, (await Soon(waiting)).State);
        Assert.Equal(0, cache.Held.Waiters);
    }

    [Fact]
    public async Task When_the_leader_gives_up_one_waiter_leads_and_the_others_get_its_value()
    {
        using var cache = New();
        var lease = Guid.NewGuid();
        var reply = await LookAsync(cache, lease: lease);
        var waiting = Enumerable.Range(0, 10).Select(_ => WaitAsync(cache)).ToList();
        await cache.AbandonAsync(new CacheLease("t", "k", Guid.NewGuid()), default); // another's lease
        Assert.DoesNotContain(waiting, w => w.IsCompleted);
        await cache.AbandonAsync(new CacheLease("t", "k", lease), default);
        var leader = await Soon(Task.WhenAny(waiting));
        Assert.Equal(CacheState.Lead, (await leader).State);
        waiting.Remove(leader);
        await KeepAsync(cache, "k", "v", reply.Generation);
        Assert.All(await Soon(Task.WhenAll(waiting)), r => Assert.Equal(CacheState.Hit, r.State));
    }

    [Fact]
    public async Task A_leader_that_was_killed_blocks_nobody_longer_than_its_lease()
    {
        using var cache = New(new CachingOptions { Lease = TimeSpan.FromSeconds(5) });
        await LookAsync(cache);
        var waiting = Enumerable.Range(0, 3).Select(_ => WaitAsync(cache)).ToList();
        _time.Advance(TimeSpan.FromSeconds(5.01));
        var leader = await Soon(Task.WhenAny(waiting));
        Assert.Equal(CacheState.Lead, (await leader).State);
        Assert.Equal(CacheState.Busy, (await LookAsync(cache)).State);
    }

    [Fact]
    public async Task Nothing_from_before_a_change_is_told_or_kept_after_it()
    {
        using var cache = New();
        var before = await LookAsync(cache);
        await KeepAsync(cache, "k", "old", before.Generation);
        var other = await LookAsync(cache, tenant: "other");
        await KeepAsync(cache, "k", "others", other.Generation, "other");
        var late = await LookAsync(cache, "late"); // begins before, ends after
        var waiter = WaitAsync(cache, "late");
        await cache.InvalidateAsync(["t"], default);

        var after = await LookAsync(cache);
        Assert.Equal((CacheState.Lead, true), (after.State, after.Stale));
        Assert.True(after.Generation > before.Generation);
        Assert.Equal(CacheState.Hit, (await LookAsync(cache, tenant: "other")).State);
        await KeepAsync(cache, "late", "old", late.Generation);
        Assert.Equal(CacheState.Lead, (await Soon(waiter)).State); // who waited computes it from the new documents
        Assert.Equal(CacheState.Busy, (await LookAsync(cache, "late")).State);
    }

    [Fact]
    public async Task Who_asks_after_a_change_does_not_wait_for_a_computation_from_before()
    {
        using var cache = New();
        await LookAsync(cache);
        await cache.InvalidateAsync([CacheEntry.EveryTenant], default);
        Assert.Equal(CacheState.Lead, (await LookAsync(cache)).State);
    }

    [Fact]
    public async Task Generations_of_a_restarted_service_are_not_those_of_the_one_before()
    {
        using var first = New();
        var old = await LookAsync(first);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        using var second = New();
        Assert.Equal(CacheState.Lead, (await LookAsync(second)).State);
        await KeepAsync(second, "k", "old", old.Generation);
        Assert.Equal(0, second.Held.Entries);
    }

    [Fact]
    public async Task Near_the_end_of_life_one_reader_is_asked_to_compute_anew_and_all_get_the_value()
    {
        using var cache = New();
        await KeepAsync(cache, "k", "v", await GenerationAsync(cache));
        _time.Advance(Minute * 0.8);
        Assert.False((await LookAsync(cache)).Refresh);
        for (var asked = false; !asked; _time.Advance(TimeSpan.FromSeconds(1)))
        {
            var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => LookAsync(cache))));
            Assert.All(replies, r => Assert.Equal((CacheState.Hit, "v"), (r.State, Text(r))));
            Assert.InRange(replies.Count(r => r.Refresh), 0, 1);
            asked = replies.Any(r => r.Refresh);
        }

        await KeepAsync(cache, "k", "new", await GenerationAsync(cache));
        Assert.Equal("new", Text(await LookAsync(cache)));
        Assert.Equal(0, cache.Held.Leases);
    }

    [Fact]
    public async Task A_waiter_that_goes_gives_its_place_back()
    {
        using var cache = New();
        await LookAsync(cache);
        using var gone = new CancellationTokenSource();
        var waiting = cache.GetOrLeadAsync(new CacheLookup("t", "k", Guid.NewGuid(), Long), gone.Token).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(0, cache.Held.Waiters);
    }

    [Fact]
    public async Task Bytes_and_entries_are_bounded_and_what_was_used_least_recently_makes_room()
    {
        using var cache = New(new CachingOptions { Bytes = 80_000, Entries = 100 });
        var generation = await GenerationAsync(cache);
        for (var i = 0; i < 100; i++)
        {
            await KeepAsync(cache, $"{i}", new string('x', 4000), generation);
            Assert.Equal(CacheState.Hit, (await LookAsync(cache, "0")).State);
        }

        Assert.Equal(80_000 / (4000 + 300 + 2 * 3), cache.Held.Entries);
        await KeepAsync(cache, "great", new string('x', 20_000), generation);
        Assert.Equal(CacheState.Lead, (await LookAsync(cache, "great")).State);
        for (var i = 0; i < 1000; i++)
            await KeepAsync(cache, $"small {i}", "", generation);
        Assert.Equal(100, cache.Held.Entries);
    }

    [Fact]
    public async Task Leases_waiters_and_generations_are_bounded()
    {
        using var cache = New(new CachingOptions { Leases = 3, Waiters = 2, Tenants = 10, Lease = TimeSpan.FromSeconds(1) });
        for (var i = 0; i < 3; i++)
            Assert.Equal(CacheState.Lead, (await LookAsync(cache, $"{i}")).State);
        Assert.Equal(CacheState.Busy, (await LookAsync(cache, "one too many")).State);
        var waiting = new[] { WaitAsync(cache, "0"), WaitAsync(cache, "0") };
        Assert.Equal(CacheState.Busy, (await Soon(WaitAsync(cache, "0"))).State);
        _time.Advance(TimeSpan.FromSeconds(1.01));
        Assert.Equal(CacheState.Lead, (await (await Soon(Task.WhenAny(waiting)))).State);
        Assert.Equal(CacheState.Lead, (await LookAsync(cache, "one too many")).State);

        var before = await GenerationAsync(cache, "never changed");
        for (var i = 0; i < 11; i++)
            await cache.InvalidateAsync([$"tenant {i}"], default);
        Assert.True(await GenerationAsync(cache, "never changed") > before); // forgetting who changed means that everyone did
    }

    private static string Text(CacheReply reply) => Encoding.UTF8.GetString(reply.Value.Span);

    private static Task<T> Soon<T>(Task<T> task) => task.WaitAsync(TimeSpan.FromSeconds(20));

    private static async Task<CacheReply> LookAsync(CacheStore cache, string key = "k", string tenant = "t", Guid? lease = null) =>
        await cache.GetOrLeadAsync(new CacheLookup(tenant, key, lease ?? Guid.NewGuid(), TimeSpan.Zero), default);

    private static Task<CacheReply> WaitAsync(CacheStore cache, string key = "k", TimeSpan? wait = null) =>
        cache.GetOrLeadAsync(new CacheLookup("t", key, Guid.NewGuid(), wait ?? Long), default).AsTask();

    private static ValueTask KeepAsync(CacheStore cache, string key, string value, long generation, string tenant = "t") =>
        cache.KeepAsync(new CacheEntry(tenant, key, generation, Minute, Encoding.UTF8.GetBytes(value)), default);

    private static async Task<long> GenerationAsync(CacheStore cache, string tenant = "t")
    {
        var lease = Guid.NewGuid();
        var reply = await LookAsync(cache, "the generation", tenant, lease);
        await cache.AbandonAsync(new CacheLease(tenant, "the generation", lease), default);
        return reply.Generation;
    }
}
