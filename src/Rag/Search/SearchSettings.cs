using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Search;

/// <summary>What the configuration says of search: the section <c>search</c>.</summary>
internal static class SearchSettings
{
    private static readonly Setting<double?> VectorWeight = Setting.OptionalNumber("search:vector_weight", 0, 10, "What the best vector hit counts beside the best keyword hit's 1; where nothing is set 0.1 with the built-in embedding, whose opinion is weak, and 1 with any other model. At 0 keywords alone rank, and what vectors alone found comes after them; where keywords find nothing, or are down, vectors rank whatever is set");
    private static readonly Setting<int> LeastDepth = Setting.Whole("search:least_depth", 50, 1, 1000, "How many candidates each side gives, at least");
    private static readonly Setting<double> DepthPerResult = Setting.Number("search:depth_per_result", 2, 1, 10, "Candidates of each side per result asked for");
    private static readonly Setting<bool> Rerank = Setting.Switch("search:rerank", false, "Whether the first candidates are looked at more closely by the reranking service");
    private static readonly Setting<int> RerankTop = Setting.Whole("search:rerank_top", 20, 1, 200, "How many of them");
    private static readonly Setting<long> EmbeddingCacheBytes = Setting.Bytes("search:embedding_cache_bytes", 16L << 20, 0, 1L << 30, "Bytes of questions' embeddings that a process keeps; 0 keeps none");
    private static readonly Setting<bool> SharedEmbeddingCache = Setting.Switch("search:shared_embedding_cache", false, "Whether the caching service keeps questions' embeddings as well; worth it for large models");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [VectorWeight, LeastDepth, DepthPerResult, Rerank, RerankTop, EmbeddingCacheBytes, SharedEmbeddingCache];

    /// <exception cref="InvalidOperationException">Values that are not permitted; the message names all of them.</exception>
    public static SearchOptions Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var options = new SearchOptions
        {
            VectorWeight = reader.Read(VectorWeight),
            LeastDepth = reader.Read(LeastDepth),
            DepthPerResult = reader.Read(DepthPerResult),
            Rerank = reader.Read(Rerank),
            RerankTop = reader.Read(RerankTop),
            EmbeddingCacheBytes = reader.Read(EmbeddingCacheBytes),
            SharedEmbeddingCache = reader.Read(SharedEmbeddingCache),
        };
        reader.ThrowIfWrong();
        return options;
    }
}
