using System.Text.Json;
using System.Text.Json.Serialization;
using Rag.Embedding;

namespace Rag.Vectors.Moves;

/// <summary>The durable note of which index is which: the pointer that a switch changes. Replaced as a whole, each time with the next revision.</summary>
/// <param name="Revision">Counts its changes; 0 for the plan that holds where none was written.</param>
/// <param name="Active">The number of the index that searches use.</param>
/// <param name="ActiveModel">Its model; null when it never had to be noted: the index itself knows it.</param>
/// <param name="Next">The number of the index that is being filled; null when no move is under way.</param>
/// <param name="NextModel">Its model.</param>
/// <param name="Retired">The number of the one that was active before, until it is dropped.</param>
/// <param name="RetiredModel">The model before this one; kept when its index is gone, so that vectors of it that come late are known for what they are.</param>
/// <param name="SwitchedAt">When the last switch was.</param>
/// <param name="Dropping">Numbers of indexes that are never opened again and are being removed.</param>
/// <param name="Last">The highest number ever given; none is given twice.</param>
public sealed record VectorPlan(
    long Revision, int Active, EmbeddingModel? ActiveModel, int? Next, EmbeddingModel? NextModel, int? Retired, EmbeddingModel? RetiredModel, DateTimeOffset? SwitchedAt,
    IReadOnlyList<int> Dropping, int Last)
{
    /// <summary>What holds where nothing was ever noted.</summary>
    public static VectorPlan First { get; } = new(0, 1, null, null, null, null, null, null, [], 1);

    /// <summary>The plan as bytes of JSON.</summary>
    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, VectorPlanJson.Default.VectorPlan);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static VectorPlan Read(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, VectorPlanJson.Default.VectorPlan) is { Revision: >= 1, Active: >= 1, Last: >= 1, Dropping: not null } plan
            ? plan : throw new JsonException("it is no plan of vector indexes");
}

/// <summary>How a plan is written.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(VectorPlan))]
internal sealed partial class VectorPlanJson : JsonSerializerContext;
