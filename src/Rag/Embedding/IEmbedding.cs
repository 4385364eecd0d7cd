namespace Rag.Embedding;

/// <summary>Texts to vectors. Vectors are L2-normalised, so their dot product is their cosine.</summary>
public interface IEmbedding
{
    /// <summary>Which model answers now.</summary>
    ValueTask<EmbeddingModel> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>Embeds 1–256 texts.</summary>
    ValueTask<EmbedReply> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken);
}

/// <summary>A model; vectors of different (<see cref="Id"/>, <see cref="Version"/>) must never be compared.</summary>
public sealed record EmbeddingModel(string Id, string Version, int Dimensions)
{
    /// <summary>The id of the model that comes with the product. It has learned nothing: who mixes its opinion with another's gives it little weight.</summary>
    public const string BuiltInId = "hashed-words-grams";
}

/// <summary>What the texts are: models may treat questions and passages differently.</summary>
public enum EmbedPurpose
{
    /// <summary>A text to be found.</summary>
    Passage,

    /// <summary>A question that searches.</summary>
    Query,
}

/// <summary>Texts to embed.</summary>
public sealed record EmbedRequest(IReadOnlyList<string> Texts, EmbedPurpose Purpose);

/// <summary>One vector per text, in order.</summary>
/// <param name="Model">The model that made them.</param>
/// <param name="Vectors">Each of the model's dimensions, L2 norm 1 (all zero for a text without content).</param>
/// <param name="Tokens">Tokens read, all texts together.</param>
public sealed record EmbedReply(EmbeddingModel Model, IReadOnlyList<float[]> Vectors, int Tokens);
