using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using Rag.Caching;
using Rag.Errors;
using Rag.Query;
using Rag.Tests.Caching;
using Xunit;

namespace Rag.Tests.Query;

public sealed class SharedLookupsTests : IDisposable
{
    private readonly ConcurrentQueue<CacheLease> _abandoned = new();
    private readonly CacheStore _store;
    private readonly FaultyCaching _cache;
    private readonly SharedLookups _lookups;

    public SharedLookupsTests()
    {
        var time = new FakeTimeProvider();
        _cache = new FaultyCaching(_store = new CacheStore(new CachingOptions(), time, new Random(1)));
        _lookups = new SharedLookups(_cache, time, _abandoned.Enqueue);
    }

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Who_comes_while_a_lookup_is_on_its_way_shares_the_next_one()
    {
        _cache.Frozen = true;
        var asking = Enumerable.Range(0, 100).Select(_ => LookAsync()).ToArray();
        var other = LookAsync("other");
        _cache.Frozen = false;
        var replies = await Soon(Task.WhenAll(asking));
        Assert.Single(replies, r => r.Reply.State == CacheState.Lead);
        Assert.Equal(99, replies.Count(r => r.Reply.State == CacheState.Busy));
        Assert.Equal(CacheState.Lead, (await Soon(other)).Reply.State);
        Assert.Equal(["look", "look", "look"], _cache.Told); // the first, the ninety-nine, the other
    }

    [Fact]
    public async Task Nobody_gets_a_reply_from_before_it_asked()
    {
        var generation = (await LookAsync()).Reply.Generation;
        await _store.KeepAsync(new CacheEntry("t", "k", generation, TimeSpan.FromMinutes(1), new byte[] { 1 }), default);
        _cache.Frozen = true;
        var before = LookAsync();
        await _store.InvalidateAsync(["t"], default);
        var after = new[] { LookAsync(), LookAsync() };
        _cache.Frozen = false;
        await Soon(before);
        Assert.All(await Soon(Task.WhenAll(after)), r => Assert.True(r.Reply.Generation > generation && r.Reply.State != CacheState.Hit));
    }

    [Fact]
    public async Task A_lease_for_which_nobody_waits_any_more_is_given_back()
    {
        _cache.Frozen = true;
        using var going = new CancellationTokenSource();
        var first = LookAsync("k");
        var gone = _lookups.LookAsync("t", "k", going.Token).AsTask();
        await going.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        _cache.Down = true;
        _cache.Frozen = false;
        Assert.Equal(CacheState.Lead, (await Soon(first)).Reply.State); // on its way before the cache went
        await UntilAsync(() => _abandoned.Count == 1);
    }

    [Fact]
    public async Task A_failure_is_told_to_all_who_share_it_and_the_next_lookup_is_another()
    {
        _cache.Frozen = true;
        var asking = Enumerable.Range(0, 10).Select(_ => LookAsync()).ToArray();
        _cache.Down = true;
        _cache.Frozen = false;
        await Soon(asking[0]);
        foreach (var ask in asking[1..])
            await Assert.ThrowsAsync<RagException>(() => Soon(ask));
        _cache.Down = false;
        Assert.Equal(CacheState.Busy, (await LookAsync()).Reply.State);
    }

    private Task<Looked> LookAsync(string key = "k") => _lookups.LookAsync("t", key, default).AsTask();

    private static Task<T> Soon<T>(Task<T> task) => task.WaitAsync(TimeSpan.FromSeconds(20));

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        for (; !holds(); await Task.Yield())
            limit.Token.ThrowIfCancellationRequested();
    }
}
