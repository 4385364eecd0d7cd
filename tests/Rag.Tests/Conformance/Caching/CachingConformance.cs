using System.Text;
using Rag.Caching;
using Xunit;

namespace Rag.Tests.Conformance.Caching;

/// <summary>A cache as several processes see it, with its clock.</summary>
internal abstract class CachingHouse : IAsyncDisposable
{
    /// <summary>Two processes' views of one cache; the embedded one has one for both.</summary>
    public abstract IReadOnlyList<ICaching> Views { get; }

    /// <summary>A stretch of time that is long beside a call.</summary>
    public abstract TimeSpan Unit { get; }

    /// <summary>Lets time pass.</summary>
    public abstract Task AdvanceAsync(TimeSpan time);

    public abstract ValueTask DisposeAsync();
}

/// <summary>What every engine of caching owes its callers.</summary>
public abstract class CachingConformance
{
    internal abstract Task<CachingHouse> OpenAsync(CachingOptions options);

    [Fact]
    public async Task A_kept_value_is_found_until_its_life_ends_and_lives_spread_by_a_tenth()
    {
        await using var house = await OpenAsync(new CachingOptions { RefreshShare = 0 });
        var (one, two) = (house.Views[0], house.Views[1]);
        var generation = await GenerationAsync(one);
        for (var i = 0; i < 40; i++)
            await KeepAsync(one, $"{i}", "v", generation, house.Unit * 2);
        Assert.Equal(40, await HitsAsync());
        await house.AdvanceAsync(house.Unit * 2.21);
        Assert.Equal(0, await HitsAsync());

        async Task<int> HitsAsync()
        {
            var hits = 0;
            for (var i = 0; i < 40; i++)
                hits += (await LookAsync(two, $"{i}")).State == CacheState.Hit ? 1 : 0;
            return hits;
        }
    }

    [Fact]
    public async Task Of_a_hundred_askers_in_two_processes_one_computes_and_all_get_its_value()
    {
        await using var house = await OpenAsync(new CachingOptions { Lease = TimeSpan.FromMinutes(5) });
        var computed = 0;
        var replies = await Soon(Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(async () =>
        {
            var reply = await WaitAsync(house.Views[i % 2]);
            if (reply.State != CacheState.Lead)
                return reply;
            Interlocked.Increment(ref computed);
            await Task.Yield();
            await KeepAsync(house.Views[i % 2], "k", "value", reply.Generation, house.Unit * 10);
            return reply with { State = CacheState.Hit, Value = Encoding.UTF8.GetBytes("value") };
        }))));
        Assert.Equal(1, computed);
        Assert.All(replies, reply => Assert.Equal((CacheState.Hit, "value"), (reply.State, Text(reply))));
    }

    [Fact]
    public async Task Asking_again_with_ones_own_lease_gives_it_again()
    {
        await using var house = await OpenAsync(new CachingOptions());
        var lease = Guid.NewGuid();
        Assert.Equal(CacheState.Lead, (await LookAsync(house.Views[0], lease: lease)).State);
        Assert.Equal(CacheState.Lead, (await LookAsync(house.Views[1], lease: lease)).State);
        Assert.Equal(CacheState.Busy, (await LookAsync(house.Views[0])).State);
        Assert.Equal(CacheState.Busy, (await LookAsync(house.Views[1])).State);
    }

    [Fact]
    public async Task A_wait_ends_with_busy_when_the_leader_is_still_at_it()
    {
        await using var house = await OpenAsync(new CachingOptions { Lease = TimeSpan.FromMinutes(5) });
        await LookAsync(house.Views[0]);
        var waiting = WaitAsync(house.Views[1], wait: house.Unit);
        Assert.False(waiting.IsCompleted);
        await house.AdvanceAsync(house.Unit * 1.01);
        Assert.Equal(CacheState.Busy, (await Soon(waiting)).State);
    }

    [Fact]
    public async Task When_the_leader_gives_up_one_waiter_leads_and_the_others_get_its_value()
    {
        await using var house = await OpenAsync(new CachingOptions { Lease = TimeSpan.FromMinutes(5) });
        var lease = Guid.NewGuid();
        var reply = await LookAsync(house.Views[0], lease: lease);
        var waiting = Enumerable.Range(0, 10).Select(i => WaitAsync(house.Views[i % 2])).ToList();
        await house.Views[1].AbandonAsync(new CacheLease("t", "k", Guid.NewGuid()), default); // another's lease
        Assert.Equal(CacheState.Busy, (await LookAsync(house.Views[0])).State);
        await house.Views[1].AbandonAsync(new CacheLease("t", "k", lease), default);
        var leader = await Soon(Task.WhenAny(waiting));
        Assert.Equal(CacheState.Lead, (await leader).State);
        waiting.Remove(leader);
        await KeepAsync(house.Views[0], "k", "v", reply.Generation, house.Unit * 10);
        Assert.All(await Soon(Task.WhenAll(waiting)), r => Assert.Equal((CacheState.Hit, "v"), (r.State, Text(r))));
    }

    [Fact]
    public async Task A_leader_that_was_killed_blocks_nobody_longer_than_its_lease()
    {
        await using var probe = await OpenAsync(new CachingOptions());
        await using var house = await OpenAsync(new CachingOptions { Lease = probe.Unit });
        await LookAsync(house.Views[0]);
        Assert.Equal(CacheState.Busy, (await LookAsync(house.Views[1])).State);
        var waiting = WaitAsync(house.Views[1]);
        Assert.False(waiting.IsCompleted);
        await house.AdvanceAsync(house.Unit * 1.05);
        Assert.Equal(CacheState.Lead, (await Soon(waiting)).State);
        Assert.Equal(CacheState.Busy, (await LookAsync(house.Views[0])).State);
    }

    [Fact]
    public async Task Nothing_from_before_a_change_is_told_or_kept_after_it()
    {
        await using var house = await OpenAsync(new CachingOptions { Lease = TimeSpan.FromMinutes(5) });
        var (one, two) = (house.Views[0], house.Views[1]);
        var before = await LookAsync(one);
        await KeepAsync(one, "k", "old", before.Generation, house.Unit * 100);
        var other = await LookAsync(one, tenant: "other");
        await KeepAsync(one, "k", "others", other.Generation, house.Unit * 100, "other");
        var late = await LookAsync(one, "late"); // begins before, ends after
        var waiter = WaitAsync(two, "late");
        await two.InvalidateAsync(["t"], default);

        var after = await LookAsync(one);
        Assert.Equal((CacheState.Lead, true), (after.State, after.Stale));
        Assert.True(after.Generation > before.Generation);
        Assert.Equal((CacheState.Hit, "others"), ((await LookAsync(two, tenant: "other")).State, Text(await LookAsync(two, tenant: "other"))));
        await KeepAsync(one, "late", "old", late.Generation, house.Unit * 100);
        Assert.Equal(CacheState.Lead, (await Soon(waiter)).State); // who waited computes it from the new documents
        Assert.Equal(CacheState.Busy, (await LookAsync(one, "late")).State);
    }

    [Fact]
    public async Task Who_asks_after_a_change_of_all_does_not_wait_for_a_computation_from_before()
    {
        await using var house = await OpenAsync(new CachingOptions { Lease = TimeSpan.FromMinutes(5) });
        var before = await LookAsync(house.Views[0]);
        await house.Views[1].InvalidateAsync(["a", CacheEntry.EveryTenant, "b"], default);
        var after = await LookAsync(house.Views[0]);
        Assert.Equal(CacheState.Lead, after.State);
        Assert.True(after.Generation > before.Generation);
        await house.Views[0].InvalidateAsync([], default);
        Assert.Equal(after.Generation, await GenerationAsync(house.Views[1]));
    }

    [Fact]
    public async Task Near_the_end_of_life_one_reader_is_asked_to_compute_anew_and_all_get_the_value()
    {
        await using var house = await OpenAsync(new CachingOptions { RefreshShare = 0.5, Lease = TimeSpan.FromMinutes(5) });
        var generation = await GenerationAsync(house.Views[0]);
        await KeepAsync(house.Views[0], "k", "v", generation, house.Unit * 6);
        Assert.False((await LookAsync(house.Views[1])).Refresh);
        await house.AdvanceAsync(house.Unit * 3.4);
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => LookAsync(house.Views[i % 2]))));
        Assert.All(replies, reply => Assert.Equal((CacheState.Hit, "v"), (reply.State, Text(reply))));
        Assert.Single(replies, reply => reply.Refresh);
        await KeepAsync(house.Views[1], "k", "new", generation, house.Unit * 6);
        var reply = await LookAsync(house.Views[0]);
        Assert.Equal(("new", false), (Text(reply), reply.Refresh));
    }

    [Fact]
    public async Task A_value_without_a_life_goes_to_those_who_wait_and_to_nobody_else()
    {
        await using var house = await OpenAsync(new CachingOptions { Lease = TimeSpan.FromMinutes(5) });
        var first = await LookAsync(house.Views[0]);
        var waiting = new[] { WaitAsync(house.Views[0]), WaitAsync(house.Views[1]) };
        await BusyAsync(house);
        await KeepAsync(house.Views[0], "k", "degraded", first.Generation, TimeSpan.Zero);
        Assert.All(await Soon(Task.WhenAll(waiting)), reply => Assert.Equal((CacheState.Hit, "degraded"), (reply.State, Text(reply))));
        var lease = Guid.NewGuid();
        Assert.Equal(CacheState.Lead, (await LookAsync(house.Views[1], lease: lease)).State);
        var next = WaitAsync(house.Views[0], wait: house.Unit); // waits for the new computation, not for what was handed over before
        await house.AdvanceAsync(house.Unit * 1.05);
        Assert.Equal(CacheState.Busy, (await Soon(next)).State);
    }

    [Fact]
    public async Task Values_and_names_of_any_size_and_script_come_back_as_they_were()
    {
        await using var house = await OpenAsync(new CachingOptions());
        var generation = await GenerationAsync(house.Views[0]);
        string[] keys = ["", " ", "a", "A", "a\0b", "a\0", "🚢", "\ud800", "\ud801", "株式会社", "{x}", "a:b", new string('ü', 100_000), new string('ü', 100_001)];
        foreach (var key in keys)
            await house.Views[0].KeepAsync(new CacheEntry("t", key, generation, house.Unit * 100, ValueOf(key)), default);
        foreach (var key in keys)
            Assert.Equal(ValueOf(key), (await LookAsync(house.Views[1], key)).Value.ToArray());
        foreach (var size in (int[])[0, 1, 1 << 20, 5 << 20])
        {
            var value = new byte[size];
            new Random(size).NextBytes(value);
            await house.Views[0].KeepAsync(new CacheEntry("t", "sized", generation, house.Unit * 100, value), default);
            var reply = await LookAsync(house.Views[1], "sized");
            Assert.Equal(CacheState.Hit, reply.State);
            Assert.True(reply.Value.Span.SequenceEqual(value));
        }

        // Where one name ends and the next begins counts.
        await KeepAsync(house.Views[0], "bc", "1", await GenerationAsync(house.Views[0], "a"), house.Unit * 100, "a");
        Assert.Equal(CacheState.Lead, (await LookAsync(house.Views[0], "c", "ab")).State);

        static byte[] ValueOf(string key) => BitConverter.GetBytes(string.GetHashCode(key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_value_that_is_too_great_is_not_kept_and_harms_nobody()
    {
        await using var house = await OpenAsync(new CachingOptions { Bytes = 64 << 20, Lease = TimeSpan.FromMinutes(5) });
        var first = await LookAsync(house.Views[0]);
        await house.Views[0].KeepAsync(new CacheEntry("t", "k", first.Generation, house.Unit * 100, new byte[20 << 20]), default);
        Assert.Equal(CacheState.Lead, (await LookAsync(house.Views[1])).State);
    }

    [Fact]
    public async Task Waiters_and_generations_are_bounded_and_who_goes_makes_room()
    {
        await using var house = await OpenAsync(new CachingOptions { Waiters = 2, Tenants = 10, Lease = TimeSpan.FromMinutes(5) });
        var cache = house.Views[0];
        await LookAsync(cache);
        using var gone = new CancellationTokenSource();
        var (going, staying) = (WaitAsync(cache, cancellationToken: gone.Token), WaitAsync(cache));
        var full = Task.Run(async () =>
        {
            while (true)
            {
                if (staying.IsCompleted)
                    staying = WaitAsync(cache); // this one had taken its place
                using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
                try
                {
                    return (await WaitAsync(cache, cancellationToken: patience.Token)).State;
                }
                catch (OperationCanceledException)
                {
                    // The two were not there yet.
                }
            }
        });
        Assert.Equal(CacheState.Busy, await Soon(full));
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => going);
        var next = WaitAsync(cache);
        Assert.NotSame(next, await Task.WhenAny(next, Task.Delay(100)));
        Assert.False(staying.IsCompleted);

        var before = await GenerationAsync(cache, "never changed");
        for (var i = 0; i < 12; i++)
            await cache.InvalidateAsync([$"tenant {i}"], default);
        Assert.True(await GenerationAsync(cache, "never changed") > before); // forgetting who changed means that everyone did
    }

    [Fact]
    public async Task Whoever_asks_after_a_change_never_gets_what_was_computed_before_it_however_many_write()
    {
        await using var house = await OpenAsync(new CachingOptions());
        var (version, source, reads) = (0, new int[1], 0);
        var stop = false;
        var readers = Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            while (!Volatile.Read(ref stop))
            {
                var least = Volatile.Read(ref version);
                var lease = Guid.NewGuid();
                var reply = await house.Views[i % 2].GetOrLeadAsync(new CacheLookup("t", "k", lease, TimeSpan.Zero), default);
                if (reply.State == CacheState.Hit)
                    Assert.True(int.Parse(Text(reply), System.Globalization.CultureInfo.InvariantCulture) >= least, "an old value was told");
                else if (reply.State == CacheState.Lead)
                    await KeepAsync(house.Views[i % 2], "k", $"{Volatile.Read(ref source[0])}", reply.Generation, house.Unit * 100);
                Interlocked.Increment(ref reads);
            }
        })).ToArray();
        for (var i = 1; i <= 150; i++)
        {
            Volatile.Write(ref source[0], i); // the documents change,
            await house.Views[i % 2].InvalidateAsync(["t"], default); // the cache is told,
            Volatile.Write(ref version, i); // and from here on nobody may be told the old
            for (var enough = Volatile.Read(ref reads) + 5; Volatile.Read(ref reads) < enough && !readers.Any(reader => reader.IsFaulted);)
                await Task.Yield();
        }

        Volatile.Write(ref stop, true);
        await Task.WhenAll(readers).WaitAsync(TimeSpan.FromSeconds(20));
    }

    internal static string Text(CacheReply reply) => Encoding.UTF8.GetString(reply.Value.Span);

    internal static Task<T> Soon<T>(Task<T> task) => task.WaitAsync(TimeSpan.FromSeconds(20));

    internal static async Task<CacheReply> LookAsync(ICaching cache, string key = "k", string tenant = "t", Guid? lease = null) =>
        await cache.GetOrLeadAsync(new CacheLookup(tenant, key, lease ?? Guid.NewGuid(), TimeSpan.Zero), default);

    internal static Task<CacheReply> WaitAsync(ICaching cache, string key = "k", TimeSpan? wait = null, CancellationToken cancellationToken = default) =>
        cache.GetOrLeadAsync(new CacheLookup("t", key, Guid.NewGuid(), wait ?? TimeSpan.FromHours(1)), cancellationToken).AsTask();

    internal static ValueTask KeepAsync(ICaching cache, string key, string value, long generation, TimeSpan lifetime, string tenant = "t") =>
        cache.KeepAsync(new CacheEntry(tenant, key, generation, lifetime, Encoding.UTF8.GetBytes(value)), default);

    internal static async Task<long> GenerationAsync(ICaching cache, string tenant = "t")
    {
        var lease = Guid.NewGuid();
        var reply = await LookAsync(cache, "the generation", tenant, lease);
        await cache.AbandonAsync(new CacheLease(tenant, "the generation", lease), default);
        return reply.Generation;
    }

    // Until those who wait are surely counted among them: a look of a third comes after theirs.
    private static async Task BusyAsync(CachingHouse house)
    {
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(CacheState.Busy, (await LookAsync(house.Views[i % 2])).State);
            await Task.Delay(5);
        }
    }
}
