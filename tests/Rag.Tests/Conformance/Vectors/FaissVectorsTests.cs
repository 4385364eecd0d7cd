using Microsoft.Extensions.Logging.Abstractions;
using Rag.Engines.Faiss;
using Rag.Tests.Engines;
using Rag.Tests.Journals;
using Rag.Vectors;

namespace Rag.Tests.Conformance.Vectors;

public sealed class FaissVectorsTests : VectorsConformance
{
    private readonly TestFolder _folder = new();

    protected override string Engine => EngineServer.VersionOf("faiss");

    internal override ValueTask<IVectors> OpenAsync() => new(Open(_folder.Path));

    protected override ValueTask CleanAsync()
    {
        _folder.Dispose();
        return default;
    }

    internal static FaissVectors Open(string folder) => new(folder, new FaissOptions(FaissLibraryPath.Get(), 16, 80, 64), NullLogger.Instance);
}
