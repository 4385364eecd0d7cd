using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rag.Caching;
using Rag.Chunks;
using Rag.Documents;
using Rag.Embedding;
using Rag.Hosting;
using Rag.Keywords;
using Rag.Reranking;
using Rag.Seams;
using Rag.Vectors;
using Rag.Vectors.Moves;

namespace Rag.Search;

/// <summary>The search service: hybrid retrieval.</summary>
public sealed class SearchModule : ServiceModule
{
    /// <inheritdoc/>
    public override string Name => "search";

    /// <inheritdoc/>
    public override IReadOnlyList<string> DependsOn => ["embedding", "vectors", "keywords", "documents", "reranking", "caching"];

    /// <inheritdoc/>
    public override IReadOnlyList<Contract> Contracts => [SearchContract.Instance];

    /// <inheritdoc/>
    public override IReadOnlyList<Setting> Settings => [.. SearchSettings.All, .. ChunkSettings.All];

    /// <inheritdoc/>
    public override void Register(IServiceCollection services, IConfiguration configuration)
    {
        var options = SearchSettings.Read(configuration);
        var chunks = ChunkSettings.Read(configuration);
        services.AddSingleton<ISearch>(provider => new HybridSearch(
            new CachedEmbedding(
                provider.GetRequiredService<IEmbedding>(), options.SharedEmbeddingCache ? provider.GetRequiredService<ICaching>() : null, options.EmbeddingCacheBytes,
                provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<CachedEmbedding>>()),
            provider.GetRequiredService<IVectors>(), provider.GetRequiredService<IKeywords>(), new DocumentTexts(provider.GetRequiredService<IDocuments>(), chunks),
            provider.GetService<IReranking>(), options, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<HybridSearch>>(),
            new ServingModel(provider.GetRequiredService<IVectorMoves>())));
    }
}
