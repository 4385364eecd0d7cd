using Rag.Tests.Journals;
using Rag.Tests.Vectors;
using Rag.Vectors;

namespace Rag.Tests.Conformance.Vectors;

public sealed class BuiltInVectorsTests : VectorsConformance
{
    private readonly TestFolder _folder = new();

    protected override string Engine => "built-in HNSW";

    internal override ValueTask<IVectors> OpenAsync() => new(Make.Index(_folder));

    protected override ValueTask CleanAsync()
    {
        _folder.Dispose();
        return default;
    }
}

/// <summary>The same without the scans that spare small tenants the graph.</summary>
public sealed class BuiltInGraphTests : VectorsConformance
{
    private readonly TestFolder _folder = new();

    protected override string Engine => "built-in HNSW, graph only";

    internal override ValueTask<IVectors> OpenAsync() => new(Make.Index(_folder, new VectorsOptions { ScanBelow = 0 }));

    protected override ValueTask CleanAsync()
    {
        _folder.Dispose();
        return default;
    }
}
