using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.RepresentationModel;

namespace Loadline.Targets.OpenApi;

/// <summary>An OpenAPI 3.x description as far as a profile can be drafted from it: its operations with their schemas, its servers, how it authenticates.</summary>
public sealed class OpenApiDocument
{
    private const int LongestFile = 32 << 20;
    private const int DeepestNesting = 100;

    private OpenApiDocument(JsonObject root, IReadOnlyList<OpenApiOperation> operations) => (Root, Operations) = (root, operations);

    internal JsonObject Root { get; }

    /// <summary>Every operation, in the file's order.</summary>
    internal IReadOnlyList<OpenApiOperation> Operations { get; }

    /// <summary>Reads a description in JSON or YAML.</summary>
    /// <param name="text">The text.</param>
    /// <param name="file">The file's name, for messages.</param>
    /// <exception cref="TargetProfileException">It is not one, or has no operation.</exception>
    public static OpenApiDocument Read(string text, string file)
    {
        var problems = new List<ProfileProblem>();
        void Problem(int line, string path, string? value, string rule, string remedy) => problems.Add(new ProfileProblem(line, path, value, rule, remedy));
        var root = Tree(text, (line, rule, remedy) => Problem(line, "(file)", null, rule, remedy));
        var operations = new List<OpenApiOperation>();
        if (root is JsonObject description)
        {
            var version = Text(description["openapi"]);
            if (version is null)
                Problem(1, "openapi", Text(description["swagger"]), description["swagger"] is null ? "is missing, so this is no OpenAPI description" : "is Swagger 2, and OpenAPI 3 is read", "give the openapi.json that the service serves, or convert the file");
            else if (!version.StartsWith("3.", StringComparison.Ordinal))
                Problem(1, "openapi", version, "is not a version that is read", "give a description in OpenAPI 3.x");
            if (description["paths"] is JsonObject { Count: > 0 } paths)
                operations.AddRange(OpenApiOperation.All(description, paths));
            else
                Problem(1, "paths", null, "is missing or empty", "give the description of a service that has endpoints");
            if (operations.Count == 0 && description["paths"] is JsonObject { Count: > 0 })
                Problem(1, "paths", null, "has no operation", "give the description of a service that has endpoints");
            if (problems.Count == 0)
                return new OpenApiDocument(description, operations);
        }
        else if (problems.Count == 0)
            Problem(1, "(file)", null, "is not an object", "give an OpenAPI description in JSON or YAML");
        throw new TargetProfileException(file, problems);
    }

    /// <summary>A text of the description; null for anything else.</summary>
    internal static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static JsonNode? Tree(string text, Action<int, string, string> problem)
    {
        if (text.Length > LongestFile)
        {
            problem(1, $"is longer than {LongestFile} characters", "give the service's own description alone");
            return null;
        }
        if (!text.AsSpan().TrimStart().TrimStart('\uFEFF').StartsWith("{"))
            return YamlText.Read(text, DeepestNesting, problem) is { } tree ? Convert(tree) : null;
        try
        {
            using var json = JsonDocument.Parse(text.TrimStart('\uFEFF', ' ', '\t', '\r', '\n'), new JsonDocumentOptions { MaxDepth = DeepestNesting, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return Convert(json.RootElement);
        }
        catch (JsonException e)
        {
            problem((int)(e.LineNumber ?? 0) + 1, $"is not JSON: {e.Message.Split(". ")[0].ReplaceLineEndings(" ")}", "correct it, or fetch the description again");
            return null;
        }
    }

    // Names that are given twice are no reason to refuse a description: the last one counts.
    private static JsonNode? Convert(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var mapping = new JsonObject();
                foreach (var property in element.EnumerateObject())
                    mapping[property.Name] = Convert(property.Value);
                return mapping;
            case JsonValueKind.Array:
                return new JsonArray([.. element.EnumerateArray().Select(Convert)]);
            case JsonValueKind.String:
                return JsonValue.Create(element.GetString());
            case JsonValueKind.Null or JsonValueKind.Undefined:
                return null;
            default:
                return JsonValue.Create(element.Clone());
        }
    }

    private static JsonNode? Convert(YamlNode node)
    {
        switch (node)
        {
            case YamlMappingNode mapping:
                var result = new JsonObject();
                foreach (var (key, value) in mapping.Children)
                    if (key is YamlScalarNode { Value: { } name })
                        result[name] = Convert(value);
                return result;
            case YamlSequenceNode sequence:
                return new JsonArray([.. sequence.Children.Select(Convert)]);
            case YamlScalarNode { Value: { } text } scalar:
                if (scalar.Style != YamlDotNet.Core.ScalarStyle.Plain)
                    return JsonValue.Create(text);
                if (text is "" or "~" or "null")
                    return null;
                return VariableValue.OfPlain(text).IsJson ? JsonNode.Parse(text) : JsonValue.Create(text);
            default:
                return null;
        }
    }
}
