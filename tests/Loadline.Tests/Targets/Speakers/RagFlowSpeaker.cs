using Microsoft.AspNetCore.Http;

namespace Loadline.Tests.Targets.Speakers;

/// <summary>RAGFlow: every error comes with HTTP 200 and a code, documents are parsed on request, each event has the whole answer so far and no space after data.</summary>
internal sealed class RagFlowSpeaker : Speaker
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, int> _parsing = [];

    internal override string Name => "ragflow";

    internal override IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["RAGFLOW_API_KEY"] = "ragflow-planted-key-77" };

    internal override string ErrorReason => "body_error";

    internal override string StreamedError => Sse(new { code = 500, message = "boom", data = new { answer = "**ERROR**: boom", reference = Array.Empty<object>() } }, space: "");

    internal override IEnumerable<(string, bool)> Stream(IReadOnlyList<string> pieces, string cited) =>
    [
        .. pieces.Select((_, index) => (Sse(Event(string.Concat(pieces.Take(index + 1)), new { }), space: ""), true)),
        // The last one is the answer once more, rewritten with its references.
        (Sse(Event("##0$$ " + string.Concat(pieces), new { total = 1, chunks = new[] { new { id = "c", document_id = cited } } }), space: ""), false),
        (Sse(new { code = 0, data = true }, space: ""), false),
    ];

    internal override async Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (context.Request.Headers.Authorization != "Bearer ragflow-planted-key-77")
        {
            await AnswerAsync(context, new { code = 109, message = "Authentication error: API key is invalid!" });
            return;
        }
        switch (context.Request.Method, path)
        {
            case ("POST", "/api/v1/datasets"):
                Made["dataset"] = (await BodyAsync(context)).GetProperty("name").GetString()!;
                await AnswerAsync(context, new { code = 0, data = new { id = "ds1", name = Made["dataset"] } });
                break;
            case ("DELETE", "/api/v1/datasets"):
            case ("DELETE", "/api/v1/chats"):
                foreach (var id in (await BodyAsync(context)).GetProperty("ids").EnumerateArray())
                    Made.TryRemove(id.GetString() == "ds1" ? "dataset" : "assistant", out _);
                await AnswerAsync(context, new { code = 0 });
                break;
            case ("POST", "/api/v1/datasets/ds1/documents"):
                var (name, text) = await FileAsync(context, "file");
                var document = NewId("doc");
                Documents[document] = text;
                await AnswerAsync(context, new { code = 0, data = new[] { new { id = document, name, run = "UNSTART" } } });
                break;
            case ("POST", "/api/v1/datasets/ds1/chunks"):
                foreach (var id in (await BodyAsync(context)).GetProperty("document_ids").EnumerateArray())
                    _parsing[id.GetString()!] = 0;
                await AnswerAsync(context, new { code = 0 });
                break;
            case ("GET", "/api/v1/datasets/ds1/documents"):
                var asked = context.Request.Query["id"].ToString();
                var run = !_parsing.ContainsKey(asked) ? "UNSTART" : _parsing.AddOrUpdate(asked, 1, (_, polls) => polls + 1) > 1 ? "DONE" : "RUNNING";
                await AnswerAsync(context, new { code = 0, data = new { docs = new[] { new { id = asked, run } }, total = 1 } });
                break;
            case ("GET", "/api/v1/datasets"):
                await AnswerAsync(context, new { code = 0, data = Array.Empty<object>() });
                break;
            case ("POST", "/api/v1/chats") when !_parsing.Values.Any(polls => polls > 1):
                await AnswerAsync(context, new { code = 102, message = "The dataset ds1 doesn't own parsed file" });
                break;
            case ("POST", "/api/v1/chats"):
                Made["assistant"] = "a1";
                await AnswerAsync(context, new { code = 0, data = new { id = "a1" } });
                break;
            case ("POST", "/api/v1/chats/a1/sessions"):
                await AnswerAsync(context, new { code = 0, data = new { id = "session-of-" + (await BodyAsync(context)).GetProperty("name").GetString(), chat_id = "a1" } });
                break;
            case ("POST", "/api/v1/chats/a1/completions"):
                await AskAsync(context);
                break;
            case ("POST", "/api/v1/retrieval"):
                await AnswerAsync(context, new { code = 0, data = new { chunks = new[] { new { document_id = Find((await BodyAsync(context)).GetProperty("question").GetString()!) } } } });
                break;
            default:
                await AnswerAsync(context, new { code = 404, message = "Not Found" });
                break;
        }
    }

    private async Task AskAsync(HttpContext context)
    {
        var body = await BodyAsync(context);
        var cited = Find(body.GetProperty("question").GetString()!) ?? "none";
        if (Mood == Mood.Throttling)
            await AnswerAsync(context, new { code = 429, message = "too many" }, 429);
        else if (body.GetProperty("session_id").GetString() is not ['s', 'e', 's', ..])
            await AnswerAsync(context, new { code = 102, message = "You don't own the session" });
        else if (body.GetProperty("stream").GetBoolean())
            await StreamAsync(context, cited);
        else if (Mood == Mood.Failing)
            await AnswerAsync(context, new { code = 102, message = "boom" });
        else
            await AnswerAsync(context, new { code = 0, data = new { answer = "It marks the depth.", reference = new { chunks = new[] { new { document_id = cited } } } } });
    }

    private static object Event(string answer, object reference) => new { code = 0, message = "", data = new { answer, reference, audio_binary = (string?)null, id = "m", session_id = "s" } };
}
