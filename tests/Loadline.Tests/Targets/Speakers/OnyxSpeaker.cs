using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Loadline.Tests.Targets.Speakers;

/// <summary>Onyx: packets, a JSON value a line, under the type of an event stream.</summary>
internal sealed class OnyxSpeaker : Speaker
{
    internal override string Name => "onyx";

    internal override IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["ONYX_API_KEY"] = "onyx-planted-key" };

    internal override string ErrorReason => "body_error";

    internal override string StreamedError => Line(new { error = "boom", stack_trace = "…" });

    internal override IEnumerable<(string, bool)> Stream(IReadOnlyList<string> pieces, string cited) =>
    [
        (Line(new { user_message_id = 1, reserved_assistant_message_id = 2 }), false),
        (Packet(new { type = "chat_heartbeat" }), false),
        (Packet(new { type = "search_tool_start" }), false),
        (Packet(new { type = "message_start", final_documents = new[] { new { document_id = cited } } }), false),
        (Packet(new { type = "reasoning_delta", reasoning = "hm" }), false),
        (Packet(new { content = "not an answer", type = "deep_research_plan_delta" }), false),
        .. pieces.Select(piece => (Packet(new { content = piece, type = "message_delta" }), true)),
        (Packet(new { type = "citation_info", citation_number = 1, document_id = cited }), false),
        (Packet(new { type = "section_end" }), false),
        (Packet(new { type = "stop", stop_reason = "finished" }), false),
    ];

    internal override async Task HandleAsync(HttpContext context)
    {
        switch (context.Request.Method, context.Request.Path.Value)
        {
            case (_, _) when context.Request.Headers.Authorization != "Bearer onyx-planted-key":
                await AnswerAsync(context, new { detail = "Unauthorized" }, 401);
                break;
            case ("POST", "/chat/send-chat-message") when Mood == Mood.Throttling:
                await AnswerAsync(context, new { detail = "Token budget exceeded" }, 429);
                break;
            case ("POST", "/chat/send-chat-message"):
                var body = await BodyAsync(context);
                var cited = Find(body.GetProperty("message").GetString()!) ?? "none";
                // A number in the profile is a number in the body.
                _ = body.GetProperty("chat_session_info").GetProperty("persona_id").GetInt32();
                if (body.GetProperty("stream").GetBoolean())
                    await StreamAsync(context, cited);
                else if (Mood == Mood.Failing)
                    await AnswerAsync(context, new { answer = "", error_msg = "boom", top_documents = Array.Empty<object>() });
                else
                    await AnswerAsync(context, new { answer = "It marks the depth.", error_msg = (string?)null, citation_info = new[] { new { document_id = cited } }, top_documents = Array.Empty<object>() });
                break;
            case ("POST", "/onyx-api/ingestion"):
                var document = (await BodyAsync(context)).GetProperty("document");
                Documents[document.GetProperty("id").GetString()!] = document.GetProperty("sections")[0].GetProperty("text").GetString()!;
                await AnswerAsync(context, new { document_id = document.GetProperty("id").GetString(), already_existed = false });
                break;
            case ("GET", "/health"):
                await AnswerAsync(context, new { success = true });
                break;
            default:
                context.Response.StatusCode = 404;
                break;
        }
    }

    private static string Line(object data) => JsonSerializer.Serialize(data) + "\n";

    private static string Packet(object packet) => Line(new { placement = new { turn_index = 0 }, obj = packet });
}
