using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rag.Caching;
using Rag.Documents;
using Rag.Ingestion;
using Rag.Tests.Caching;
using Xunit;

namespace Rag.Tests.Documents;

public sealed class CacheInvalidationTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly CacheStore _store;
    private readonly FaultyCaching _cache;

    public CacheInvalidationTests() => _cache = new FaultyCaching(_store = new CacheStore(new CachingOptions(), _time, new Random(1)));

    public void Dispose() => _store.Dispose();

    [Fact]
    public void A_start_says_that_everything_may_have_changed()
    {
        using var invalidation = New();
        Assert.Equal(["*"], _cache.Told);
    }

    [Fact]
    public async Task A_change_returns_when_the_cache_knows()
    {
        using var invalidation = New();
        _cache.Frozen = true;
        var changed = invalidation.ChangedAsync(["a", "b"], default).AsTask();
        await _cache.Met.Task;
        Assert.False(changed.IsCompleted);
        _cache.Frozen = false;
        await Soon(changed);
        Assert.Equal(["*", "a b"], _cache.Told);
        Assert.Equal(0, invalidation.Pending);
    }

    [Fact]
    public async Task A_frozen_cache_holds_a_change_for_a_fifth_of_a_second_and_hears_of_it_when_it_thaws()
    {
        using var invalidation = New();
        _cache.Frozen = true;
        var changed = invalidation.ChangedAsync(["a"], default).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(199));
        Assert.False(changed.IsCompleted);
        var second = invalidation.ChangedAsync(["b"], default).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Soon(changed);
        Assert.False(second.IsCompleted);
        _cache.Frozen = false;
        await Soon(second);
        Assert.Equal(["*", "a", "b"], _cache.Told);
    }

    [Fact]
    public async Task A_cache_that_is_down_holds_nobody_and_hears_of_each_tenant_once_when_it_is_back()
    {
        using var invalidation = New();
        _cache.Down = true;
        for (var i = 0; i < 10; i++)
            await Soon(invalidation.ChangedAsync([i % 2 == 0 ? "a" : "b"], default).AsTask());
        Assert.Equal(2, invalidation.Pending);
        _time.Advance(TimeSpan.FromMinutes(5));
        _cache.Down = false;
        await UntilNothingIsPendingAsync(invalidation);
        Assert.Equal(["*", "a b"], _cache.Told);
        await Soon(invalidation.ChangedAsync(["c"], default).AsTask());
        Assert.Equal(["*", "a b", "c"], _cache.Told); // waited for again
    }

    [Fact]
    public async Task After_the_longest_life_of_a_value_there_is_nothing_left_to_tell()
    {
        using var invalidation = New();
        _cache.Down = true;
        await Soon(invalidation.ChangedAsync(["a"], default).AsTask());
        _time.Advance(CacheEntry.LongestLifetime);
        await UntilNothingIsPendingAsync(invalidation);
        Assert.Equal(["*"], _cache.Told);
    }

    [Fact]
    public async Task Ten_thousand_tenants_and_more_become_all_of_them()
    {
        using var invalidation = New();
        _cache.Down = true;
        await invalidation.ChangedAsync([.. Enumerable.Range(0, 10_001).Select(i => $"{i}")], default);
        Assert.Equal(1, invalidation.Pending);
    }

    [Theory]
    [InlineData(IngestionOutcome.Done, true, true)]
    [InlineData(IngestionOutcome.Retry, true, true)]
    [InlineData(IngestionOutcome.Poison, true, true)]
    [InlineData(IngestionOutcome.Deferred, true, true)]
    [InlineData(IngestionOutcome.Superseded, true, false)]
    [InlineData(IngestionOutcome.Poison, false, false)]
    [InlineData(IngestionOutcome.Retry, false, false)]
    [InlineData(IngestionOutcome.Deferred, false, false)]
    public async Task Only_what_may_have_changed_an_index_is_told(IngestionOutcome outcome, bool touched, bool told)
    {
        using var documents = new DocumentsFixture(caching: _cache);
        await documents.PutAsync("d");
        var jobs = await documents.ClaimAsync();
        await documents.Queue.CompleteAsync([new IngestionResult(jobs[0], outcome, Touched: touched)], default);
        Assert.Equal(told ? ["*", "t"] : ["*"], _cache.Told);
    }

    [Fact]
    public async Task The_cache_knows_before_the_status_says_searchable()
    {
        using var documents = new DocumentsFixture(caching: _cache);
        await documents.PutAsync("d");
        var jobs = await documents.ClaimAsync();
        _cache.Frozen = true;
        var completing = documents.Queue.CompleteAsync([DocumentsFixture.Done(jobs[0])], default).AsTask();
        await _cache.Met.Task;
        Assert.Equal(DocumentState.Processing, (await documents.StatusAsync("d"))!.Status);
        _cache.Frozen = false;
        await Soon(completing);
        Assert.Equal(DocumentState.Searchable, (await documents.StatusAsync("d"))!.Status);
    }

    private CacheInvalidation New() => new(_cache, _time, NullLogger<CacheInvalidation>.Instance);

    private static Task Soon(Task task) => task.WaitAsync(TimeSpan.FromSeconds(20));

    private async Task UntilNothingIsPendingAsync(CacheInvalidation invalidation)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (invalidation.Pending > 0)
        {
            limit.Token.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromSeconds(2));
            await Task.Yield();
        }
    }
}
