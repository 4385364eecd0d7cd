using Microsoft.Extensions.Time.Testing;
using Rag.Caching;
using Xunit;

namespace Rag.Tests.Caching;

public class InProcessCacheTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _time = new();

    private InProcessCache Cache(int entries = 100, long bytes = 1 << 20) => new(new CachingOptions { Entries = entries, Bytes = bytes }, _time);

    [Fact]
    public async Task A_value_is_computed_once_and_then_found_until_its_life_ends()
    {
        var cache = Cache();
        var computed = 0;
        ValueTask<string> Compute(CancellationToken _) => ValueTask.FromResult($"value {++computed}");
        Assert.Equal(("value 1", false), Pair(await cache.GetOrComputeAsync("k", Minute, Compute, default)));
        Assert.Equal(("value 1", true), Pair(await cache.GetOrComputeAsync("k", Minute, Compute, default)));
        _time.Advance(Minute);
        Assert.Equal(("value 2", false), Pair(await cache.GetOrComputeAsync("k", Minute, Compute, default)));
    }

    [Fact]
    public async Task Concurrent_callers_share_one_computation()
    {
        var cache = Cache();
        var computed = 0;
        var gate = new TaskCompletionSource<string>();
        var callers = Enumerable.Range(0, 50).Select(_ => cache.GetOrComputeAsync("k", Minute, async _ =>
        {
            Interlocked.Increment(ref computed);
            return await gate.Task;
        }, default).AsTask()).ToArray();
        gate.SetResult("v");
        var replies = await Task.WhenAll(callers);
        Assert.Equal(1, computed);
        Assert.All(replies, reply => Assert.Equal("v", reply.Value));
        Assert.Single(replies, reply => !reply.Hit);
    }

    [Fact]
    public async Task A_failed_computation_fails_its_callers_and_is_not_kept()
    {
        var cache = Cache();
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => cache.GetOrComputeAsync<string>("k", Minute, _ => throw new InvalidOperationException("no"), default).AsTask());
        Assert.Equal(("yes", false), Pair(await cache.GetOrComputeAsync("k", Minute, _ => ValueTask.FromResult("yes"), default)));
    }

    [Fact]
    public async Task A_computation_is_stopped_when_its_last_caller_has_gone_and_not_before()
    {
        var cache = Cache();
        var stopped = new TaskCompletionSource();
        async ValueTask<string> Compute(CancellationToken stop)
        {
            stop.Register(stopped.SetResult);
            await Task.Delay(Timeout.Infinite, stop);
            return "never";
        }

        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        var a = cache.GetOrComputeAsync("k", Minute, Compute, first.Token).AsTask();
        var b = cache.GetOrComputeAsync("k", Minute, Compute, second.Token).AsTask();
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => a);
        Assert.False(stopped.Task.IsCompleted);
        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => b);
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(("new", false), Pair(await cache.GetOrComputeAsync("k", Minute, _ => ValueTask.FromResult("new"), default)));
    }

    [Fact]
    public async Task The_entry_used_least_recently_makes_room()
    {
        var cache = Cache(entries: 2);
        await cache.KeepAsync("a", "1", Minute, default);
        await cache.KeepAsync("b", "2", Minute, default);
        Assert.NotNull(await cache.FindAsync<string>("a", default));
        await cache.KeepAsync("c", "3", Minute, default);
        Assert.Equal((true, false, true), (await Has("a"), await Has("b"), await Has("c")));

        async Task<bool> Has(string key) => await cache.FindAsync<string>(key, default) is not null;
    }

    [Fact]
    public async Task Bytes_are_bounded_and_what_is_too_great_is_not_kept()
    {
        var cache = Cache(bytes: 80_000);
        for (var i = 0; i < 100; i++)
            await cache.KeepAsync($"{i}", new byte[4000], Minute, default);
        Assert.InRange(cache.Bytes, 70_000, 80_000);
        Assert.Equal(80_000 / (4000 + 24 + 200 + 4), cache.Count);
        await cache.KeepAsync("great", new byte[20_000], Minute, default);
        Assert.Null(await cache.FindAsync<byte[]>("great", default));
    }

    private static (string, bool) Pair(CacheReply<string> reply) => (reply.Value, reply.Hit);
}
