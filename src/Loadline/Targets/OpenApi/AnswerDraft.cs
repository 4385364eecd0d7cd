using System.Text.Json.Nodes;

namespace Loadline.Targets.OpenApi;

/// <summary>Drafts the paths of an answer from its schema.</summary>
internal static class AnswerDraft
{
    private const int Deepest = 3;

    private static readonly string[] SourceFields = ["sources", "citations", "results", "documents", "references", "contexts", "context", "hits", "matches", "chunks", "passages", "source_documents", "data", "items"];
    private static readonly string[] DocumentFields = ["document_id", "doc_id", "documentId", "source_id", "file_id", "id"];
    private static readonly string[] TokenFields = ["completion_tokens", "output_tokens", "generated_tokens", "tokens_out"];

    /// <summary>Where the answer's text is; null when the schema has none.</summary>
    internal static string? Text(JsonObject root, JsonNode? schema) => Find(root, schema, OpenApiRoles.AnswerFields, "$", 0, type => type is "string" or null)?.Path;

    /// <summary>Where the ids of cited or found documents are, and where the list of them is; null when the schema has none.</summary>
    internal static (string List, string? Ids)? Sources(JsonObject root, JsonNode? schema)
    {
        if (OpenApiSchema.Type(root, schema) == "array")
            return ("$", IdIn(root, schema, "$"));
        return Lists(root, schema, "$", 0);
    }

    /// <summary>Where the number of answer tokens is; null when the schema has none.</summary>
    internal static string? Tokens(JsonObject root, JsonNode? schema) => Find(root, schema, TokenFields, "$", 0, type => type is "integer" or "number" or null)?.Path;

    /// <summary>Where an error inside a good answer is; null when the schema has none.</summary>
    internal static string? Error(JsonObject root, JsonNode? schema) => OpenApiRoles.Field(OpenApiSchema.Properties(root, schema), ["error", "error_message", "errors"]) is { } field ? "$" + Step(field.Name) : null;

    /// <summary>Where the parts are named that an answer had to do without; null when the schema has none.</summary>
    internal static string? Degraded(JsonObject root, JsonNode? schema) =>
        OpenApiRoles.Field(OpenApiSchema.Properties(root, schema), ["degraded"]) is not { } field ? null
            : "$" + Step(field.Name) + (OpenApiSchema.Type(root, field.Schema) == "array" ? "[*]" : "");

    /// <summary>Where a document's id is, and where that which its state is asked for with is when it differs.</summary>
    internal static (string? Id, string? Handle) Document(JsonObject root, JsonNode? schema)
    {
        var id = Find(root, schema, ["document_id", "doc_id", "file_id", "id"], "$", 0, type => type is "string" or "integer" or null)?.Path;
        var handle = Find(root, schema, ["job_id", "task_id", "batch", "batch_id", "run_id", "track_id"], "$", 0, type => type is "string" or "integer" or null)?.Path;
        return (id, handle);
    }

    /// <summary>Where a state is, and which states there are; null when the schema has none.</summary>
    internal static (string Path, IReadOnlyList<string> States)? State(JsonObject root, JsonNode? schema) =>
        Find(root, schema, OpenApiRoles.StateFields, "$", 0, _ => true) is { } found ? (found.Path, OpenApiSchema.Choices(root, found.Schema)) : null;

    /// <summary>A step into a name; odd names stand in brackets.</summary>
    internal static string Step(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? "." + name : $"[\"{name}\"]";

    private static (string Path, JsonObject Schema)? Find(JsonObject root, JsonNode? schema, string[] names, string at, int depth, Func<string?, bool> fits)
    {
        var properties = Speakable(root, schema);
        foreach (var name in names)
            foreach (var property in properties)
                if (OpenApiRoles.Same(property.Name, name) && fits(OpenApiSchema.Type(root, property.Schema)))
                    return (at + Step(property.Name), property.Schema);
        if (depth == Deepest)
            return null;
        foreach (var (name, property) in properties)
        {
            var inner = OpenApiSchema.Type(root, property) switch
            {
                "object" => Find(root, property, names, at + Step(name), depth + 1, fits),
                "array" when OpenApiRoles.Same(name, "choices") => Find(root, OpenApiSchema.Items(root, property), names, at + Step(name) + "[0]", depth + 1, fits),
                _ => null,
            };
            if (inner is not null)
                return inner;
        }
        return null;
    }

    private static (string List, string? Ids)? Lists(JsonObject root, JsonNode? schema, string at, int depth)
    {
        var properties = Speakable(root, schema);
        foreach (var name in SourceFields)
            foreach (var property in properties)
                if (OpenApiRoles.Same(property.Name, name) && OpenApiSchema.Type(root, property.Schema) == "array")
                    return (at + Step(property.Name), IdIn(root, property.Schema, at + Step(property.Name)));
        if (depth == Deepest)
            return null;
        foreach (var (name, property) in properties)
            if (OpenApiSchema.Type(root, property) == "object" && Lists(root, property, at + Step(name), depth + 1) is { } inner)
                return inner;
        return null;
    }

    private static string? IdIn(JsonObject root, JsonNode? list, string at)
    {
        var items = OpenApiSchema.Items(root, list);
        if (OpenApiSchema.Type(root, items) == "string")
            return at + "[*]";
        var properties = Speakable(root, items);
        if (OpenApiRoles.Field(properties, DocumentFields) is { } id)
            return at + "[*]" + Step(id.Name);
        foreach (var (name, property) in properties)
            if (OpenApiSchema.Type(root, property) == "object" && OpenApiRoles.Field(Speakable(root, property), DocumentFields) is { } inner)
                return at + "[*]" + Step(name) + Step(inner.Name);
        return null;
    }

    // A path can't speak of names with quotes or brackets.
    private static List<(string Name, JsonObject Schema)> Speakable(JsonObject root, JsonNode? schema) =>
        [.. OpenApiSchema.Properties(root, schema).Where(property => property.Name.Length > 0 && property.Name.IndexOfAny(['"', ']', '[', '\\']) < 0 && !property.Name.Any(char.IsControl))];
}
