using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Loadline.Llm;

/// <summary>The bytes of OpenAI's chat format. A stream's are made once and only joined for each token.</summary>
internal sealed class OpenAiFormat
{
    private readonly string _head;
    private readonly string _usageTail;

    public OpenAiFormat(string id, string model, long created, ChatRequest request)
    {
        var name = JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(model);
        _head = string.Create(CultureInfo.InvariantCulture, $"{{\"id\":\"{id}\",\"object\":\"{(request.Stream ? "chat.completion.chunk" : "chat.completion")}\",\"created\":{created},\"model\":\"{name}\",\"system_fingerprint\":\"loadline\",\"choices\":[");
        // OpenAI: with include_usage every chunk but the last carries a null usage.
        _usageTail = request.IncludeUsage ? ",\"usage\":null}\n\n" : "}\n\n";
        Prefix = Encoding.UTF8.GetBytes($"data: {_head}{{\"index\":0,\"delta\":{{\"content\":\"");
        Suffix = Encoding.UTF8.GetBytes($"\"}},\"finish_reason\":null}}]{_usageTail}");
    }

    /// <summary>Stands before each token of a stream.</summary>
    public byte[] Prefix { get; }

    /// <summary>Stands after each token of a stream.</summary>
    public byte[] Suffix { get; }

    /// <summary>The first event of a stream: a role and no content.</summary>
    public string RoleEvent() => $"data: {_head}{{\"index\":0,\"delta\":{{\"role\":\"assistant\",\"content\":\"\"}},\"finish_reason\":null}}]{_usageTail}";

    /// <summary>The last events of a stream.</summary>
    public string EndEvents(string reason, (int Prompt, int Completion)? usage) =>
        $"data: {_head}{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"{reason}\"}}]{_usageTail}"
        + (usage is { } counts ? $"data: {_head}],\"usage\":{Usage(counts)}}}\n\n" : "")
        + "data: [DONE]\n\n";

    /// <summary>A whole answer that is not streamed.</summary>
    public byte[] Whole(TokenText text, int tokens, string reason)
    {
        var before = Encoding.UTF8.GetBytes($"{_head}{{\"index\":0,\"message\":{{\"role\":\"assistant\",\"content\":\"");
        var after = Encoding.UTF8.GetBytes($"\"}},\"finish_reason\":\"{reason}\"}}],\"usage\":{Usage((text.PromptTokens, tokens))}}}");
        return [.. before, .. text[0, tokens], .. after];
    }

    /// <summary>The body of an error.</summary>
    public static byte[] Error(string message, string type, string? parameter, string? code)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("error");
            json.WriteString("message", message);
            json.WriteString("type", type);
            json.WriteString("param", parameter);
            json.WriteString("code", code);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static string Usage((int Prompt, int Completion) counts) =>
        string.Create(CultureInfo.InvariantCulture, $"{{\"prompt_tokens\":{counts.Prompt},\"completion_tokens\":{counts.Completion},\"total_tokens\":{counts.Prompt + counts.Completion}}}");
}
