using Rag.Embedding;

namespace Rag.Search;

/// <summary>Configuration section <c>search</c>.</summary>
public sealed class SearchOptions
{
    /// <summary>
    /// What the best vector hit counts beside the best keyword hit's 1, <c>search:vector_weight</c>. 0–10; at 0 keywords alone rank, and what vectors alone found comes after them. Where keywords find nothing,
    /// or are down, vectors rank whatever is set. Default null:
    /// what suits the model that made the question's vector, see <see cref="WeightOf"/>.
    /// </summary>
    public double? VectorWeight { get; set; }

    /// <summary>How many candidates each side gives, at least: fusing is blind to what neither side brought. 1–1000.</summary>
    public int LeastDepth { get; set; } = 50;

    /// <summary>Candidates of each side per result asked for. 1–10.</summary>
    public double DepthPerResult { get; set; } = 2;

    /// <summary>Whether the first candidates are looked at more closely by the reranking service, for searches and answers alike.</summary>
    public bool Rerank { get; set; }

    /// <summary>How many of them; at least as many are fetched as that. 1–200.</summary>
    public int RerankTop { get; set; } = 20;

    /// <summary>Bytes of questions' embeddings that this process keeps, <c>search:embedding_cache_bytes</c>; default 16 MiB (about 8,000 questions of 384 dimensions), 0 keeps none. 0–1 GiB.</summary>
    public long EmbeddingCacheBytes { get; set; } = 16L << 20;

    /// <summary>
    /// Whether the caching service keeps questions' embeddings as well, <c>search:shared_embedding_cache</c>. Default false: the built-in model takes less than a
    /// call to another process; a model of hundreds of millions of weights takes more.
    /// </summary>
    public bool SharedEmbeddingCache { get; set; }

    /// <summary>The weight of vectors of a model: as set, else 0.1 for the built-in one, whose opinion is weak (measured in bench/README.md), and 1, as much as keywords, for a trained one.</summary>
    internal double WeightOf(EmbeddingModel? model) => VectorWeight ?? (model?.Id == EmbeddingModel.BuiltInId ? 0.1 : 1);

    /// <summary>All mistakes in these options; empty when there are none.</summary>
    internal IEnumerable<string> Problems()
    {
        if (VectorWeight is not (null or (>= 0 and <= 10)))
            yield return $"search:vector_weight: {VectorWeight} given; allowed are 0 to 10 (default: 0.1 for the built-in embedding, 1 for others)";
        if (LeastDepth is < 1 or > 1000)
            yield return $"search:least_depth: {LeastDepth} given; allowed are 1 to 1000 (default 50)";
        if (DepthPerResult is not (>= 1 and <= 10))
            yield return $"search:depth_per_result: {DepthPerResult} given; allowed are 1 to 10 (default 2)";
        if (EmbeddingCacheBytes is < 0 or > 1L << 30)
            yield return $"search:embedding_cache_bytes: {EmbeddingCacheBytes} given; allowed are 0 to {1L << 30} (default {16L << 20})";
        if (RerankTop is < 1 or > 200)
            yield return $"search:rerank_top: {RerankTop} given; allowed are 1 to 200 (default 20)";
    }
}
