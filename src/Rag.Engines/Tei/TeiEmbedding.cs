using System.Globalization;
using Rag.Embedding;
using Rag.Engines.ModelServers;

namespace Rag.Engines.Tei;

/// <summary><see cref="IEmbedding"/> by a Text-Embeddings-Inference server (<c>/embed</c>). Texts that are too long for the model are cut off by the server.</summary>
internal sealed class TeiEmbedding(ModelServerOptions options, TimeProvider time) : ServerEmbedding(options, time)
{
    protected override async ValueTask<(string Id, string Version, int MostTexts)> LookAsync(CancellationToken cancellationToken)
    {
        var info = await TeiInfo.AskAsync(Server, cancellationToken).ConfigureAwait(false);
        return (info.Model, info.Revision, info.MostTexts);
    }

    protected override ValueTask<(IReadOnlyList<float[]> Vectors, int Tokens)> ComputeAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken) => Server.PostAsync<(IReadOnlyList<float[]>, int)>(
        "/embed",
        json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("inputs"u8);
            foreach (var text in texts)
                json.WriteStringValue(text);
            json.WriteEndArray();
            json.WriteBoolean("truncate"u8, true);
            json.WriteBoolean("normalize"u8, true);
            json.WriteEndObject();
        },
        (json, headers) => (
            [.. json.EnumerateArray().Select(Numbers)],
            headers.TryGetValues("x-compute-tokens", out var values) && int.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var tokens) ? tokens : Estimate(texts)),
        cancellationToken);
}
