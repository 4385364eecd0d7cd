using System.Text.Json;
using Rag.Errors;

namespace Rag.Engines.OpenAi;

/// <summary>
/// Reads the lines of a chat stream (<c>data: {"choices":[{"delta":{"content":"…"}}]}</c>), one call each, straight from the bytes:
/// no document, no copy; only a token's text becomes an object.
/// </summary>
internal sealed class ChunkReader
{
    /// <summary>The text of the line just read, or null when it had none.</summary>
    public string? Text { get; private set; }

    /// <summary>How many lines had text.</summary>
    public int Texts { get; private set; }

    /// <summary>Whether <c>[DONE]</c> has come.</summary>
    public bool Done { get; private set; }

    /// <summary>Why the answer ended, once said.</summary>
    public string? FinishReason { get; private set; }

    /// <summary>The model that answers, once said.</summary>
    public string? Model { get; private set; }

    /// <summary>Tokens of the prompt, once said.</summary>
    public int? PromptTokens { get; private set; }

    /// <summary>Tokens of the answer, once said.</summary>
    public int? CompletionTokens { get; private set; }

    /// <summary>Reads one line, if a whole one is there.</summary>
    /// <param name="bytes">What has come and was not used.</param>
    /// <param name="used">How many bytes the line took, its end included.</param>
    /// <exception cref="RagException">Unavailable: the stream carries an error, or what it carries is no chat chunk.</exception>
    public bool ReadLine(ReadOnlySpan<byte> bytes, out int used)
    {
        Text = null;
        var end = bytes.IndexOf((byte)'\n');
        used = end + 1;
        if (end < 0 || Done)
            return false;
        var line = bytes[..end];
        if (line.StartsWith("data:"u8)) // all else is blank lines, comments, ids and event names
            ReadData(line[5..].Trim(" \r"u8));
        return true;
    }

    private void ReadData(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
            return;
        if (data.SequenceEqual("[DONE]"u8))
        {
            Done = true;
            return;
        }

        try
        {
            ReadChunk(data);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            throw new RagException(RagError.Unavailable, $"generation: the server sent a chunk that can't be read: {error.Message}", inner: error);
        }

        if (Text is not null)
            Texts++;
    }

    private void ReadChunk(ReadOnlySpan<byte> data)
    {
        var json = new Utf8JsonReader(data);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
            throw new JsonException("expected an object");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("choices"u8))
                ReadChoices(ref json);
            else if (Model is null && json.ValueTextEquals("model"u8))
                Model = NextText(ref json);
            else if (json.ValueTextEquals("usage"u8))
                ReadUsage(ref json);
            else if (json.ValueTextEquals("error"u8))
                ThrowError(ref json);
            else
                json.Skip();
        }
    }

    private void ReadChoices(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
            return; // null
        for (var index = 0; json.Read() && json.TokenType != JsonTokenType.EndArray; index++)
        {
            if (index > 0 || json.TokenType != JsonTokenType.StartObject)
            {
                json.Skip();
                continue;
            }

            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
                if (json.ValueTextEquals("delta"u8))
                    ReadDelta(ref json);
                else if (json.ValueTextEquals("finish_reason"u8))
                    FinishReason = NextText(ref json) switch
                    {
                        null => FinishReason,
                        "length" => "length",
                        _ => "stop",
                    };
                else
                    json.Skip();
        }
    }

    private void ReadDelta(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
            return; // null
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            if (json.ValueTextEquals("content"u8))
                Text = NextText(ref json) is { Length: > 0 } text ? text : null;
            else
                json.Skip();
    }

    private void ReadUsage(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
            return; // null, in every chunk but the last
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            if (json.ValueTextEquals("prompt_tokens"u8))
                PromptTokens = NextNumber(ref json);
            else if (json.ValueTextEquals("completion_tokens"u8))
                CompletionTokens = NextNumber(ref json);
            else
                json.Skip();
    }

    private static void ThrowError(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Null)
            return;
        var message = json.TokenType == JsonTokenType.String ? json.GetString() : null;
        if (json.TokenType == JsonTokenType.StartObject)
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
                if (json.ValueTextEquals("message"u8))
                    message = NextText(ref json);
                else
                    json.Skip();
        throw new RagException(RagError.Unavailable, $"generation: the server reported an error in the stream: {message ?? "no reason given"}");
    }

    private static string? NextText(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String)
            return json.GetString();
        json.Skip();
        return null;
    }

    private static int? NextNumber(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Number && json.TryGetInt32(out var number))
            return number;
        json.Skip();
        return null;
    }
}
