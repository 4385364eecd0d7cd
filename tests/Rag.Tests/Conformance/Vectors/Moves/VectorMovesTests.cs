using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Rag.Engines.Chroma;
using Rag.Engines.Faiss;
using Rag.Engines.Postgres;
using Rag.Engines.Postgres.Vectors;
using Rag.Tests.Engines;
using Rag.Tests.Journals;
using Rag.Vectors;
using Rag.Vectors.Moves;

namespace Rag.Tests.Conformance.Vectors.Moves;

public sealed class BuiltInVectorMovesTests : VectorMovesConformance
{
    private readonly TestFolder _folder = new();

    protected override string Engine => "built-in HNSW";

    internal override IVectorIndexes Open() => new BuiltInIndexes(_folder.Path, new VectorsOptions(), TimeProvider.System, NullLogger.Instance);

    protected override ValueTask CleanAsync()
    {
        _folder.Dispose();
        return default;
    }
}

public sealed class FaissVectorMovesTests : VectorMovesConformance
{
    private readonly TestFolder _folder = new();

    protected override string Engine => EngineServer.VersionOf("faiss");

    internal override IVectorIndexes Open() => new FaissIndexes(_folder.Path, new FaissOptions(FaissLibraryPath.Get(), 16, 80, 64), NullLogger.Instance);

    protected override ValueTask CleanAsync()
    {
        _folder.Dispose();
        return default;
    }
}

public sealed class ChromaVectorMovesTests(EngineServers servers) : SharedVectorMovesConformance
{
    private readonly string _collection = "m" + Guid.NewGuid().ToString("N");
    private EngineServer _server = null!;

    protected override string Engine => EngineServer.VersionOf("chroma");

    protected override async ValueTask PrepareAsync() => _server = await servers.GetAsync("chroma");

    internal override IVectorIndexes Open() => new ChromaIndexes(ChromaVectorsTests.Options(_server, _collection));
}

public sealed class PostgresVectorMovesTests(EngineServers servers) : SharedVectorMovesConformance
{
    private readonly string _schema = "m" + Guid.NewGuid().ToString("N");
    private PostgresSource _source = null!;

    protected override string Engine => EngineServer.VersionOf("pgvector");

    protected override async ValueTask PrepareAsync()
    {
        _source = PostgresVectorsTests.Source(await servers.GetAsync("pgvector"), _schema);
        await PostgresVectorsTests.ReadyAsync(_source);
    }

    internal override IVectorIndexes Open() => new PostgresIndexes(_source);

    protected override async ValueTask CleanAsync()
    {
        await using (var connection = await _source.OpenAsync(default))
        {
            await using var drop = new NpgsqlCommand($"DROP SCHEMA IF EXISTS {_schema} CASCADE", connection);
            await drop.ExecuteNonQueryAsync();
        }

        await _source.DisposeAsync();
    }
}
