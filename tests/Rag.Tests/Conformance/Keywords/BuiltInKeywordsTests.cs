using Microsoft.Extensions.Logging.Abstractions;
using Rag.Keywords;
using Rag.Tests.Journals;

namespace Rag.Tests.Conformance.Keywords;

public sealed class BuiltInKeywordsTests : KeywordsConformance
{
    private readonly TestFolder _folder = new();

    protected override string Engine => "built-in BM25";

    internal override ValueTask<IKeywords> OpenAsync() => new(new KeywordIndex(_folder.Path, new KeywordsOptions { SimilarTerms = 0 }, NullLogger<KeywordIndex>.Instance));

    protected override ValueTask CleanAsync()
    {
        _folder.Dispose();
        return default;
    }
}
