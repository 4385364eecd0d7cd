using System.Text.Json;
using Rag.Engines.ModelServers;

namespace Rag.Engines.Tei;

/// <summary>What a Text-Embeddings-Inference server says of itself at <c>/info</c>.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Revision">The model's commit; empty where the server has none.</param>
/// <param name="Version">The server's own.</param>
/// <param name="MostTexts">The most texts of one request.</param>
/// <param name="Kind"><c>embedding</c>, <c>reranker</c> or <c>classifier</c>; empty where it doesn't say.</param>
internal sealed record TeiInfo(string Model, string Revision, string Version, int MostTexts, string Kind)
{
    private const int UsualMost = 32;

    public static ValueTask<TeiInfo> AskAsync(ModelServer server, CancellationToken cancellationToken) => server.GetAsync(
        "/info",
        static (json, _) => new TeiInfo(
            Text(json, "model_id") is { Length: > 0 } model ? model : throw new FormatException("/info names no model_id: is it a Text-Embeddings-Inference server?"),
            Text(json, "model_sha"),
            Text(json, "version"),
            json.TryGetProperty("max_client_batch_size", out var most) && most.TryGetInt32(out var texts) && texts > 0 ? texts : UsualMost,
            json.TryGetProperty("model_type", out var type) ? type.ValueKind == JsonValueKind.Object ? type.EnumerateObject().Select(kind => kind.Name).FirstOrDefault("") : type.ToString() : ""),
        cancellationToken);

    private static string Text(JsonElement json, string name) => json.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";
}
