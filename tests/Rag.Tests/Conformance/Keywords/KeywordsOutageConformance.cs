using Rag.Filters;
using Rag.Keywords;
using Rag.Tests.Engines;
using Xunit;

namespace Rag.Tests.Conformance.Keywords;

/// <summary>What an engine of keywords on a server does when the server fails. Each test has a server of its own.</summary>
public abstract class KeywordsOutageConformance : IAsyncLifetime
{
    private static readonly Dictionary<string, MetadataValue> Nothing = [];
    private EngineServer _server = null!;

    /// <summary>The script that runs the server.</summary>
    protected abstract string Script { get; }

    /// <summary>Opens the index on a server.</summary>
    /// <param name="server">Where.</param>
    /// <param name="timeout">How long one call may take.</param>
    /// <param name="pool">The most connections.</param>
    internal abstract IKeywords Open(EngineServer server, TimeSpan timeout, int pool);

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
        var acknowledged = await Outages.KillUnderLoadAsync(_server, Write, () => Search(index).AsTask());
        var found = (await Search(index)).GroupBy(hit => hit.DocumentId).ToDictionary(hits => hits.Key, hits => hits.ToList());
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
            Assert.Equal($"ship {version}", (await index.GetTextsAsync("t", [new(id, version, 0)], default))[0]!.Text);
        }

        Task Write(string id, int version) => version % 7 == 0 ? index.DeleteAsync("t", id, version, default).AsTask() : Put(index, id, version);
    }

    [Fact]
    public async Task A_frozen_server_costs_a_bounded_time()
    {
        var timeout = TimeSpan.FromSeconds(1);
        await Outages.FreezeAsync(_server, timeout, Calls(Open(_server, timeout, 16)));
    }

    [Fact]
    public Task Without_its_server_it_says_so_at_once_and_recovers() => Outages.DownAsync(_server, Calls(Open(_server, TimeSpan.FromSeconds(5), 16)));

    [Fact]
    public async Task A_crowd_leaks_no_connection()
    {
        var index = Open(_server, TimeSpan.FromSeconds(20), 8);
        await Outages.UntilDoneAsync(() => Put(index, "d", 1));
        await Outages.CrowdAsync(_server, 8, stop => index.SearchAsync(new KeywordSearch("t", "ship", 10, null), stop).AsTask());
    }

    private static Task Put(IKeywords index, string id, int version) =>
        index.ReplaceAsync([new DocumentChunks("t", id, version, "", [$"ship {version}", $"ship {version}"], Nothing)], default).AsTask();

    private static ValueTask<IReadOnlyList<KeywordHit>> Search(IKeywords index) => index.SearchAsync(new KeywordSearch("t", "ship", 1000, null), default);

    private static IReadOnlyList<Func<Task>> Calls(IKeywords index)
    {
        var version = 0;
        return
        [
            () => Put(index, "d", ++version),
            () => Search(index).AsTask(),
            () => index.GetTextsAsync("t", [new("d", 1, 0)], default).AsTask(),
            () => index.DeleteAsync("t", "e", ++version, default).AsTask(),
            () => index.DescribeAsync(default).AsTask(),
        ];
    }
}
