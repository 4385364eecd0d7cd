using Rag.Engines.Chroma;
using Rag.Tests.Engines;
using Rag.Tests.Vectors;
using Rag.Vectors;
using Xunit;

namespace Rag.Tests.Conformance.Vectors;

public sealed class ChromaVectorsTests(EngineServers servers) : VectorsConformance
{
    private readonly string _collection = "c" + Guid.NewGuid().ToString("N");
    private EngineServer _server = null!;

    protected override string Engine => EngineServer.VersionOf("chroma");

    [Fact]
    public async Task A_document_that_is_replaced_several_times_within_one_search_is_found()
    {
        const int Replaced = 5;
        var chunk = Make.Vector(new Random(1));
        using var writer = new ChromaVectors(Options(_server, _collection));
        await Make.Replace(writer, Of(1));
        var version = 1;
        var between = new BetweenFoundAndRanks(async () =>
        {
            if (version <= Replaced)
                await Make.Replace(writer, Of(++version));
        });
        var options = Options(_server, _collection);
        using var client = new ChromaClient(options, between);
        using var index = new ChromaVectors(options, client);
        var hits = await Make.Search(index, chunk, 6);
        Assert.Equal([(Replaced + 1, 0), (Replaced + 1, 1)], hits.Select(hit => (hit.Version, hit.Ordinal)).Order());

        DocumentVectors Of(int version) => new("t", "d", version, Make.Model, [chunk, chunk], Make.NoMetadata);
    }

    protected override async ValueTask PrepareAsync() => _server = await servers.GetAsync("chroma");

    internal override ValueTask<IVectors> OpenAsync() => new(new ChromaVectors(Options(_server, _collection)));

    internal static ChromaOptions Options(EngineServer server, string collection, double seconds = 10, int connections = 16) =>
        new(new Uri($"http://{server.Address}"), collection, TimeSpan.FromSeconds(seconds), connections);

    /// <summary>Acts whenever something has been found and before the ranks of what was found are read.</summary>
    private sealed class BetweenFoundAndRanks(Func<Task> act) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (request.RequestUri!.AbsolutePath.EndsWith("/query", StringComparison.Ordinal))
                await act();
            return response;
        }
    }
}

public sealed class ChromaVectorsOutageTests : VectorsOutageConformance
{
    protected override string Script => "chroma";

    internal override IVectors Open(EngineServer server, TimeSpan timeout, int pool) => new ChromaVectors(ChromaVectorsTests.Options(server, "outage", timeout.TotalSeconds, pool));
}
