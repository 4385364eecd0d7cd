namespace Rag.Embedding;

/// <summary>What <c>embedding:next:*</c> describes: the model that the index is to move to. Registered beside the current one where it is configured.</summary>
/// <param name="Model">Answers as that model.</param>
public sealed record NextEmbedding(IEmbedding Model);
