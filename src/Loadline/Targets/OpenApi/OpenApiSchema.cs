using System.Text.Json.Nodes;

namespace Loadline.Targets.OpenApi;

/// <summary>Looks into schemas: follows references within the file, merges <c>allOf</c>, takes the first of <c>anyOf</c> and <c>oneOf</c> that is not null.</summary>
internal static class OpenApiSchema
{
    private const int MostSteps = 32;

    /// <summary>The node behind a reference, or the node itself; null where a reference leads nowhere or in a circle.</summary>
    internal static JsonObject? Resolve(JsonObject root, JsonNode? node)
    {
        for (var step = 0; step < MostSteps; step++)
        {
            if (node is not JsonObject mapping)
                return null;
            if (OpenApiDocument.Text(mapping["$ref"]) is not { } reference)
                return mapping;
            node = Follow(root, reference);
        }
        return null;
    }

    /// <summary>The properties of an object's schema by name, those of its parts included; empty for anything else.</summary>
    internal static IReadOnlyList<(string Name, JsonObject Schema)> Properties(JsonObject root, JsonNode? node)
    {
        var properties = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        var budget = MostSteps;
        Collect(root, node, properties, ref budget);
        return [.. properties.Select(property => (property.Key, property.Value))];
    }

    /// <summary>The names of the properties that must be given.</summary>
    internal static IReadOnlySet<string> Required(JsonObject root, JsonNode? node)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var budget = MostSteps;
        foreach (var part in Parts(root, node, ref budget))
            if (part["required"] is JsonArray required)
                names.UnionWith(required.Select(OpenApiDocument.Text).OfType<string>());
        return names;
    }

    /// <summary><c>string</c>, <c>integer</c>, <c>object</c> and so on; null when the schema doesn't say.</summary>
    internal static string? Type(JsonObject root, JsonNode? node)
    {
        var budget = MostSteps;
        foreach (var part in Parts(root, node, ref budget))
        {
            if (OpenApiDocument.Text(part["type"]) is { } type)
                return type;
            if (part["type"] is JsonArray several)
                return several.Select(OpenApiDocument.Text).FirstOrDefault(one => one is not (null or "null"));
            if (part["properties"] is JsonObject)
                return "object";
            if (part["items"] is not null)
                return "array";
        }
        return null;
    }

    /// <summary>The schema of an array's elements; null for anything else.</summary>
    internal static JsonNode? Items(JsonObject root, JsonNode? node)
    {
        var budget = MostSteps;
        return Parts(root, node, ref budget).Select(part => part["items"]).FirstOrDefault(items => items is not null);
    }

    /// <summary>A value that the schema itself gives: its example, default, constant or first legal value.</summary>
    internal static JsonNode? Given(JsonObject root, JsonNode? node)
    {
        var budget = MostSteps;
        foreach (var part in Parts(root, node, ref budget))
            foreach (var value in new[] { part["const"], part["default"], part["example"], (part["examples"] as JsonArray)?.FirstOrDefault(), (part["enum"] as JsonArray)?.FirstOrDefault() })
                if (value is not null)
                    return value;
        return null;
    }

    /// <summary>The legal values of a text; empty when any is.</summary>
    internal static IReadOnlyList<string> Choices(JsonObject root, JsonNode? node)
    {
        var budget = MostSteps;
        return [.. Parts(root, node, ref budget).Select(part => part["enum"]).OfType<JsonArray>().SelectMany(values => values.Select(OpenApiDocument.Text)).OfType<string>()];
    }

    /// <summary>Whether a form's field, or each of its elements, is a file.</summary>
    internal static bool IsFile(JsonObject root, JsonNode? node)
    {
        var budget = MostSteps;
        var parts = Parts(root, node, ref budget);
        return parts.Any(part => OpenApiDocument.Text(part["format"]) == "binary" || part["contentMediaType"] is not null)
            || (Items(root, node) is { } items && !ReferenceEquals(items, node) && Parts(root, items, ref budget).Any(part => OpenApiDocument.Text(part["format"]) == "binary" || part["contentMediaType"] is not null));
    }

    private static void Collect(JsonObject root, JsonNode? node, Dictionary<string, JsonObject> properties, ref int budget)
    {
        foreach (var part in Parts(root, node, ref budget))
            if (part["properties"] is JsonObject own)
                foreach (var (name, schema) in own)
                    if (Resolve(root, schema) is { } resolved)
                        properties.TryAdd(name, resolved);
    }

    // The schema and what it is put together from. The budget bounds circles, which schemas may legally have.
    private static List<JsonObject> Parts(JsonObject root, JsonNode? node, ref int budget)
    {
        var parts = new List<JsonObject>();
        var open = new Queue<JsonNode?>([node]);
        while (open.TryDequeue(out var next) && budget-- > 0)
        {
            if (Resolve(root, next) is not { } schema)
                continue;
            parts.Add(schema);
            foreach (var part in schema["allOf"] as JsonArray ?? [])
                open.Enqueue(part);
            foreach (var key in new[] { "anyOf", "oneOf" })
                if ((schema[key] as JsonArray)?.FirstOrDefault(choice => Resolve(root, choice) is { } one && OpenApiDocument.Text(one["type"]) != "null") is { } chosen)
                    open.Enqueue(chosen);
        }
        return parts;
    }

    // RFC 6901 within the file; other files are not fetched.
    private static JsonNode? Follow(JsonObject root, string reference)
    {
        if (!reference.StartsWith("#/", StringComparison.Ordinal))
            return null;
        JsonNode? node = root;
        foreach (var step in reference[2..].Split('/'))
        {
            var name = Uri.UnescapeDataString(step).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            node = node is JsonObject mapping ? mapping[name] : null;
        }
        return node;
    }
}
