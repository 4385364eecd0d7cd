namespace Rag.Reranking;

/// <summary>Configuration section <c>reranking</c>.</summary>
public sealed class RerankingOptions
{
    /// <summary>How much the closer look counts beside the score that a candidate came with (0…1 after scaling). 0–10; 0 keeps the order.</summary>
    public double Weight { get; set; } = 0.5;

    /// <summary>All mistakes in these options; empty when there are none.</summary>
    internal IEnumerable<string> Problems()
    {
        if (Weight is not (>= 0 and <= 10))
            yield return $"reranking:weight: {Weight} given; allowed are 0 to 10 (default 0.5)";
    }
}
