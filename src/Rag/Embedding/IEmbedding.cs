namespace Rag.Embedding;

/// <summary>Texts to vectors. Vectors are L2-normalised, so their dot product is their cosine.</summary>
public interface IEmbedding
{
    /// <summary>Which model answers a request that names none: that of <c>embedding:*</c>.</summary>
    ValueTask<EmbeddingModel> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>Embeds 1–256 texts.</summary>
    ValueTask<EmbedReply> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken);

    /// <summary>All models that requests may name. An engine has one; the service has a second while <c>embedding:next:*</c> is configured.</summary>
    async ValueTask<OfferedModels> ListAsync(CancellationToken cancellationToken) => new(await DescribeAsync(cancellationToken).ConfigureAwait(false), null);
}

/// <summary>The models that the service offers.</summary>
/// <param name="Current">That of <c>embedding:*</c>.</param>
/// <param name="Next">That of <c>embedding:next:*</c>, to which the index is to move; null when none is configured.</param>
public sealed record OfferedModels(EmbeddingModel Current, EmbeddingModel? Next)
{
    /// <summary>The model that the index is to have in the end.</summary>
    public EmbeddingModel Target => Next ?? Current;

    /// <summary>Whether requests may name a model.</summary>
    public bool Has(EmbeddingModel model) => Current == model || Next == model;
}

/// <summary>A model; vectors of different (<see cref="Id"/>, <see cref="Version"/>) must never be compared.</summary>
public sealed record EmbeddingModel(string Id, string Version, int Dimensions)
{
    /// <summary>The model in words for people: <c>'id' version (dimensions)</c>.</summary>
    public string Words => $"'{Id}' {Version} ({Dimensions} dimensions)";

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
public sealed record EmbedRequest(IReadOnlyList<string> Texts, EmbedPurpose Purpose)
{
    /// <summary>The model that is to do it; null for the current one. One that the service does not offer is refused as InvalidArgument, never replaced by another.</summary>
    public EmbeddingModel? Model { get; init; }
}

/// <summary>One vector per text, in order.</summary>
/// <param name="Model">The model that made them.</param>
/// <param name="Vectors">Each of the model's dimensions, L2 norm 1 (all zero for a text without content).</param>
/// <param name="Tokens">Tokens read, all texts together.</param>
public sealed record EmbedReply(EmbeddingModel Model, IReadOnlyList<float[]> Vectors, int Tokens);
