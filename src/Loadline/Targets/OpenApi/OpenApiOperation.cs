using System.Text.Json.Nodes;

namespace Loadline.Targets.OpenApi;

/// <summary>One operation of a description.</summary>
/// <param name="Method">In capitals.</param>
/// <param name="Path">The path template, as in the file.</param>
/// <param name="Words">The lower-case words of its path, id, summary and tags, in this order.</param>
/// <param name="Parameters">Its path and query parameters.</param>
/// <param name="BodyType">The media type of its body; null for none.</param>
/// <param name="Body">The schema of its body; null for none.</param>
/// <param name="Answer">The schema of its good answer in JSON; null when there is none.</param>
/// <param name="Streams">The media type of a good answer that is a stream; null when the description names none.</param>
internal sealed record OpenApiOperation(
    string Method, string Path, IReadOnlyList<string> Words, IReadOnlyList<OpenApiParameter> Parameters, string? BodyType, JsonNode? Body, JsonNode? Answer, string? Streams)
{
    private static readonly string[] Methods = ["get", "post", "put", "patch", "delete"];

    /// <summary>The words of its last path segment that is no parameter.</summary>
    internal IReadOnlyList<string> LastWords =>
        [.. Path.Split('/').LastOrDefault(segment => segment.Length > 0 && segment[0] != '{') is { } last ? Split(last) : []];

    internal static IEnumerable<OpenApiOperation> All(JsonObject root, JsonObject paths)
    {
        foreach (var (path, node) in paths)
        {
            if (!path.StartsWith('/') || OpenApiSchema.Resolve(root, node) is not { } item)
                continue;
            foreach (var method in Methods)
                if (OpenApiSchema.Resolve(root, item[method]) is { } operation)
                    yield return Of(root, method.ToUpperInvariant(), path, item, operation);
        }
    }

    /// <summary>Lower-case words of a name, whether joined by marks or by capitals.</summary>
    internal static IEnumerable<string> Split(string name)
    {
        var start = 0;
        for (var at = 0; at <= name.Length; at++)
        {
            var ends = at == name.Length || !char.IsLetterOrDigit(name[at]) || (at > start && char.IsUpper(name[at]) && char.IsLower(name[at - 1]));
            if (!ends)
                continue;
            if (at > start)
                yield return name[start..at].ToLowerInvariant();
            start = at < name.Length && !char.IsLetterOrDigit(name[at]) ? at + 1 : at;
        }
    }

    private static OpenApiOperation Of(JsonObject root, string method, string path, JsonObject item, JsonObject operation)
    {
        var texts = new[] { path, OpenApiDocument.Text(operation["operationId"]), OpenApiDocument.Text(operation["summary"]) }
            .Concat((operation["tags"] as JsonArray)?.Select(OpenApiDocument.Text) ?? []);
        var parameters = (item["parameters"] as JsonArray ?? []).Concat(operation["parameters"] as JsonArray ?? [])
            .Select(node => OpenApiSchema.Resolve(root, node)).OfType<JsonObject>().Select(OpenApiParameter.Of).OfType<OpenApiParameter>().ToList();
        var (bodyType, body) = method == "GET" ? (null, null) : BodyOf(OpenApiSchema.Resolve(root, operation["requestBody"])?["content"] as JsonObject);
        var (answer, streams) = Answers(root, operation["responses"] as JsonObject);
        return new OpenApiOperation(method, path, [.. texts.OfType<string>().SelectMany(Split)], parameters, bodyType, body, answer, streams);
    }

    private static (string? Type, JsonNode? Schema) BodyOf(JsonObject? content)
    {
        foreach (var wanted in new[] { "json", "multipart/form-data", "application/x-www-form-urlencoded" })
            foreach (var (type, media) in content ?? [])
                if (type.Contains(wanted, StringComparison.OrdinalIgnoreCase) && media is JsonObject found)
                    return (wanted == "json" ? "application/json" : wanted, found["schema"]);
        return (null, null);
    }

    private static (JsonNode? Schema, string? Streams) Answers(JsonObject root, JsonObject? responses)
    {
        JsonNode? schema = null;
        string? streams = null;
        foreach (var (status, node) in responses ?? [])
        {
            if (status is not ("default" or ['2', ..]) || OpenApiSchema.Resolve(root, node)?["content"] is not JsonObject content)
                continue;
            foreach (var (type, media) in content)
            {
                if (type.Contains("event-stream", StringComparison.OrdinalIgnoreCase) || type.Contains("ndjson", StringComparison.OrdinalIgnoreCase) || type.Contains("jsonl", StringComparison.OrdinalIgnoreCase))
                    streams ??= type;
                else if (type.Contains("json", StringComparison.OrdinalIgnoreCase))
                    schema ??= (media as JsonObject)?["schema"];
            }
        }
        return (schema, streams);
    }
}

/// <summary>A parameter in the path or the query.</summary>
/// <param name="Name">Its name.</param>
/// <param name="InPath">Whether it is in the path; otherwise in the query.</param>
/// <param name="Required">Whether it must be given.</param>
/// <param name="Schema">Its schema.</param>
internal sealed record OpenApiParameter(string Name, bool InPath, bool Required, JsonNode? Schema)
{
    internal static OpenApiParameter? Of(JsonObject node) => (OpenApiDocument.Text(node["name"]), OpenApiDocument.Text(node["in"])) switch
    {
        ({ Length: > 0 } name, "path") => new OpenApiParameter(name, true, true, node["schema"]),
        ({ Length: > 0 } name, "query") => new OpenApiParameter(name, false, node["required"] is JsonValue required && required.TryGetValue<bool>(out var must) && must, node["schema"]),
        _ => null,
    };
}
