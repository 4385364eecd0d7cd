using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loadline.Plans.Keys;

namespace Loadline.Plans;

/// <summary>The JSON schema of plans, for editors: made from the key table that the reader uses, so the two can't differ.</summary>
public static class PlanSchema
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The text of <c>plans/plan.schema.json</c>.</summary>
    public static string Generate()
    {
        var root = Section("", "A load-testing plan of Loadline.");
        var schema = new JsonObject { ["$schema"] = "http://json-schema.org/draft-07/schema#", ["title"] = "Loadline plan" };
        foreach (var (name, value) in root.ToList())
        {
            root.Remove(name);
            schema[name] = value;
        }
        schema["definitions"] = new JsonObject
        {
            ["variant"] = new JsonObject { ["type"] = "string", ["pattern"] = "\\$\\{[a-z][a-z0-9_-]*\\}", ["description"] = "The value of one of the plan's variants: ${service}." },
        };
        return schema.ToJsonString(Readable) + "\n";
    }

    /// <summary>The table of docs/plans.md.</summary>
    public static string Markdown() => string.Concat(PlanKeys.All.Select(key =>
    {
        var rule = key.Kind is null ? "" : key.Shape is KeyShape.Weights or KeyShape.Tags or KeyShape.Choices ? $" Each: {key.Kind.Rule}." : key.Shape == KeyShape.Lines && key.Optional ? $" Each line: {key.Kind.Rule}." : $" Must be {key.Kind.Rule}.";
        var standard = key.Shape == KeyShape.Section || key.Optional ? "" : key.Default is null ? "required" : $"`{key.Default}`";
        return $"| `{key.Path}` | {standard} | {key.Description}{rule} |\n";
    }));

    private static JsonObject Section(string path, string description)
    {
        var keys = PlanKeys.Of(path).ToList();
        var properties = new JsonObject();
        foreach (var key in keys)
            properties[key.Name] = Describe(key);
        var section = new JsonObject { ["type"] = "object", ["description"] = description, ["additionalProperties"] = false };
        if (keys.Any(key => key.Required))
            section["required"] = new JsonArray([.. keys.Where(key => key.Required).Select(key => (JsonNode)key.Name)]);
        section["properties"] = properties;
        return section;
    }

    private static JsonObject Describe(PlanKey key)
    {
        if (key.Shape == KeyShape.Section)
            return Section(key.Path, key.Description);
        if (key.Shape == KeyShape.Named)
            return new JsonObject { ["type"] = "object", ["description"] = key.Description, ["minProperties"] = 1, ["additionalProperties"] = Section($"{key.Path}.{PlanKeys.AnyName}", key.Path == "faults" ? "A fault with a name." : "A load with a name.") };
        var schema = key.Shape switch
        {
            KeyShape.Lines => new JsonObject { ["type"] = "array", ["minItems"] = 1, ["items"] = OrVariant(key.Kind!.Schema()) },
            KeyShape.Choices => new JsonObject { ["type"] = "object", ["minProperties"] = 1, ["additionalProperties"] = new JsonObject { ["type"] = "array", ["minItems"] = 1, ["items"] = key.Kind!.Schema() } },
            KeyShape.Tags => new JsonObject { ["type"] = "object", ["additionalProperties"] = key.Kind!.Schema() },
            KeyShape.Weights => new JsonObject { ["type"] = "object", ["minProperties"] = 1, ["additionalProperties"] = OrVariant(key.Kind!.Schema()) },
            _ => OrVariant(key.Kind!.Schema()),
        };
        schema["description"] = $"{key.Description} {(key.Shape == KeyShape.Value ? $"Must be {key.Kind!.Rule}." : "")}".TrimEnd();
        if (key is { Default: { } standard, Shape: KeyShape.Value })
            schema["default"] = key.Kind!.Json(standard);
        else if (key.Default is { } weights)
            schema["default"] = new JsonObject(Weights.Split(weights).Select(w => KeyValuePair.Create(w.Name, (JsonNode?)key.Kind!.Json(w.Value))));
        schema["examples"] ??= key.Shape == KeyShape.Value ? new JsonArray(key.Kind!.Json(key.Kind.Example)) : null;
        if (schema["examples"] is null)
            schema.Remove("examples");
        return schema;
    }

    // In a plan with variants a value may be written ${name}; texts without a pattern take it as it is.
    private static JsonObject OrVariant(JsonObject schema)
    {
        if (schema["type"] is JsonValue type && type.GetValue<string>() == "string" && schema["pattern"] is null && schema["enum"] is null)
            return schema;
        var either = new JsonObject();
        if (schema["examples"] is { } examples)
        {
            schema.Remove("examples");
            either["examples"] = examples;
        }
        either["anyOf"] = new JsonArray(schema, new JsonObject { ["$ref"] = "#/definitions/variant" });
        return either;
    }
}
