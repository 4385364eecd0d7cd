namespace Rag.Embedding;

/// <summary>Configuration section <c>embedding</c>.</summary>
public sealed class EmbeddingOptions
{
    /// <summary>Dimensions of the vectors, 64–4096. Another value is another model: its vectors can't be compared with the old ones.</summary>
    public int Dimensions { get; set; } = 384;

    /// <summary>All mistakes in these options; empty when there are none.</summary>
    internal IEnumerable<string> Problems()
    {
        if (Dimensions is < 64 or > 4096)
            yield return $"embedding:dimensions: {Dimensions} given; allowed are 64 to 4096 (default 384)";
    }
}
