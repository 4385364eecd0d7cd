using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Rag.Generation;

namespace Rag.Engines.OpenAi;

/// <summary>The body of a chat request.</summary>
internal static class ChatRequest
{
    // Goes into a request body, never into HTML: escaping every non-ASCII letter would only make it longer.
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static ReadOnlyMemory<byte> Write(GenerationRequest request, string model)
    {
        var length = 256;
        foreach (var message in request.Messages)
            length += message.Content.Length + message.Content.Length / 8 + 64;
        var body = new ArrayBufferWriter<byte>(length);
        using var json = new Utf8JsonWriter(body, Writing);
        json.WriteStartObject();
        json.WriteString("model"u8, model);
        json.WriteStartArray("messages"u8);
        foreach (var (role, content) in request.Messages)
        {
            json.WriteStartObject();
            json.WriteString("role"u8, role);
            json.WriteString("content"u8, content);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteBoolean("stream"u8, true);
        json.WriteStartObject("stream_options"u8);
        json.WriteBoolean("include_usage"u8, true);
        json.WriteEndObject();
        if (request.MaxTokens is { } most)
            json.WriteNumber("max_tokens"u8, most);
        if (request.Temperature is { } temperature)
            json.WriteNumber("temperature"u8, temperature);
        json.WriteEndObject();
        json.Flush();
        return body.WrittenMemory;
    }
}
