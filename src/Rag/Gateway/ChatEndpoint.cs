using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Rag.Generation;
using Rag.Identity;
using Rag.Models;
using Rag.Query;

namespace Rag.Gateway;

/// <summary><c>POST /v1/chat/completions</c>: the RAG answer behind OpenAI's face.</summary>
internal sealed class ChatEndpoint(IQuery query, ModelNames models, GatewayOptions options, TimeProvider time)
{
    private const int MostTurns = 200;

    public async Task CompleteAsync(HttpContext context, Caller caller, CancellationToken cancellationToken)
    {
        var (request, stream, usage) = await ReadAsync(context, caller, cancellationToken).ConfigureAwait(false);
        var id = "chatcmpl-" + Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        var created = time.GetUtcNow().ToUnixTimeSeconds();
        if (stream)
        {
            var events = new ChatEvents(context, id, created, models.Default, usage);
            await AnswerStream.WriteAsync(context, query.AnswerAsync(request, cancellationToken), events, cancellationToken).ConfigureAwait(false);
            return;
        }

        var (citations, text, end) = await WholeAnswer.ReadAsync(context, query.AnswerAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        var answer = new ChatAnswer(
            id, "chat.completion", created, end.Model, [new ChatChoice(0, new ChatAnswerMessage("assistant", text), end.FinishReason)],
            ChatEvents.Usage(end), Citation.Of(citations), end.Degraded);
        await Reply.JsonAsync(context, 200, answer, GatewayJson.Wire.ChatAnswer).ConfigureAwait(false);
    }

    private async ValueTask<(AnswerRequest Request, bool Stream, bool Usage)> ReadAsync(
        HttpContext context, Caller caller, CancellationToken cancellationToken)
    {
        using var body = await JsonBody.ReadAsync(context, options.JsonBytes, cancellationToken).ConfigureAwait(false);
        var fields = new JsonFields(body.RootElement);
        fields.Text("model", 1, 256, required: true);
        var turns = Turns(fields);
        var stream = fields.Flag("stream");
        var usage = fields.Object("stream_options")?.Flag("include_usage") ?? false;
        var most = fields.Whole("max_completion_tokens", 1, 32768) ?? fields.Whole("max_tokens", 1, 32768);
        var temperature = fields.Number("temperature", 0, 2);
        fields.Whole("n", 1, 1);
        var topK = fields.Whole("top_k", 1, 50) ?? 5;
        var filter = fields.Filter("filter");

        var last = turns.FindLastIndex(turn => turn.Role == "user");
        var question = last < 0 ? "" : turns[last].Content;
        if (turns.Count > 0 && last < 0)
            fields.Wrong("messages", "holds no user message; the last one is the question");
        else if (turns.Count > 0 && (question.Length > 8192 || string.IsNullOrWhiteSpace(question)))
            fields.Wrong($"messages/{last}/content", $"the question has {question.Length} characters; expected 1–8192");
        fields.End(strict: false);
        return (new AnswerRequest
        {
            Tenant = caller.Tenant,
            Question = question,
            TopK = topK,
            Filter = filter,
            History = turns[..last],
            MaxTokens = most,
            Temperature = temperature,
        }, stream, usage);
    }

    private static List<ChatMessage> Turns(JsonFields fields)
    {
        var turns = new List<ChatMessage>();
        if (!fields.Any("messages", true, out var messages))
            return turns;
        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() is 0 or > MostTurns)
        {
            fields.Wrong("messages", $"expected an array of 1–{MostTurns} messages");
            return turns;
        }

        foreach (var message in messages.EnumerateArray())
        {
            var at = $"messages/{turns.Count}";
            var role = message.ValueKind == JsonValueKind.Object && message.TryGetProperty("role", out var r) && r.ValueKind == JsonValueKind.String ? r.GetString() : null;
            if (role is not ("system" or "developer" or "user" or "assistant"))
                fields.Wrong($"{at}/role", "expected system, developer, user or assistant");
            if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("content", out var content) || Content(content) is not { } text)
            {
                fields.Wrong($"{at}/content", "expected a text or an array of text parts; other kinds of content can't be read here");
                text = "";
            }

            turns.Add(new ChatMessage(role == "developer" ? "system" : role ?? "user", text));
        }

        return turns;
    }

    private static string? Content(JsonElement content)
    {
        if (content.ValueKind == JsonValueKind.String)
            return content.GetString();
        if (content.ValueKind != JsonValueKind.Array)
            return null;
        var text = new StringBuilder();
        foreach (var part in content.EnumerateArray())
        {
            if (part.ValueKind != JsonValueKind.Object || !part.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String || type.GetString() != "text"
                || !part.TryGetProperty("text", out var value) || value.ValueKind != JsonValueKind.String)
                return null;
            text.Append(value.GetString());
        }

        return text.ToString();
    }
}
