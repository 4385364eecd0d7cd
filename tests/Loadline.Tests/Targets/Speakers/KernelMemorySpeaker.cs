using Microsoft.AspNetCore.Http;

namespace Loadline.Tests.Targets.Speakers;

/// <summary>Kernel Memory's web service: multipart uploads, a pipeline's status, answers in records with a stream state.</summary>
internal sealed class KernelMemorySpeaker : Speaker
{
    private int _polls;

    internal override string Name => "kernel-memory";

    internal override string ErrorReason => "http_503";

    internal override int? Tokens => 12;

    internal override string StreamedError => Sse(new { streamState = "error", noResult = true, noResultReason = "Error: boom", text = "" });

    internal override IEnumerable<(string, bool)> Stream(IReadOnlyList<string> pieces, string cited) =>
    [
        .. pieces.Select((piece, index) => (Sse(new { streamState = index == 0 ? "reset" : "append", noResult = false, text = piece }), true)),
        (Sse(new { streamState = "last", question = "?", noResult = false, text = "", tokenUsage = new object[] { new { modelType = "Embedding", tokenizerTokensIn = 5 }, new { modelType = "TextGeneration", tokenizerTokensOut = 12 } }, relevantSources = new[] { new { documentId = cited, index = "x" } } }), false),
        ("data: [DONE]\n\n", false),
    ];

    internal override async Task HandleAsync(HttpContext context)
    {
        var query = context.Request.Query;
        switch (context.Request.Method, context.Request.Path.Value)
        {
            case ("GET", "/indexes"):
                await AnswerAsync(context, new { results = Array.Empty<object>() });
                break;
            case ("DELETE", "/indexes"):
                Made.TryRemove(query["index"].ToString(), out _);
                await AnswerAsync(context, new { index = query["index"].ToString() }, 202);
                break;
            case ("POST", "/upload"):
                var form = await context.Request.ReadFormAsync();
                var id = form["documentId"].ToString();
                Made[form["index"].ToString()] = "index";
                Documents[id] = (await FileAsync(context, "file1")).Text;
                await AnswerAsync(context, new { index = form["index"].ToString(), documentId = id, message = "Document upload completed, ingestion pipeline started" }, 202);
                break;
            case ("GET", "/upload-status"):
                var done = Interlocked.Increment(ref _polls) > 1;
                await AnswerAsync(context, new { completed = done, failed = false, empty = false, index = query["index"].ToString(), document_id = query["documentId"].ToString() });
                break;
            case ("POST", "/ask") when Mood == Mood.Throttling:
                await AnswerAsync(context, new { title = "Too many requests" }, 429);
                break;
            case ("POST", "/ask"):
                var ask = await BodyAsync(context);
                var cited = Find(ask.GetProperty("question").GetString()!) ?? "none";
                if (ask.GetProperty("stream").GetBoolean())
                    await StreamAsync(context, cited);
                else if (Mood == Mood.Failing)
                    await AnswerAsync(context, new { status = 503, title = "Service Unavailable", detail = "boom" }, 503);
                else
                    await AnswerAsync(context, new { question = "?", noResult = false, text = "It marks the depth.", tokenUsage = new[] { new { tokenizerTokensOut = 12 } }, relevantSources = new[] { new { documentId = cited } } });
                break;
            case ("POST", "/search"):
                var search = await BodyAsync(context);
                await AnswerAsync(context, new { query = "?", noResult = false, results = new[] { new { documentId = Find(search.GetProperty("query").GetString()!) } } });
                break;
            case ("GET", "/health"):
                break;
            default:
                context.Response.StatusCode = 404;
                break;
        }
    }
}
