using Microsoft.AspNetCore.Http;

namespace Loadline.Tests.Targets.Speakers;

/// <summary>Dify: an app's key and a knowledge base's key, uploads watched by their batch, events whose kind is in their data, pings without data.</summary>
internal sealed class DifySpeaker : Speaker
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, int> _polls = [];

    internal override string Name => "dify";

    internal override IReadOnlyDictionary<string, string> Environment =>
        new Dictionary<string, string> { ["DIFY_APP_KEY"] = "app-planted-key", ["DIFY_KNOWLEDGE_KEY"] = "dataset-planted-key", ["DIFY_DATASET_ID"] = "3f1c-dataset" };

    internal override int? Tokens => 23;

    internal override string StreamedError => Sse(new { @event = "error", status = 400, code = "completion_request_error", message = "boom" });

    internal override IEnumerable<(string, bool)> Stream(IReadOnlyList<string> pieces, string cited) =>
    [
        ("event: ping\n\n", false),
        // The text stands before what says that it is text.
        .. pieces.Select(piece => (Sse(new { answer = piece, @event = "message", message_id = "m" }), true)),
        (Sse(new { @event = "tts_message_end", audio = "" }), false),
        (Sse(new { @event = "message_replace", answer = "moderated" }), false),
        (Sse(new { @event = "message_end", metadata = new { usage = new { completion_tokens = 23 }, retriever_resources = new[] { new { document_id = cited } } } }), false),
    ];

    internal override async Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (context.Request.Headers.Authorization != (path.StartsWith("/v1/datasets/", StringComparison.Ordinal) ? "Bearer dataset-planted-key" : "Bearer app-planted-key"))
        {
            await AnswerAsync(context, new { code = "unauthorized", message = "Access token is invalid", status = 401 }, 401);
            return;
        }
        switch (context.Request.Method, path)
        {
            case ("POST", "/v1/chat-messages") when Mood == Mood.Throttling:
                await AnswerAsync(context, new { code = "too_many_requests", status = 429 }, 429);
                break;
            case ("POST", "/v1/chat-messages"):
                var body = await BodyAsync(context);
                var cited = Find(body.GetProperty("query").GetString()!) ?? "none";
                if (body.GetProperty("response_mode").GetString() == "streaming")
                    await StreamAsync(context, cited);
                else if (Mood == Mood.Failing)
                    await AnswerAsync(context, new { code = "internal_server_error", message = "boom", status = 500 }, 500);
                else
                    await AnswerAsync(context, new { @event = "message", answer = "It marks the depth.", metadata = new { usage = new { completion_tokens = 23 }, retriever_resources = new[] { new { document_id = cited } } } });
                break;
            case ("POST", "/v1/datasets/3f1c-dataset/document/create-by-text"):
                var id = NewId("dify-doc-");
                Documents[id] = (await BodyAsync(context)).GetProperty("text").GetString()!;
                await AnswerAsync(context, new { document = new { id, indexing_status = "waiting" }, batch = "batch-" + id });
                break;
            case ("GET", _) when path.StartsWith("/v1/datasets/3f1c-dataset/documents/batch-", StringComparison.Ordinal):
                await AnswerAsync(context, new { data = new[] { new { id = "x", indexing_status = _polls.AddOrUpdate(path, 1, (_, polls) => polls + 1) > 1 ? "completed" : "indexing" } } });
                break;
            case ("POST", "/v1/datasets/3f1c-dataset/retrieve"):
                await AnswerAsync(context, new { query = new { content = "?" }, records = new[] { new { segment = new { document_id = Find((await BodyAsync(context)).GetProperty("query").GetString()!) } } } });
                break;
            case ("GET", "/v1/parameters"):
                await AnswerAsync(context, new { });
                break;
            default:
                context.Response.StatusCode = 404;
                break;
        }
    }
}
