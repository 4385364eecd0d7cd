using Microsoft.AspNetCore.Http;

namespace Loadline.Tests.Targets.Speakers;

/// <summary>A service as teams write them with FastAPI: /query, /documents, a health check, errors as <c>detail</c>.</summary>
internal sealed class FastApiSpeaker : Speaker
{
    internal override string Name => "fastapi";

    internal override string StreamedError => "";

    internal override IEnumerable<(string, bool)> Stream(IReadOnlyList<string> pieces, string cited) => [];

    internal override async Task HandleAsync(HttpContext context)
    {
        switch (context.Request.Method, context.Request.Path.Value)
        {
            case ("POST", "/query") when Mood == Mood.Throttling:
                await AnswerAsync(context, new { detail = "slow down" }, 429);
                break;
            case ("POST", "/query") when Mood == Mood.Failing:
                await AnswerAsync(context, new { detail = "Internal Server Error" }, 500);
                break;
            case ("POST", "/query"):
                await AnswerAsync(context, new { answer = "It marks the depth.", sources = new[] { new { id = "chunk", document_id = Find((await BodyAsync(context)).GetProperty("query").GetString()!) } } });
                break;
            case ("POST", "/documents"):
                var body = await BodyAsync(context);
                Documents[body.GetProperty("id").GetString()!] = body.GetProperty("text").GetString()!;
                await AnswerAsync(context, new { id = body.GetProperty("id").GetString() }, 201);
                break;
            case ("GET", "/health"):
                await AnswerAsync(context, new { status = "ok" });
                break;
            default:
                context.Response.StatusCode = 404;
                break;
        }
    }
}

/// <summary>The stream of our own system. TargetSetupTests and the end-to-end tests speak the rest of it.</summary>
internal sealed class RagSpeaker : Speaker
{
    internal override string Name => "rag";

    internal override int? Tokens => 31;

    internal override string StreamedError => Sse(new { title = "overloaded" }, "error");

    internal override IEnumerable<(string, bool)> Stream(IReadOnlyList<string> pieces, string cited) =>
    [
        (": comment\n\n", false),
        (Sse(new[] { new { document_id = cited } }, "citations"), false),
        .. pieces.Select(piece => (Sse(new { text = piece }, "token"), true)),
        (Sse(new { usage = new { completion_tokens = 31 }, degraded = Array.Empty<string>() }, "usage"), false),
        (Sse(new { }, "done"), false),
    ];

    internal override Task HandleAsync(HttpContext context) => throw new NotSupportedException("see TargetSetupTests");
}
