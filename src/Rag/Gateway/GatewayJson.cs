using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rag.Documents;
using Rag.Gateway.Metering;

namespace Rag.Gateway;

/// <summary>The gateway's JSON, generated: snake_case names, nulls left out, enums in lower case.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(OpenAiError))]
[JsonSerializable(typeof(QueryBody))]
[JsonSerializable(typeof(QueryAnswer))]
[JsonSerializable(typeof(CitationsEvent))]
[JsonSerializable(typeof(UsageEvent))]
[JsonSerializable(typeof(DoneEvent))]
[JsonSerializable(typeof(SearchBody))]
[JsonSerializable(typeof(SearchAnswer))]
[JsonSerializable(typeof(DocumentBody))]
[JsonSerializable(typeof(AcceptedAnswer))]
[JsonSerializable(typeof(DocumentAnswer))]
[JsonSerializable(typeof(DocumentsAnswer))]
[JsonSerializable(typeof(StatusAnswer))]
[JsonSerializable(typeof(ChatBody))]
[JsonSerializable(typeof(ChatAnswer))]
[JsonSerializable(typeof(ChatChunk))]
[JsonSerializable(typeof(EmbeddingsBody))]
[JsonSerializable(typeof(EmbeddingsAnswer))]
[JsonSerializable(typeof(ModelsAnswer))]
[JsonSerializable(typeof(SystemStatus))]
[JsonSerializable(typeof(Health))]
[JsonSerializable(typeof(IssueKeysBody))]
[JsonSerializable(typeof(IssuedKeysAnswer))]
[JsonSerializable(typeof(UsageAnswer))]
[JsonSerializable(typeof(FaultBody))]
[JsonSerializable(typeof(FaultItem))]
[JsonSerializable(typeof(FaultsAnswer))]
internal sealed partial class GatewayJson : JsonSerializerContext
{
    /// <summary>As written on the wire: JSON is never put into HTML here, so letters of other languages stay as they are.</summary>
    public static GatewayJson Wire { get; } = new(Configure(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));

    /// <summary>The rules of this JSON, also for what describes it.</summary>
    public static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.Converters.Add(new MetadataValueConverter());
        options.Converters.Add(new JsonStringEnumConverter<DocumentState>(JsonNamingPolicy.SnakeCaseLower));
        return options;
    }
}
