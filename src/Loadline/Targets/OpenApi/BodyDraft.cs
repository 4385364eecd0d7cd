using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Loadline.Targets.OpenApi;

/// <summary>Drafts bodies, forms and paths from schemas, and notes what was guessed.</summary>
/// <param name="root">The description.</param>
/// <param name="role">What the operation does.</param>
/// <param name="notes">Takes what a person should check.</param>
internal sealed class BodyDraft(JsonObject root, OpenApiRole role, List<string> notes)
{
    private const int Deepest = 4;

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly (string[] Names, string Placeholder)[] Everywhere =
    [
        (["top_k", "k", "limit", "n_results", "num_results", "max_results", "top_n", "size", "page_size"], "{{top_k}}"),
        (["user", "user_id", "username", "end_user"], "{{user}}"),
    ];

    private static readonly (string[] Names, string Placeholder)[] InQuestions = [(OpenApiRoles.QuestionFields, "{{question}}")];

    private static readonly (string[] Names, string Placeholder)[] InUploads =
    [
        (["id", "doc_id", "document_id", "external_id"], "{{document.id}}"),
        (["title", "name", "filename", "file_name", "source", "document_name"], "{{document.title}}"),
        (OpenApiRoles.TextFields, "{{document.text}}"),
        (["topic", "category"], "{{document.topic}}"),
    ];

    private bool _main;

    /// <summary>A JSON body; null when the operation takes none.</summary>
    /// <param name="schema">The body's schema.</param>
    /// <param name="stream">What a field named <c>stream</c> gets.</param>
    internal string? Json(JsonNode? schema, string stream)
    {
        if (schema is null)
            return null;
        _main = false;
        return Object(schema, stream, 0);
    }

    /// <summary>The fields of a form: a name and what it is filled with, or a file.</summary>
    internal IReadOnlyList<(string Name, string Value, bool IsFile)> Form(JsonNode? schema)
    {
        var fields = new List<(string, string, bool)>();
        var required = OpenApiSchema.Required(root, schema);
        _main = false;
        foreach (var (name, property) in OpenApiSchema.Properties(root, schema))
        {
            if (OpenApiSchema.IsFile(root, property))
            {
                if (!_main)
                    fields.Add((name, "", true));
                _main = true;
            }
            else if (Known(name, property) is { } placeholder)
                fields.Add((name, placeholder, false));
            else if (required.Contains(name))
            {
                var given = OpenApiSchema.Given(root, property);
                notes.Add($"form field '{name}' is required: {(given is null ? "what it should hold is not known" : "its example is written")}");
                fields.Add((name, Literal(OpenApiDocument.Text(given) ?? given?.ToJsonString(Plain) ?? ""), false));
            }
        }
        return fields;
    }

    /// <summary>The request's path with its parameters, and the variables that it needs, by name.</summary>
    internal (string Path, IReadOnlyList<string> Variables) Path(OpenApiOperation operation, string id)
    {
        var variables = new List<string>();
        var path = new System.Text.StringBuilder();
        var inPath = operation.Path.Split('/').Count(IsParameter);
        var seen = 0;
        foreach (var segment in operation.Path.Split('/').Skip(1))
        {
            path.Append('/');
            if (!IsParameter(segment))
                path.Append(Escaped(segment));
            else if (++seen == inPath && role == OpenApiRole.DocumentStatus)
                path.Append(id);
            else
                path.Append(Variable(segment[1..^1]));
        }
        var query = new List<string>();
        foreach (var parameter in operation.Parameters.Where(parameter => !parameter.InPath))
        {
            if (role == OpenApiRole.DocumentStatus && parameter.Name.EndsWith("id", StringComparison.OrdinalIgnoreCase) && inPath == 0)
                query.Add($"{Uri.EscapeDataString(parameter.Name)}={id}");
            else if (Known(parameter.Name, parameter.Schema) is { } placeholder && operation.Body is null)
                query.Add($"{Uri.EscapeDataString(parameter.Name)}={placeholder}");
            else if (parameter.Required)
                query.Add($"{Uri.EscapeDataString(parameter.Name)}={Variable(parameter.Name)}");
        }
        return (path.Length == 0 ? "/" : path + (query.Count > 0 ? "?" + string.Join('&', query) : ""), variables);

        string Variable(string name)
        {
            var word = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
            word = VariableNames.IsName(word) && word != VariableNames.Run ? word : VariableNames.IsName("v_" + word) ? "v_" + word : "v_";
            if (!variables.Contains(word))
                variables.Add(word);
            return "{{" + word + "}}";
        }
    }

    private static bool IsParameter(string segment) => segment.Length > 2 && segment[0] == '{' && segment[^1] == '}';

    // Two braces would be a placeholder; other odd characters are none that a path may have.
    private static string Escaped(string segment) => string.Concat(segment.Select(c => char.IsAsciiLetterOrDigit(c) || "-._~:@!$&'()*+,;=%".Contains(c, StringComparison.Ordinal) ? c.ToString() : Uri.EscapeDataString(c.ToString())));

    private string Object(JsonNode schema, string stream, int depth)
    {
        var required = OpenApiSchema.Required(root, schema);
        var fields = new List<string>();
        foreach (var (name, property) in OpenApiSchema.Properties(root, schema))
            if (Value(name, property, required.Contains(name), stream, depth) is { } value)
                fields.Add($"{Quoted(name)}: {value}");
        return "{" + string.Join(", ", fields) + "}";
    }

    private string? Value(string name, JsonObject property, bool required, string stream, int depth)
    {
        if (OpenApiRoles.Same(name, "stream") && role is OpenApiRole.Query)
            return stream;
        if (Known(name, property) is { } placeholder)
        {
            var items = OpenApiSchema.Type(root, property) == "array" ? OpenApiSchema.Items(root, property) : null;
            if (items is null)
                return placeholder;
            // Messages of a chat, or a list of documents: one of them.
            return OpenApiSchema.Properties(root, items).Count == 0 ? $"[{placeholder}]" : $"[{Element(items, placeholder, stream, depth)}]";
        }
        if (!required)
            return null;
        if (OpenApiSchema.Given(root, property) is { } given)
        {
            notes.Add($"'{name}' is required: the description's own value is written");
            return Literal(given.ToJsonString(Plain));
        }
        switch (OpenApiSchema.Type(root, property))
        {
            case "object":
                return depth < Deepest ? Object(property, stream, depth + 1) : "{}";
            case "array" when depth < Deepest && OpenApiSchema.Items(root, property) is { } items && OpenApiSchema.Properties(root, items).Count > 0:
                return $"[{Object(items, stream, depth + 1)}]";
            case "array":
                return "[]";
            case "integer" or "number":
                notes.Add($"'{name}' is required: 1 is written, which may mean nothing");
                return "1";
            case "boolean":
                return "false";
            default:
                notes.Add($"'{name}' is required: what it should hold is not known");
                return "\"\"";
        }
    }

    private string Element(JsonNode items, string placeholder, string stream, int depth)
    {
        var properties = OpenApiSchema.Properties(root, items);
        if (OpenApiRoles.Field(properties, ["content"]) is { } content && OpenApiRoles.Field(properties, ["role"]) is { } sender)
            return $"{{{Quoted(sender.Name)}: \"user\", {Quoted(content.Name)}: {placeholder}}}";
        _main = false;
        return depth < Deepest ? Object(items, stream, depth + 1) : "{}";
    }

    /// <summary>The placeholder for a field of that name; the main one (the question, the text) is given once.</summary>
    private string? Known(string name, JsonNode? schema)
    {
        var type = OpenApiSchema.Type(root, schema);
        foreach (var (names, placeholder) in (role is OpenApiRole.Upload ? InUploads : role is OpenApiRole.Query or OpenApiRole.Search ? InQuestions : []).Concat(Everywhere))
        {
            if (!names.Any(known => OpenApiRoles.Same(known, name)) || type is "boolean" || (type is "object" && placeholder != "{{document.text}}"))
                continue;
            if (placeholder is "{{top_k}}" != type is "integer" or "number")
                continue;
            if (type is "object")
                return null;
            var main = placeholder is "{{question}}" or "{{document.text}}";
            if (main && _main)
                return null;
            _main |= main;
            return placeholder;
        }
        return null;
    }

    private static string Quoted(string name) => Literal(JsonSerializer.Serialize(name, Plain));

    // In a template two braces would begin a placeholder; in JSON they stand together only inside a text.
    private static string Literal(string json) => json.Replace("{{", "{\\u007b", StringComparison.Ordinal);
}
