using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Loadline.Llm;

/// <summary>One message of a prompt.</summary>
internal readonly record struct PromptMessage(string Role, string Content);

/// <summary>What a <c>POST /v1/chat/completions</c> asks for: the part of the format that changes what is answered.</summary>
internal sealed record ChatRequest(string Model, IReadOnlyList<PromptMessage> Messages, int? MaxTokens, bool Stream, bool IncludeUsage)
{
    /// <summary>Reads a body; on a mistake returns null and says which parameter breaks which rule.</summary>
    public static ChatRequest? Read(ReadOnlySequence<byte> body, string defaultModel, out (string Message, string? Parameter) problem)
    {
        problem = default;
        try
        {
            using var document = JsonDocument.Parse(body);
            return Read(document.RootElement, defaultModel);
        }
        catch (JsonException exception)
        {
            problem = ($"The body is not valid JSON: {exception.Message}", null);
        }
        catch (InvalidRequest exception)
        {
            problem = (exception.Message, exception.Parameter);
        }
        return null;
    }

    private static ChatRequest Read(JsonElement root, string defaultModel)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new InvalidRequest($"The body is {Name(root)}; it must be an object with 'messages'.", null);
        var model = Optional(root, "model", JsonValueKind.String, "a string") is { } name ? name.GetString()! : defaultModel;
        var stream = Flag(root, "stream", "stream");
        var usage = Optional(root, "stream_options", JsonValueKind.Object, "an object") is { } options && Flag(options, "include_usage", "stream_options.include_usage");
        if (Integer(root, "n") is { } n && n != 1)
            throw new InvalidRequest($"'n' is {n}; this server makes 1 answer a request.", "n");
        var limit = Integer(root, "max_completion_tokens") ?? Integer(root, "max_tokens");
        return new ChatRequest(model, ReadMessages(root), limit, stream, usage);
    }

    private static List<PromptMessage> ReadMessages(JsonElement root)
    {
        if (!root.TryGetProperty("messages", out var array))
            throw new InvalidRequest("'messages' is missing; give an array of {\"role\", \"content\"}.", "messages");
        if (array.ValueKind != JsonValueKind.Array || array.GetArrayLength() == 0)
            throw new InvalidRequest($"'messages' is {(array.ValueKind == JsonValueKind.Array ? "empty" : Name(array))}; give an array of at least one {{\"role\", \"content\"}}.", "messages");
        var messages = new List<PromptMessage>(array.GetArrayLength());
        foreach (var item in array.EnumerateArray())
        {
            var at = $"messages[{messages.Count}]";
            if (item.ValueKind != JsonValueKind.Object)
                throw new InvalidRequest($"'{at}' is {Name(item)}; it must be an object with 'role' and 'content'.", at);
            if (!item.TryGetProperty("role", out var role) || role.ValueKind != JsonValueKind.String)
                throw new InvalidRequest($"'{at}.role' is missing or not a string; give system, developer, user, assistant or tool.", at + ".role");
            messages.Add(new(role.GetString()!, Content(item, at + ".content")));
        }
        return messages;
    }

    /// <summary>A string, null (an assistant's call of a tool), or an array of parts of which the text ones count.</summary>
    private static string Content(JsonElement message, string at)
    {
        if (!message.TryGetProperty("content", out var content) || content.ValueKind == JsonValueKind.Null)
            return "";
        if (content.ValueKind == JsonValueKind.String)
            return content.GetString()!;
        if (content.ValueKind != JsonValueKind.Array)
            throw new InvalidRequest($"'{at}' is {Name(content)}; it must be a string or an array of parts.", at);
        var text = new StringBuilder();
        foreach (var part in content.EnumerateArray())
        {
            if (part.ValueKind != JsonValueKind.Object)
                throw new InvalidRequest($"'{at}' holds {Name(part)}; a part is an object with 'type'.", at);
            if (part.TryGetProperty("text", out var piece) && piece.ValueKind == JsonValueKind.String)
                text.Append(piece.GetString()).Append('\n');
        }
        return text.ToString();
    }

    private static JsonElement? Optional(JsonElement parent, string name, JsonValueKind kind, string rule)
    {
        if (!parent.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        return value.ValueKind == kind ? value : throw new InvalidRequest($"'{name}' is {Name(value)}; it must be {rule}.", name);
    }

    private static bool Flag(JsonElement parent, string name, string path)
    {
        if (!parent.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return false;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw new InvalidRequest($"'{path}' is {Name(value)}; it must be true or false.", path);
    }

    private static int? Integer(JsonElement parent, string name)
    {
        if (Optional(parent, name, JsonValueKind.Number, "a whole number of at least 1") is not { } value)
            return null;
        return value.TryGetInt32(out var number) && number >= 1
            ? number
            : throw new InvalidRequest($"'{name}' is {value.GetRawText()}; it must be a whole number of at least 1.", name);
    }

    private static string Name(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "a boolean",
    };

    private sealed class InvalidRequest(string message, string? parameter) : Exception(message)
    {
        public string? Parameter => parameter;
    }
}
