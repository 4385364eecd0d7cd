using System.Text.Json;

namespace Loadline.Faults.Proxy.Api;

/// <summary>Toxiproxy's JSON: read as its server reads it (field names in any case, unknown fields passed over, null as not given), written with its fields.</summary>
internal static class ApiJson
{
    /// <summary>Reads a body.</summary>
    /// <exception cref="ApiException">It isn't JSON, or no object (or array, where one is wanted).</exception>
    internal static JsonElement Parse(ReadOnlyMemory<byte> body, JsonValueKind wanted)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == wanted
                ? document.RootElement.Clone()
                : throw ApiException.BadBody($"a JSON {(wanted == JsonValueKind.Array ? "array" : "object")} is wanted, this is {document.RootElement.ValueKind}");
        }
        catch (JsonException problem)
        {
            throw ApiException.BadBody(problem.Message);
        }
    }

    internal static ProxyWish ReadProxy(JsonElement json, ToxicProxy? before = null) => new(Text(json, "name") ?? "")
    {
        Listen = Text(json, "listen") ?? before?.Listen,
        Upstream = Text(json, "upstream") ?? before?.Upstream,
        Enabled = Field(json, "enabled") is { } enabled
            ? enabled.ValueKind is JsonValueKind.True or JsonValueKind.False ? enabled.GetBoolean() : throw ApiException.BadBody($"enabled {enabled.GetRawText()}: true or false")
            : before?.Enabled,
    };

    internal static Toxic ReadToxic(JsonElement json) => new(Text(json, "type") ?? "")
    {
        Name = Text(json, "name") ?? "",
        Stream = Text(json, "stream") switch
        {
            null or "" or "downstream" => ToxicStream.Downstream,
            "upstream" => ToxicStream.Upstream,
            _ => throw ApiException.Stream,
        },
        Toxicity = Toxicity(json) ?? 1,
        Attributes = Attributes(json),
    };

    internal static double? Toxicity(JsonElement json) => Field(json, "toxicity") is not { } toxicity ? null
        : toxicity.ValueKind == JsonValueKind.Number ? toxicity.GetDouble() : throw ApiException.BadBody($"toxicity {toxicity.GetRawText()}: a number between 0 and 1");

    internal static Dictionary<string, long> Attributes(JsonElement json)
    {
        var attributes = new Dictionary<string, long>();
        if (Field(json, "attributes") is not { } given)
            return attributes;
        if (given.ValueKind != JsonValueKind.Object)
            throw ApiException.BadBody($"attributes {given.GetRawText()}: an object is wanted");
        foreach (var attribute in given.EnumerateObject())
        {
            if (attribute.Value.ValueKind == JsonValueKind.Null)
                continue;
            if (attribute.Value.ValueKind != JsonValueKind.Number || !attribute.Value.TryGetInt64(out var value))
                throw ApiException.BadBody($"{attribute.Name} {attribute.Value.GetRawText()}: a whole number is wanted");
            attributes[attribute.Name.ToLowerInvariant()] = value;
        }
        return attributes;
    }

    internal static void Write(Utf8JsonWriter json, string name, ToxicProxy proxy)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("listen", proxy.Listen);
        json.WriteString("upstream", proxy.Upstream);
        json.WriteBoolean("enabled", proxy.Enabled);
        json.WritePropertyName("toxics");
        Write(json, proxy.Toxics);
        json.WriteEndObject();
    }

    internal static void Write(Utf8JsonWriter json, IEnumerable<Toxic> toxics)
    {
        json.WriteStartArray();
        foreach (var toxic in toxics)
            Write(json, toxic);
        json.WriteEndArray();
    }

    internal static void Write(Utf8JsonWriter json, Toxic toxic)
    {
        json.WriteStartObject();
        json.WriteStartObject("attributes");
        foreach (var (name, value) in toxic.Attributes)
            json.WriteNumber(name, value);
        json.WriteEndObject();
        json.WriteString("name", toxic.Name);
        json.WriteString("type", toxic.Type);
        json.WriteString("stream", toxic.StreamName);
        json.WriteNumber("toxicity", toxic.Toxicity);
        json.WriteEndObject();
    }

    private static string? Text(JsonElement json, string name) => Field(json, name) is not { } text ? null
        : text.ValueKind == JsonValueKind.String ? text.GetString() : throw ApiException.BadBody($"{name} {text.GetRawText()}: a string is wanted");

    private static JsonElement? Field(JsonElement json, string name)
    {
        foreach (var property in json.EnumerateObject())
        {
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase) && property.Value.ValueKind != JsonValueKind.Null)
                return property.Value;
        }
        return null;
    }
}
