using System.Text;
using Microsoft.AspNetCore.Http;
using Rag.Query;

namespace Rag.Gateway;

/// <summary>
/// The chunks of a chat stream: the role with the citations, a chunk per piece, the finish reason, the usage when asked for, <c>[DONE]</c>.
/// All text chunks of a stream share their first and last bytes, which are made once.
/// </summary>
internal sealed class ChatEvents(HttpContext context, string id, long created, string model, bool includeUsage) : IAnswerEvents
{
    private const string Kind = "chat.completion.chunk";

    private readonly byte[] _textHead = Encoding.UTF8.GetBytes(
        $"data: {{\"id\":\"{id}\",\"object\":\"{Kind}\",\"created\":{created},\"model\":\"{System.Text.Json.JsonEncodedText.Encode(model)}\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"");

    public EventWriter Events => field ??= new EventWriter(context);

    public void Citations(AnswerCitations citations) =>
        Chunk([new ChatChunkChoice(0, new ChatDelta(Role: "assistant", Content: ""), null)], citations: Citation.Of(citations.Citations));

    public void Text(string text) => Events.Text(_textHead, text, "\"},\"finish_reason\":null}]}\n\n"u8);

    public void End(AnswerEnd end)
    {
        Chunk([new ChatChunkChoice(0, new ChatDelta(), end.FinishReason)], degraded: end.Degraded.Count > 0 ? end.Degraded : null);
        if (includeUsage)
            Chunk([], Usage(end));
        Events.Raw("data: [DONE]\n\n"u8);
    }

    public void Error(Problem problem) => Events.Json("data: "u8, OpenAiError.Of(problem), GatewayJson.Wire.OpenAiError);

    public static ChatUsage Usage(AnswerEnd end) => new(end.PromptTokens, end.CompletionTokens, end.PromptTokens + end.CompletionTokens);

    private void Chunk(
        IReadOnlyList<ChatChunkChoice> choices, ChatUsage? usage = null, IReadOnlyList<Citation>? citations = null, IReadOnlyList<string>? degraded = null) =>
        Events.Json("data: "u8, new ChatChunk(id, Kind, created, model, choices, usage, citations, degraded), GatewayJson.Wire.ChatChunk);
}
