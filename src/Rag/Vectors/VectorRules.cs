using System.Numerics.Tensors;
using Rag.Embedding;
using Rag.Errors;

namespace Rag.Vectors;

/// <summary>What a vector, a search and a document must be, whatever engine keeps them.</summary>
public static class VectorRules
{
    /// <summary>The most hits of one search.</summary>
    public const int MaxTopK = 1000;
    private const float NormTolerance = 1e-4f;

    /// <summary>The vector at length 1 (itself where it is so already), or null when it is zero: it has no direction, so it is near to nothing.</summary>
    /// <exception cref="RagException">InvalidArgument: wrong length, or not a number.</exception>
    public static float[]? Normalise(float[] vector, EmbeddingModel model, string where)
    {
        ArgumentNullException.ThrowIfNull(vector);
        ArgumentNullException.ThrowIfNull(model);
        if (vector.Length != model.Dimensions)
            throw Invalid($"{where}: {vector.Length} numbers, but model '{model.Id}' {model.Version} makes {model.Dimensions}; embed again with that model");
        var norm = TensorPrimitives.Norm<float>(vector);
        if (!float.IsFinite(norm))
            throw Invalid($"{where}: holds a number that is not finite; embed again");
        if (norm == 0)
            return null;
        if (Math.Abs(norm - 1) <= NormTolerance)
            return vector;
        var unit = new float[vector.Length];
        TensorPrimitives.Divide(vector, norm, unit);
        return unit;
    }

    /// <summary>Refuses a number of hits out of range.</summary>
    /// <exception cref="RagException">InvalidArgument.</exception>
    public static void CheckTopK(int topK)
    {
        if (topK is < 1 or > MaxTopK)
            throw Invalid($"top_k: {topK} is not allowed, expected 1–{MaxTopK}");
    }

    /// <summary>Refuses empty names and versions below 1.</summary>
    /// <exception cref="RagException">InvalidArgument.</exception>
    public static void CheckDocument(string tenant, string documentId, int version)
    {
        if (string.IsNullOrEmpty(tenant))
            throw Invalid("tenant: is empty; name the tenant");
        if (string.IsNullOrEmpty(documentId))
            throw Invalid("document: its id is empty; name the document");
        if (version < 1)
            throw Invalid($"document '{documentId}': version {version} is not allowed, expected 1 or more");
    }

    /// <summary>Refuses vectors of another model than the index's.</summary>
    /// <exception cref="RagException">InvalidArgument; names both.</exception>
    public static void CheckModel(EmbeddingModel index, EmbeddingModel given)
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(given);
        if (index != given)
            throw Invalid($"model: {given.Words} was given, but the index holds vectors of {index.Words}, and vectors of different models can't be compared; "
                + "use that model, or move the index to the other one: keep embedding:* as it was and configure the other as embedding:next:* (docs/models.md, Changing the model)");
    }

    private static RagException Invalid(string message) => new(RagError.InvalidArgument, message);
}
