using System.Runtime.InteropServices;
using System.Text.Json;
using Rag.Embedding;
using Rag.Engines.ModelServers;

namespace Rag.Engines.OpenAi;

/// <summary><see cref="IEmbedding"/> by any server that speaks OpenAI's <c>/v1/embeddings</c>. A server doesn't say which version of a model it has: its name stands for it.</summary>
internal sealed class OpenAiEmbedding(ModelServerOptions options, TimeProvider time) : ServerEmbedding(WithVersion(options), time)
{
    protected override ValueTask<(string Id, string Version, int MostTexts)> LookAsync(CancellationToken cancellationToken) => new((Options.Model!, "1", 2048));

    protected override ValueTask<(IReadOnlyList<float[]> Vectors, int Tokens)> ComputeAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken) => Server.PostAsync<(IReadOnlyList<float[]>, int)>(
        "/embeddings",
        json =>
        {
            json.WriteStartObject();
            json.WriteString("model"u8, Options.Model);
            json.WriteStartArray("input"u8);
            foreach (var text in texts)
                json.WriteStringValue(text);
            json.WriteEndArray();
            json.WriteString("encoding_format"u8, "float"u8); // what every such server knows
            if (Options.Dimensions is { } dimensions)
                json.WriteNumber("dimensions"u8, dimensions);
            json.WriteEndObject();
        },
        (json, _) => (Ordered(json.GetProperty("data"), texts.Count),
            json.TryGetProperty("usage", out var usage) && usage.TryGetProperty("prompt_tokens", out var tokens) && tokens.TryGetInt32(out var count) ? count : Estimate(texts)),
        cancellationToken);

    private static float[][] Ordered(JsonElement data, int texts)
    {
        var vectors = new float[texts][];
        var place = 0;
        foreach (var entry in data.EnumerateArray())
        {
            var index = entry.TryGetProperty("index", out var given) ? given.GetInt32() : place;
            if (index < 0 || index >= texts || vectors[index] is not null)
                throw new FormatException($"a vector's index is {index} of {texts} texts, or comes twice");
            var embedding = entry.GetProperty("embedding");
            vectors[index] = embedding.ValueKind == JsonValueKind.String ? Finite(MemoryMarshal.Cast<byte, float>(embedding.GetBytesFromBase64()).ToArray()) : Numbers(embedding);
            place++;
        }

        return place == texts ? vectors : throw new FormatException($"there are {place} vectors for {texts} texts");
    }

    private static ModelServerOptions WithVersion(ModelServerOptions options) => options.Url.AbsolutePath == "/" ? options with { Url = new Uri(options.Url, "/v1") } : options;
}
