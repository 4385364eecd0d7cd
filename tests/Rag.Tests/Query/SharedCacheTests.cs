using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rag.Caching;
using Rag.Host.Serving;
using Rag.Host.Wiring;
using Rag.Host.Wiring.Remote;
using Rag.Models;
using Rag.Query;
using Rag.Seams;
using Rag.Tests.Gateway;
using Rag.Tests.Journals;
using Rag.Tests.Wiring;
using Xunit;

namespace Rag.Tests.Query;

/// <summary>Four query services with seams of their own, over a caching service behind gRPC.</summary>
public sealed class SharedCacheTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly TestFolder _folder = new();
    private readonly FakeSearch _search = new();
    private readonly FakeGeneration _generation = new();
    private readonly List<ServiceProvider> _callers = [];
    private readonly List<QueryService> _services = [];
    private WebApplication? _host;

    private string Address => $"unix:{_folder.Path}/caching.sock";

    private CacheStore Store => (CacheStore)_host!.Services.GetRequiredKeyedService<ICaching>(SeamRegistration.Local);

    public async ValueTask InitializeAsync()
    {
        _search.Add("default", "tides", "The moon causes the tides.");
        var configuration = ProbeServer.Configured(("services", "caching"), ("grpc", Address), ("urls", "http://127.0.0.1:0"), ("data", _folder.Path));
        _host = RagApp.Build(configuration, Placement.Read(configuration, Modules.All), _ => { });
        await _host.StartAsync();
        for (var i = 0; i < 4; i++)
        {
            var caller = new ServiceCollection();
            // How soon a busy machine answers is no matter here: neither the seams' caps nor the waits' slack run out.
            var settings = ProbeServer.Configured(("seams:caching:cap_ms", "60000"));
            caller.AddLogging();
            caller.AddSingleton(TimeProvider.System);
            caller.AddSingleton(settings);
            caller.AddSeams(settings, []);
            caller.AddSingleton<PeerChannels>();
            foreach (var contract in new CachingModule().Contracts)
                contract.Accept(new RemoteRegistration(caller, [ProbeServer.At(Address)]));
            _callers.Add(caller.BuildServiceProvider());
            var options = new QueryOptions();
            var cache = new AnswerCache(_callers[i].GetRequiredService<ICaching>(), null, options, new FakeTimeProvider(), NullLogger<AnswerCache>.Instance);
            _services.Add(new QueryService(_search, _generation, cache, new ModelNames(_generation, TimeProvider.System), options, TimeProvider.System, NullLogger<QueryService>.Instance));
            // What is called for the first time is compiled and connected first: its caps would count that.
            for (var warm = 0; warm < 20; warm++)
                await AskAsync(_services[i], $"warm {i} {warm / 2}");
        }

        _generation.Asked.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var caller in _callers)
            await caller.DisposeAsync();
        await _host!.StopAsync(new CancellationToken(canceled: true));
        await _host.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_thousand_simultaneous_misses_on_four_services_are_one_computation()
    {
        _generation.Hold = new SemaphoreSlim(0);
        var asking = Enumerable.Range(0, 1000).Select(i => Task.Run(() => AskAsync(_services[i % 4], "What causes the tides?"))).ToArray();
        await Until(() => _generation.Asked.Count > 0 && Store.Held.Waiters == 3);
        _generation.Hold.Release(100);
        var answers = await Task.WhenAll(asking).WaitAsync(Limit);
        Assert.Single(_generation.Asked);
        Assert.All(answers, answer => Assert.Equal("Hello \"world\"\né", string.Concat(answer.OfType<AnswerText>().Select(t => t.Text))));
        Assert.All(answers, answer => Assert.Empty(answer.OfType<AnswerEnd>().Single().Degraded));
    }

    [Fact]
    public async Task An_answer_of_one_service_is_told_again_by_another_until_the_documents_change()
    {
        await AskAsync(_services[0], "What causes the tides?");
        await Until(() => Store.Held.Leases == 0); // kept behind the answer's back
        var again = await AskAsync(_services[1], "What causes the tides?");
        Assert.True(again.OfType<AnswerEnd>().Single().Timings.Cached);
        Assert.Equal("The moon causes the tides.", again.OfType<AnswerCitations>().Single().Citations.Single().Text);
        await _callers[2].GetRequiredService<ICaching>().InvalidateAsync(["default"], default);
        Assert.False((await AskAsync(_services[3], "What causes the tides?")).OfType<AnswerEnd>().Single().Timings.Cached);
    }

    [Fact]
    public async Task The_caching_service_gone_answers_are_computed_and_say_so()
    {
        await _host!.StopAsync(new CancellationToken(canceled: true));
        Assert.Equal(["caching_unavailable"], (await AskAsync(_services[0], "What causes the tides?")).OfType<AnswerEnd>().Single().Degraded);
    }

    [Fact]
    public async Task Rate_limits_are_one_count_for_all()
    {
        var passed = 0;
        for (var i = 0; i < 20; i++)
            passed += (await _callers[i % 4].GetRequiredService<IRateLimits>().TakeAsync(new RateTake("ann", 7), default)).Allowed ? 1 : 0;
        Assert.Equal(7, passed);
    }

    private static async Task<List<AnswerEvent>> AskAsync(QueryService query, string question) =>
        await query.AnswerAsync(new AnswerRequest { Tenant = "default", Question = question }, default).ToListAsync();

    private static async Task Until(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(Limit);
        using var often = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while (!holds())
            await often.WaitForNextTickAsync(limit.Token);
    }
}
