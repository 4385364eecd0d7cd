using Rag.Engines.Chroma;
using Rag.Tests.Engines;
using Rag.Vectors;

namespace Rag.Tests.Conformance.Vectors;

public sealed class ChromaVectorsTests(EngineServers servers) : VectorsConformance
{
    private readonly string _collection = "c" + Guid.NewGuid().ToString("N");
    private EngineServer _server = null!;

    protected override string Engine => EngineServer.VersionOf("chroma");

    protected override async ValueTask PrepareAsync() => _server = await servers.GetAsync("chroma");

    internal override ValueTask<IVectors> OpenAsync() => new(new ChromaVectors(Options(_server, _collection)));

    internal static ChromaOptions Options(EngineServer server, string collection, double seconds = 10, int connections = 16) =>
        new(new Uri($"http://{server.Address}"), collection, TimeSpan.FromSeconds(seconds), connections);
}

public sealed class ChromaVectorsOutageTests : VectorsOutageConformance
{
    protected override string Script => "chroma";

    internal override IVectors Open(EngineServer server, TimeSpan timeout, int pool) => new ChromaVectors(ChromaVectorsTests.Options(server, "outage", timeout.TotalSeconds, pool));
}
