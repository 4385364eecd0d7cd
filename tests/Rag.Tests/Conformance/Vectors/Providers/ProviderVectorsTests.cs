using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.VectorData;
using Rag.Engines.ExtensionsVectorData;
using Rag.Tests.Conformance.Vectors.Moves;
using Rag.Tests.Journals;
using Rag.Vectors;
using Rag.Vectors.Moves;

namespace Rag.Tests.Conformance.Vectors.Providers;

/// <summary>With keys that are texts, cosines, and a provider that keeps what it was given.</summary>
public sealed class ProviderVectorsTests : VectorsConformance
{
    private readonly TestFolder _folder = new();
    private readonly TestVectorStore _provider = new();

    protected override string Engine => "Microsoft.Extensions.VectorData, a provider of the tests";

    internal override ValueTask<IVectors> OpenAsync() => new(Open(_folder.Path, _provider));

    protected override ValueTask CleanAsync()
    {
        _folder.Dispose();
        return default;
    }

    internal static VectorDataOptions Options(double seconds = 10) => new("test", typeof(string), DistanceFunction.CosineSimilarity, null, TimeSpan.FromSeconds(seconds), 1000);

    internal static ProviderVectors Open(string folder, VectorStore provider, VectorDataOptions? options = null) =>
        new(folder, 1, provider, options ?? Options(), TimeProvider.System, NullLogger.Instance);
}

/// <summary>With keys that are Guids, distances, a provider that gives few records at a time, and one that has lost everything whenever it is opened again.</summary>
public sealed class ForgetfulProviderVectorsTests : VectorsConformance
{
    private readonly TestFolder _folder = new();

    protected override string Engine => "Microsoft.Extensions.VectorData, a provider of the tests that keeps nothing and gives little";

    internal override ValueTask<IVectors> OpenAsync() => new(ProviderVectorsTests.Open(
        _folder.Path, new TestVectorStore { MostGiven = 100 }, ProviderVectorsTests.Options() with { Key = typeof(Guid), Distance = DistanceFunction.CosineDistance }));

    protected override ValueTask CleanAsync()
    {
        _folder.Dispose();
        return default;
    }
}

public sealed class ProviderVectorMovesTests : VectorMovesConformance
{
    private readonly TestFolder _folder = new();
    private readonly TestVectorStore _provider = new();

    protected override string Engine => "Microsoft.Extensions.VectorData, a provider of the tests";

    internal override IVectorIndexes Open() => new ProviderIndexes(_folder.Path, _provider, ProviderVectorsTests.Options(), TimeProvider.System, NullLogger.Instance);

    protected override ValueTask CleanAsync()
    {
        _folder.Dispose();
        return default;
    }
}
