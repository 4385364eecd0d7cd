using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loadline.Plans.Keys;

namespace Loadline.Suites;

/// <summary>One key of a suite or of one of its runs.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What a value may be; null for lists and sections.</param>
/// <param name="Default">What it is without; null where that needs no word.</param>
/// <param name="Description">What it means.</param>
internal sealed record SuiteKey(string Name, ValueKind? Kind, string? Default, string Description);

/// <summary>Every key of a suite, once: the reader, the JSON schema and docs/suites.md read this table.</summary>
internal static class SuiteKeys
{
    /// <summary>What <c>on-failure</c> may say.</summary>
    public const string GoOn = "go on", Stop = "stop";

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly SuiteKey OnFailure = new("on-failure", new ChoiceKind([GoOn, Stop]), GoOn, "Whether a run that is not PASS or WARN ends the suite (`stop`); the runs after it are then not made. Of one run: the same for it alone.");

    /// <summary>Of the suite.</summary>
    public static IReadOnlyList<SuiteKey> All { get; } =
    [
        new("name", new NameKind(), "required", "What the suite is called; its folder carries it."),
        new("purpose", new LineKind("a sentence", 300, "Every week, does it carry its users?"), "required", "One sentence: what the suite is for."),
        new("schedule", new LineKind("a few words", 100, "weekly"), null, "How often it is meant to be run. Loadline runs nothing by itself: deploy/ has files that do."),
        new("pause", new DurationKind(0, 86400, "1m"), "0s", "How long to wait between two runs. `--time-scale` multiplies it."),
        OnFailure,
        new("runs", null, "required", "The runs, in order: a plan's name or path (which counts from the suite's folder), or a section."),
    ];

    /// <summary>Of one run.</summary>
    public static IReadOnlyList<SuiteKey> OfRun { get; } =
    [
        new("plan", new LineKind("a plan's name or path", 1000, "steady"), "required", "The plan."),
        new("name", new NameKind(), "the plan's", "What the run is called in this suite."),
        new("target", new LineKind("a target, as --target has it", 1000, "services"), "the plan's", "In place of the plan's target."),
        new("users", new WholeNumberKind("users", 1, 100_000, "500"), "the plan's", "As `--users`."),
        new("time-scale", new NumberKind(0.0001, 1000, "0.5"), "1", "As `--time-scale`."),
        new("seed", new WholeNumberKind("", 0, ulong.MaxValue, "1"), "the plan's", "As `--seed`."),
        new("variant", null, "all", "One variant, such as `{ service: embedding }`."),
        new("set", null, null, "Single values, a line each, as `--set`: `[load.timeout=10s]`."),
        OnFailure,
    ];

    /// <summary>The text of <c>plans/suite.schema.json</c>.</summary>
    public static string Schema()
    {
        var run = Section(OfRun, "One run.", ["plan"]);
        ((JsonObject)run["properties"]!)["variant"] = new JsonObject { ["type"] = "object", ["minProperties"] = 1, ["additionalProperties"] = new VariantKind().Schema(), ["description"] = Described("variant") };
        ((JsonObject)run["properties"]!)["set"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string", ["minLength"] = 1 }, ["description"] = Described("set") };
        var root = Section(All, "A suite of Loadline: plans that are run one after another.", ["name", "purpose", "runs"]);
        ((JsonObject)root["properties"]!)["runs"] = new JsonObject
        {
            ["type"] = "array",
            ["minItems"] = 1,
            ["items"] = new JsonObject { ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "string", ["minLength"] = 1 }, run) },
            ["description"] = All[^1].Description,
        };
        var schema = new JsonObject { ["$schema"] = "http://json-schema.org/draft-07/schema#", ["title"] = "Loadline suite" };
        foreach (var (name, value) in root.ToList())
        {
            root.Remove(name);
            schema[name] = value;
        }
        return schema.ToJsonString(Readable) + "\n";
    }

    /// <summary>The table of docs/suites.md.</summary>
    public static string Markdown() => string.Concat(
        All.Select(key => Row(key.Name, key)).Concat(OfRun.Select(key => Row("runs[]." + key.Name, key))));

    private static string Described(string name) => OfRun.First(key => key.Name == name).Description;

    private static string Row(string path, SuiteKey key) =>
        $"| `{path}` | {(key.Default is "required" or "all" or "the plan's" ? key.Default : key.Default is null ? "" : $"`{key.Default}`")} | {key.Description}{(key.Kind is null ? "" : $" Must be {key.Kind.Rule}.")} |\n";

    private static JsonObject Section(IReadOnlyList<SuiteKey> keys, string description, string[] required)
    {
        var properties = new JsonObject();
        foreach (var key in keys.Where(key => key.Kind is not null))
        {
            properties[key.Name] = key.Kind!.Schema();
            properties[key.Name]!["description"] = $"{key.Description} Must be {key.Kind.Rule}.";
        }
        return new JsonObject
        {
            ["type"] = "object",
            ["description"] = description,
            ["additionalProperties"] = false,
            ["required"] = new JsonArray([.. required.Select(name => (JsonNode)name)]),
            ["properties"] = properties,
        };
    }
}
