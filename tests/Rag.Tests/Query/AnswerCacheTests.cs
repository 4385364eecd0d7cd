using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rag.Caching;
using Rag.Errors;
using Rag.Models;
using Rag.Query;
using Rag.Tests.Caching;
using Rag.Tests.Documents;
using Rag.Tests.Gateway;
using Xunit;

namespace Rag.Tests.Query;

/// <summary>Several query services, as if each ran in a process of its own, over one cache.</summary>
public sealed class AnswerCacheTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeSearch _search = new();
    private readonly FakeGeneration _generation = new();
    private readonly CacheStore _store;
    private readonly FaultyCaching _cache;

    public AnswerCacheTests()
    {
        _store = new CacheStore(new CachingOptions(), _time, new Random(1));
        _cache = new FaultyCaching(_store);
        _search.Add("default", "tides", "The moon causes the tides.");
    }

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task A_thousand_simultaneous_misses_on_four_services_are_one_computation()
    {
        _generation.Hold = new SemaphoreSlim(0);
        var services = Enumerable.Range(0, 4).Select(_ => New()).ToArray();
        var asking = Enumerable.Range(0, 1000).Select(i => Task.Run(() => AskAsync(services[i % 4].Query))).ToArray();
        await Until(() => _generation.Asked.Count > 0 && _store.Held.Waiters == 3);
        _generation.Hold.Release(100);
        foreach (var answer in await Soon(Task.WhenAll(asking)))
        {
            Assert.Equal("Hello \"world\"\né", Text(answer));
            Assert.Equal("tides", answer.OfType<AnswerCitations>().Single().Citations.Single().Key.DocumentId);
            Assert.Empty(End(answer).Degraded);
        }

        Assert.Single(_generation.Asked);
        Assert.Equal((1, 0, 0), (_store.Held.Entries, _store.Held.Leases, _store.Held.Waiters));
        Assert.All(services, s => Assert.Equal(0, s.Cache.Flights));
    }

    [Fact]
    public async Task A_thousand_misses_of_which_each_leader_fails_are_told_so_and_leave_nothing_behind()
    {
        _search.Failure = new RagException(RagError.Unavailable, "down");
        var services = Enumerable.Range(0, 4).Select(_ => New()).ToArray();
        var asking = Enumerable.Range(0, 1000).Select(i => Task.Run(() => AskAsync(services[i % 4].Query))).ToArray();
        await Soon(Task.WhenAll(asking.Select(a => Assert.ThrowsAsync<RagException>(() => a))));
        await Until(() => _store.Held is { Entries: 0, Leases: 0, Waiters: 0 });
        Assert.All(services, s => Assert.Equal(0, s.Cache.Flights));
    }

    [Fact]
    public async Task When_the_leader_goes_another_service_computes_it()
    {
        _generation.Hold = new SemaphoreSlim(0);
        using var going = new CancellationTokenSource();
        var leading = AskAsync(New().Query, going.Token);
        var following = AskAsync(New().Query);
        await Until(() => _store.Held.Waiters == 1);
        await going.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leading);
        await Until(() => _generation.Asked.Count == 2);
        _generation.Hold.Release(100);
        Assert.False(End(await Soon(following)).Timings.Cached);
    }

    [Fact]
    public async Task Who_has_waited_long_enough_for_another_service_computes_as_well_and_its_answer_serves_all()
    {
        var slow = New();
        _generation.Hold = new SemaphoreSlim(0);
        var leading = AskAsync(slow.Query);
        await Until(() => _generation.Asked.Count == 1);
        var following = AskAsync(New(new QueryOptions { CacheWait = TimeSpan.FromSeconds(2) }).Query);
        for (var slice = 0; slice < 4; slice++) // of half a second each
        {
            Assert.Single(_generation.Asked);
            await Until(() => _store.Held.Waiters == 1);
            _time.Advance(TimeSpan.FromMilliseconds(501));
        }

        await Until(() => _generation.Asked.Count == 2);
        var third = AskAsync(New().Query);
        await Until(() => _store.Held.Waiters == 1);
        _generation.Hold.Release(100);
        Assert.False(End(await Soon(following)).Timings.Cached);
        Assert.True(End(await Soon(third)).Timings.Cached);
        await Soon(leading);
        Assert.Equal(2, _generation.Asked.Count);
    }

    [Fact]
    public async Task Without_the_cache_each_service_computes_an_answer_once_and_says_so_and_keeps_nothing()
    {
        _cache.Down = true;
        _generation.Hold = new SemaphoreSlim(0);
        var services = Enumerable.Range(0, 2).Select(_ => New()).ToArray();
        var asking = Enumerable.Range(0, 100).Select(i => Task.Run(() => AskAsync(services[i % 2].Query))).ToArray();
        await Until(() => _generation.Asked.Count == 2);
        await Until(() => services.All(s => s.Cache.Readers() == 50));
        _generation.Hold.Release(100);
        Assert.All(await Soon(Task.WhenAll(asking)), a => Assert.Equal(["caching_unavailable"], End(a).Degraded));
        Assert.Equal(2, _generation.Asked.Count);
        _cache.Down = false;
        Assert.Equal((false, 0), (End(await AskAsync(services[0].Query)).Timings.Cached, End(await AskAsync(services[0].Query)).Degraded.Count));
        Assert.Equal(3, _generation.Asked.Count);
    }

    [Fact]
    public async Task A_cache_that_freezes_while_a_service_waits_costs_it_less_than_a_second()
    {
        _generation.Hold = new SemaphoreSlim(0);
        var leading = AskAsync(New().Query);
        await Until(() => _generation.Asked.Count == 1);
        var following = AskAsync(New().Query);
        await Until(() => _store.Held.Waiters == 1);
        _cache.Frozen = true;
        _time.Advance(TimeSpan.FromMilliseconds(501)); // the slice's end; the next one hangs
        await Soon(_cache.Met.Task);
        Assert.Single(_generation.Asked);
        _time.Advance(TimeSpan.FromMilliseconds(751));
        await Until(() => _generation.Asked.Count == 2);
        _generation.Hold.Release(100);
        Assert.Equal(["caching_unavailable"], End(await Soon(following)).Degraded);
        _cache.Frozen = false;
        await Soon(leading);
    }

    [Fact]
    public async Task Near_the_end_of_its_life_an_answer_is_computed_anew_while_all_are_told_the_old_one()
    {
        var service = New();
        await AskAsync(service.Query);
        _generation.Pieces = ["new"];
        for (var second = 0; second < 66 && _generation.Asked.Count == 1; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal("Hello \"world\"\né", Text(await AskAsync(service.Query)));
            await Until(() => service.Cache.Flights == 0 && _store.Held.Leases == 0);
        }

        Assert.Equal("new", Text(await AskAsync(service.Query)));
        Assert.Equal(2, _generation.Asked.Count);
    }

    [Fact]
    public async Task What_another_version_of_the_program_kept_is_computed_again()
    {
        var service = New();
        await AskAsync(service.Query);
        var key = AnswerKey.Of(Request, "fake-llm");
        var generation = (await _store.GetOrLeadAsync(new CacheLookup("default", key, Guid.NewGuid(), default), default)).Generation;
        await _store.KeepAsync(new CacheEntry("default", key, generation, TimeSpan.FromMinutes(1), new byte[] { 99, 1, 2 }), default);
        Assert.False(End(await AskAsync(service.Query)).Timings.Cached);
        Assert.True(End(await AskAsync(service.Query)).Timings.Cached);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Whoever_has_read_searchable_never_gets_an_answer_from_before(int count)
    {
        var services = Enumerable.Range(0, count).Select(_ => New().Query).ToArray();
        using var documents = new DocumentsFixture(caching: _cache);
        using var stop = new CancellationTokenSource();
        var others = Enumerable.Range(0, 2).Select(i => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
                await AskAsync(services[i % count]);
        })).ToArray();
        for (var version = 1; version <= 40; version++)
        {
            await documents.PutAsync("tides", $"tides, version {version}");
            var jobs = await documents.ClaimAsync();
            _search.Tenants["t"] = [new(new("tides", version, 0), "", $"tides, version {version}", 1)]; // the indexes have it
            await documents.Queue.CompleteAsync([.. jobs.Select(DocumentsFixture.Done)], default);
            Assert.Equal(Rag.Documents.DocumentState.Searchable, (await documents.StatusAsync("tides"))!.Status);
            foreach (var service in services)
                Assert.Equal(version, (await AskAsync(service, tenant: "t")).OfType<AnswerCitations>().Single().Citations.Single().Key.Version);
        }

        await stop.CancelAsync();
        await Soon(Task.WhenAll(others));

        Task<List<AnswerEvent>> AskAsync(QueryService service, string tenant = "t") => AnswerCacheTests.AskAsync(service, tenant: tenant);
    }

    private static AnswerRequest Request => new() { Tenant = "default", Question = "What causes the tides?" };

    private (QueryService Query, AnswerCache Cache) New(QueryOptions? options = null)
    {
        options ??= new QueryOptions();
        var cache = new AnswerCache(_cache, null, options, _time, NullLogger<AnswerCache>.Instance);
        return (new QueryService(_search, _generation, cache, new ModelNames(_generation, _time), options, _time, NullLogger<QueryService>.Instance), cache);
    }

    private static async Task<List<AnswerEvent>> AskAsync(QueryService query, CancellationToken cancellationToken = default, string tenant = "default") =>
        await query.AnswerAsync(Request with { Tenant = tenant }, cancellationToken).ToListAsync(cancellationToken);

    private static string Text(IEnumerable<AnswerEvent> answer) => string.Concat(answer.OfType<AnswerText>().Select(t => t.Text));

    private static AnswerEnd End(IEnumerable<AnswerEvent> answer) => answer.OfType<AnswerEnd>().Single();

    private static Task<T> Soon<T>(Task<T> task) => task.WaitAsync(TimeSpan.FromSeconds(30));

    private static Task Soon(Task task) => task.WaitAsync(TimeSpan.FromSeconds(30));

    private static async Task Until(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!holds())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
