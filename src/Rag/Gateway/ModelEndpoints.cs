using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Rag.Embedding;
using Rag.Errors;
using Rag.Generation;
using Rag.Identity;
using Rag.Identity.Usage;

namespace Rag.Gateway;

/// <summary><c>POST /v1/embeddings</c> and <c>GET /v1/models</c>.</summary>
internal sealed class ModelEndpoints(IEmbedding embedding, IGeneration generation, GatewayOptions options, TimeProvider time)
{
    private const int MostTexts = 256;
    private const int LongestText = 32_768;

    private readonly long _created = time.GetUtcNow().ToUnixTimeSeconds();

    public async Task EmbedAsync(HttpContext context, Caller caller, CancellationToken cancellationToken)
    {
        var model = await embedding.DescribeAsync(cancellationToken).ConfigureAwait(false);
        List<string> texts;
        bool base64;
        using (var body = await JsonBody.ReadAsync(context, options.JsonBytes, cancellationToken).ConfigureAwait(false))
        {
            var fields = new JsonFields(body.RootElement);
            var asked = fields.Text("model", 1, 256, required: true);
            texts = Texts(fields);
            var format = fields.Text("encoding_format", 1, 16) ?? "float";
            base64 = format == "base64";
            if (!base64 && format != "float")
                fields.Wrong("encoding_format", $"'{format}' is not permitted; expected float or base64");
            if (fields.Whole("dimensions", 1, int.MaxValue) is { } dimensions && dimensions != model.Dimensions)
                fields.Wrong("dimensions", $"{dimensions} is not permitted; '{model.Id}' has {model.Dimensions}");
            fields.End(strict: false);
            // Vectors of another model than the one asked for would be compared with the wrong ones: better none.
            if (asked != model.Id)
                throw new RagException(RagError.NotFound, $"there is no embedding model '{asked}'; this server has '{model.Id}'");
        }

        var reply = await embedding.EmbedAsync(new EmbedRequest(texts, EmbedPurpose.Passage), cancellationToken).ConfigureAwait(false);
        RequestCourse.Of(context).Uses(new UsageAmounts { Texts = texts.Count, EmbeddedTokens = reply.Tokens });
        var items = new EmbeddingItem[reply.Vectors.Count];
        for (var i = 0; i < items.Length; i++)
            items[i] = new EmbeddingItem("embedding", i, new EncodedVector(reply.Vectors[i], base64));
        var answer = new EmbeddingsAnswer("list", items, reply.Model.Id, new EmbeddingsUsage(reply.Tokens, reply.Tokens));
        await Reply.LargeJsonAsync(context, answer, GatewayJson.Wire.EmbeddingsAnswer).ConfigureAwait(false);
    }

    public async Task ListAsync(HttpContext context, Caller caller, CancellationToken cancellationToken) =>
        await Reply.JsonAsync(context, 200, new ModelsAnswer("list", await ModelsAsync(cancellationToken).ConfigureAwait(false)), GatewayJson.Wire.ModelsAnswer)
            .ConfigureAwait(false);

    public async Task GetAsync(HttpContext context, Caller caller, CancellationToken cancellationToken)
    {
        var id = (string)context.Request.RouteValues["model"]!;
        var models = await ModelsAsync(cancellationToken).ConfigureAwait(false);
        var model = models.FirstOrDefault(m => m.Id == id)
            ?? throw new RagException(RagError.NotFound, $"there is no model '{id}'; this server has {string.Join(", ", models.Select(m => m.Id))}");
        await Reply.JsonAsync(context, 200, model, GatewayJson.Wire.ModelItem).ConfigureAwait(false);
    }

    private async ValueTask<List<ModelItem>> ModelsAsync(CancellationToken cancellationToken)
    {
        var models = (await generation.ListModelsAsync(cancellationToken).ConfigureAwait(false)).Select(Item).ToList();
        models.Add(Item((await embedding.DescribeAsync(cancellationToken).ConfigureAwait(false)).Id));
        return models;
    }

    private ModelItem Item(string id) => new(id, "model", _created, "rag");

    private static List<string> Texts(JsonFields fields)
    {
        var texts = new List<string>();
        if (!fields.Any("input", true, out var input))
            return texts;
        IEnumerable<JsonElement> items = input.ValueKind switch
        {
            JsonValueKind.Array when input.GetArrayLength() is >= 1 and <= MostTexts => input.EnumerateArray(),
            JsonValueKind.Array => [],
            _ => [input],
        };
        foreach (var item in items)
        {
            if (item.ValueKind == JsonValueKind.String && item.GetString() is { Length: >= 1 and <= LongestText } text)
            {
                texts.Add(text);
                continue;
            }

            fields.Wrong("input", $"expected texts of 1–{LongestText} characters; arrays of token numbers can't be read here");
            return texts;
        }

        if (texts.Count == 0)
            fields.Wrong("input", $"expected a text or an array of 1–{MostTexts} texts");
        return texts;
    }
}
