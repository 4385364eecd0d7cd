using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rag.Gateway;

/// <summary>The body of <c>POST /v1/chat/completions</c>: what is read of it; anything else is ignored, as OpenAI's clients expect of servers.</summary>
internal sealed record ChatBody(
    [property: Description("Any name: the server decides which model answers, and the reply names it")] string Model,
    [property: Description("The last user message is the question, earlier turns are its history"), MinLength(1)] IReadOnlyList<ChatTurn> Messages,
    bool? Stream,
    StreamOptions? StreamOptions,
    [property: Range(1, 32768)] int? MaxTokens,
    [property: Range(1, 32768)] int? MaxCompletionTokens,
    [property: Range(0, 2)] double? Temperature,
    [property: Description("Must be 1"), Range(1, 1)] int? N,
    [property: Description("Extension: how many passages to retrieve and cite; default 5"), Range(1, 50)] int? TopK,
    [property: Description("Extension: conditions on metadata")] JsonElement? Filter);

internal sealed record ChatTurn(
    [property: Description("system, developer, user or assistant")] string Role,
    [property: Description("A text, or an array of {\"type\":\"text\",\"text\":…}")] JsonElement Content);

internal sealed record StreamOptions(bool? IncludeUsage);

internal sealed record ChatAnswer(
    string Id, string Object, long Created, string Model, IReadOnlyList<ChatChoice> Choices, ChatUsage Usage,
    [property: Description("Extension: what the answer is drawn from")] IReadOnlyList<Citation> Citations,
    [property: Description("Extension: parts that were missing")] IReadOnlyList<string> Degraded);

internal sealed record ChatChoice(int Index, ChatAnswerMessage Message, string FinishReason);

internal sealed record ChatAnswerMessage(string Role, string Content);

internal sealed record ChatUsage(int PromptTokens, int CompletionTokens, int TotalTokens);

/// <summary>A chunk of a stream; text chunks are written without it, see <see cref="ChatEvents"/>.</summary>
internal sealed record ChatChunk(
    string Id, string Object, long Created, string Model, IReadOnlyList<ChatChunkChoice> Choices, ChatUsage? Usage = null,
    IReadOnlyList<Citation>? Citations = null, IReadOnlyList<string>? Degraded = null);

internal sealed record ChatChunkChoice(int Index, ChatDelta Delta, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason);

internal sealed record ChatDelta(string? Role = null, string? Content = null);

internal sealed record EmbeddingsBody(
    [property: Description("A model of GET /v1/models")] string Model,
    [property: Description("A text, or an array of 1–256 texts")] JsonElement Input,
    [property: Description("float (default) or base64")] string? EncodingFormat,
    [property: Description("Must be the model's own")] int? Dimensions);

internal sealed record EmbeddingsAnswer(string Object, IReadOnlyList<EmbeddingItem> Data, string Model, EmbeddingsUsage Usage);

internal sealed record EmbeddingItem(
    string Object, int Index,
    [property: Description("An array of numbers, or base64 of little-endian floats"), JsonConverter(typeof(VectorConverter))] EncodedVector Embedding);

internal sealed record EmbeddingsUsage(int PromptTokens, int TotalTokens);

internal sealed record ModelsAnswer(string Object, IReadOnlyList<ModelItem> Data);

internal sealed record ModelItem(string Id, string Object, long Created, string OwnedBy);

/// <summary>A vector and how it is to be written.</summary>
internal readonly record struct EncodedVector(float[] Values, bool Base64);

/// <summary>Writes a vector as numbers, or as the base64 of its little-endian bytes, which OpenAI's clients ask for.</summary>
internal sealed class VectorConverter : JsonConverter<EncodedVector>
{
    public override EncodedVector Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("vectors are written only");

    public override void Write(Utf8JsonWriter writer, EncodedVector value, JsonSerializerOptions options)
    {
        if (value.Base64)
        {
            // x64 and ARM64, all that .NET 10 runs servers on, are little-endian.
            writer.WriteBase64StringValue(System.Runtime.InteropServices.MemoryMarshal.AsBytes(value.Values.AsSpan()));
            return;
        }

        writer.WriteStartArray();
        foreach (var number in value.Values)
            writer.WriteNumberValue(number);
        writer.WriteEndArray();
    }
}
