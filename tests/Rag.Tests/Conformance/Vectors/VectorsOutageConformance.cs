using Rag.Tests.Engines;
using Rag.Tests.Vectors;
using Rag.Vectors;
using Xunit;

namespace Rag.Tests.Conformance.Vectors;

/// <summary>What an engine of vectors on a server does when the server fails. Each test has a server of its own.</summary>
public abstract class VectorsOutageConformance : IAsyncLifetime
{
    private readonly Random _random = new(1);
    private EngineServer _server = null!;

    /// <summary>The script that runs the server.</summary>
    protected abstract string Script { get; }

    /// <summary>Opens the index on a server.</summary>
    /// <param name="server">Where.</param>
    /// <param name="timeout">How long one call may take.</param>
    /// <param name="pool">The most connections.</param>
    internal abstract IVectors Open(EngineServer server, TimeSpan timeout, int pool);

    public async ValueTask InitializeAsync()
    {
        if (EngineServer.Missing(Script) is { } why)
            Assert.Skip(why);
        TestContext.Current.TestOutputHelper?.WriteLine(EngineServer.VersionOf(Script));
        _server = await EngineServer.StartAsync(Script);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task What_was_acknowledged_survives_kills_under_load_once_and_never_older()
    {
        var index = Open(_server, TimeSpan.FromSeconds(10), 16);
        var acknowledged = await Outages.KillUnderLoadAsync(_server, Write, () => Make.Search(index, Make.Vector(new Random(1)), 100));
        var found = (await Make.Search(index, Make.Vector(_random), 1000)).GroupBy(hit => hit.DocumentId).ToDictionary(hits => hits.Key, hits => hits.ToList());
        foreach (var (id, version) in acknowledged)
        {
            if (version % 7 == 0)
            {
                Assert.False(found.ContainsKey(id), $"{id} was deleted at {version} and is back");
                continue;
            }

            Assert.True(found.TryGetValue(id, out var hits), $"{id} at {version} is lost");
            Assert.All(hits, hit => Assert.Equal(version, hit.Version));
            Assert.Equal([0, 1], hits.Select(hit => hit.Ordinal).Order());
        }

        (index as IDisposable)?.Dispose();

        Task Write(string id, int version) => version % 7 == 0
            ? Make.Delete(index, id, version)
            : Make.Replace(index, Make.Document(id, version, new Random(version), chunks: 2));
    }

    [Fact]
    public async Task A_frozen_server_costs_a_bounded_time()
    {
        var timeout = TimeSpan.FromSeconds(1);
        var index = Open(_server, timeout, 16);
        await Outages.FreezeAsync(_server, timeout, Calls(index));
        (index as IDisposable)?.Dispose();
    }

    [Fact]
    public async Task Without_its_server_it_says_so_at_once_and_recovers()
    {
        var index = Open(_server, TimeSpan.FromSeconds(5), 16);
        await Outages.DownAsync(_server, Calls(index));
        (index as IDisposable)?.Dispose();
    }

    [Fact]
    public async Task A_crowd_leaks_no_connection()
    {
        var index = Open(_server, TimeSpan.FromSeconds(20), 8);
        await Outages.UntilDoneAsync(() => Make.Replace(index, Make.Document("d", 1, _random)));
        var query = Make.Vector(_random);
        await Outages.CrowdAsync(_server, 8, stop => index.SearchAsync(new VectorSearch("t", Make.Model, query, 10, null), stop).AsTask());
        (index as IDisposable)?.Dispose();
    }

    private IReadOnlyList<Func<Task>> Calls(IVectors index)
    {
        var version = 0;
        return
        [
            () => Make.Replace(index, Make.Document("d", ++version, new Random(1))),
            () => Make.Search(index, Make.Vector(new Random(1))),
            () => Make.Delete(index, "e", ++version),
            () => index.DescribeAsync(default).AsTask(),
        ];
    }
}
