using Microsoft.AspNetCore.Http;

namespace Loadline.Tests.Targets.Speakers;

/// <summary>OpenAI's chat completions and embeddings.</summary>
internal class OpenAiSpeaker : Speaker
{
    internal override string Name => "openai-chat";

    internal override IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["OPENAI_API_KEY"] = Planted.Replace("\"", "", StringComparison.Ordinal) };

    internal override bool Cites => false;

    internal override int? Tokens => 17;

    internal override string StreamedError => Sse(new { error = new { message = "overloaded", type = "server_error" } });

    internal override IEnumerable<(string, bool)> Stream(IReadOnlyList<string> pieces, string cited) =>
    [
        (Sse(Chunk(new { role = "assistant", content = "" })), false),
        .. pieces.Select(piece => (Sse(Chunk(new { content = piece })), true)),
        (Sse(Chunk(new { }, "stop")), false),
        // The usage chunk has no choices.
        (Sse(new { @object = "chat.completion.chunk", choices = Array.Empty<object>(), usage = new { prompt_tokens = 9, completion_tokens = 17 } }), false),
        ("data: [DONE]\n\n", false),
    ];

    internal override async Task HandleAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/v1/models":
                await AnswerAsync(context, new { data = Array.Empty<object>() });
                break;
            case "/v1/embeddings":
                await AnswerAsync(context, new { data = new[] { new { embedding = new[] { 0.1, 0.2 } } }, usage = new { prompt_tokens = 4 } });
                break;
            case "/v1/chat/completions" when Mood == Mood.Throttling:
                context.Response.Headers.RetryAfter = "2";
                await AnswerAsync(context, new { error = new { message = "Rate limit reached", type = "requests" } }, 429);
                break;
            case "/v1/chat/completions":
                var body = await BodyAsync(context);
                if (body.GetProperty("stream").GetBoolean())
                    await StreamAsync(context, "");
                else if (Mood == Mood.Failing)
                    await AnswerAsync(context, new { error = new { message = "boom" } }, 500);
                else
                    await AnswerAsync(context, new { choices = new[] { new { message = new { role = "assistant", content = "It marks the depth." }, finish_reason = "stop" } }, usage = new { completion_tokens = 17 } });
                break;
            default:
                context.Response.StatusCode = 404;
                break;
        }
    }

    protected static object Chunk(object delta, string? finish = null) => new { id = "c1", @object = "chat.completion.chunk", choices = new[] { new { index = 0, delta, finish_reason = finish } } };
}

/// <summary>Embeddings alone.</summary>
internal sealed class OpenAiEmbeddingsSpeaker : OpenAiSpeaker
{
    internal override string Name => "openai-embeddings";
}

/// <summary>Hayhooks: OpenAI's face without a done marker, pipelines' own endpoints with JSON or files.</summary>
internal sealed class HaystackSpeaker : OpenAiSpeaker
{
    internal override string Name => "haystack";

    internal override IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>();

    internal override int? Tokens => null;

    internal override string StreamedError => Sse(new { detail = "pipeline failed" });

    internal override IEnumerable<(string, bool)> Stream(IReadOnlyList<string> pieces, string cited) =>
        [.. pieces.Select(piece => (Sse(Chunk(new { content = piece })), true)), (Sse(Chunk(new { }, "stop")), false)];

    internal override async Task HandleAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/status":
                await AnswerAsync(context, new { status = "Up!", pipelines = new[] { "rag", "indexing" } });
                break;
            case "/indexing/run":
                var (name, text) = await FileAsync(context, "files");
                Documents[name] = text;
                await AnswerAsync(context, new { result = $"indexed {name}" });
                break;
            case "/rag/run":
                await AnswerAsync(context, new { result = "It marks the depth." });
                break;
            default:
                await base.HandleAsync(context);
                break;
        }
    }
}
