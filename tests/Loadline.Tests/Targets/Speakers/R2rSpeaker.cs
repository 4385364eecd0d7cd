using Microsoft.AspNetCore.Http;

namespace Loadline.Tests.Targets.Speakers;

/// <summary>R2R v3: a login that gives a token, collections, ids of its own, results wrapped, named events.</summary>
internal sealed class R2rSpeaker : Speaker
{
    private const string Token = "token-of-the-login-1234";
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, int> _polls = [];

    internal override string Name => "r2r";

    internal override IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["R2R_EMAIL"] = "load@example.org", ["R2R_PASSWORD"] = Planted };

    internal override string StreamedError => Sse(new { id = "err_1", @object = "agent.error", error = new { message = "boom", type = "agent_error" } }, "error");

    internal override IEnumerable<(string, bool)> Stream(IReadOnlyList<string> pieces, string cited) =>
    [
        (Sse(new { id = "search_1", @object = "rag.search_results", data = new { chunk_search_results = new[] { new { id = "c", document_id = cited } } } }, "search_results"), false),
        .. pieces.Select(piece => (Sse(new { id = "msg_1", @object = "agent.message.delta", delta = new { content = new[] { new { type = "text", payload = new { value = piece, annotations = Array.Empty<object>() } } } } }, "message"), true)),
        (Sse(new { id = "cit_1", @object = "citation", is_new = true }, "citation"), false),
        (Sse(new { id = "msg_final", @object = "rag.final_answer", generated_answer = string.Concat(pieces) }, "final_answer"), false),
        ("event: done\ndata: [DONE]\n\n", false),
    ];

    internal override async Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (path is not ("/v3/users/login" or "/v3/health") && context.Request.Headers.Authorization != "Bearer " + Token)
        {
            await AnswerAsync(context, new { message = "Not authenticated" }, 401);
            return;
        }
        switch (context.Request.Method, path)
        {
            case ("POST", "/v3/users/login"):
                var login = await context.Request.ReadFormAsync();
                if (login["username"] != "load@example.org" || login["password"] != Planted)
                    await AnswerAsync(context, new { message = "Incorrect email or password", was = login["password"].ToString() }, 401);
                else
                    await AnswerAsync(context, new { results = new { access_token = new { token = Token, token_type = "access" } } });
                break;
            case ("POST", "/v3/collections"):
                Made["collection"] = (await BodyAsync(context)).GetProperty("name").GetString()!;
                await AnswerAsync(context, new { results = new { id = "5f0c-collection" } });
                break;
            case ("GET", "/v3/collections/5f0c-collection"):
                await AnswerAsync(context, new { results = new { id = "5f0c-collection" } });
                break;
            case ("DELETE", "/v3/collections/5f0c-collection"):
                Made.TryRemove("collection", out _);
                await AnswerAsync(context, new { results = new { success = true } });
                break;
            case ("DELETE", "/v3/documents/by-filter"):
                if ((await BodyAsync(context)).GetProperty("collection_ids").GetProperty("$overlap")[0].GetString() == "5f0c-collection")
                    Documents.Clear();
                await AnswerAsync(context, new { results = new { success = true } });
                break;
            case ("POST", "/v3/documents"):
                var form = await context.Request.ReadFormAsync();
                var id = NewId("9fbe-");
                Documents[id] = form["raw_text"].ToString();
                await AnswerAsync(context, new { results = new { message = "Ingest files task queued", task_id = "t", document_id = id } }, 202);
                break;
            case ("GET", _) when path.StartsWith("/v3/documents/", StringComparison.Ordinal):
                await AnswerAsync(context, new { results = new { id = path.Split('/')[^1], ingestion_status = _polls.AddOrUpdate(path, 1, (_, polls) => polls + 1) > 1 ? "success" : "embedding" } });
                break;
            case ("POST", "/v3/retrieval/rag") when Mood == Mood.Throttling:
                await AnswerAsync(context, new { message = "rate limit" }, 429);
                break;
            case ("POST", "/v3/retrieval/rag"):
                var body = await BodyAsync(context);
                var cited = Find(body.GetProperty("query").GetString()!) ?? "none";
                if (body.GetProperty("rag_generation_config").GetProperty("stream").GetBoolean())
                    await StreamAsync(context, cited);
                else if (Mood == Mood.Failing)
                    await AnswerAsync(context, new { message = "Internal server error" }, 500);
                else
                    await AnswerAsync(context, new { results = new { generated_answer = "It marks the depth.", search_results = new { chunk_search_results = new[] { new { document_id = cited } } } } });
                break;
            case ("POST", "/v3/retrieval/search"):
                await AnswerAsync(context, new { results = new { chunk_search_results = new[] { new { document_id = Find((await BodyAsync(context)).GetProperty("query").GetString()!) } } } });
                break;
            case ("GET", "/v3/health"):
                await AnswerAsync(context, new { results = new { message = "ok" } });
                break;
            default:
                context.Response.StatusCode = 404;
                break;
        }
    }
}
