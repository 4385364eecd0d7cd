using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;

namespace Loadline.Plans.Keys;

/// <summary>One item of a plan's objectives: a line, or what to take from a file of objectives.</summary>
internal sealed record ObjectiveKind() : ValueKind(Line.Rule + ", or what to take from a file of objectives: { from: rag, only: [performance], except: [query] }", Line.Example)
{
    /// <summary>A line.</summary>
    public static LineKind Line { get; } = new("an objective, such as query.p95 < 3s", 200, "query.p95 < 3s");

    /// <inheritdoc/>
    public override bool TryRead(string text, [NotNullWhen(true)] out object? value, [NotNullWhen(false)] out string? why) => Line.TryRead(text, out value, out why);

    /// <inheritdoc/>
    public override JsonObject Schema() => new()
    {
        ["anyOf"] = new JsonArray(
            Line.Schema(),
            new JsonObject
            {
                ["type"] = "object",
                ["additionalProperties"] = false,
                ["required"] = new JsonArray("from"),
                ["properties"] = new JsonObject
                {
                    ["from"] = Text("A file of objectives: a shipped one's name, or a path that counts from the plan's folder.", false),
                    ["only"] = Text("Groups or ids that are taken; without it all.", true),
                    ["except"] = Text("Groups or ids that are left out.", true),
                },
            }),
    };

    private static JsonObject Text(string description, bool several)
    {
        var one = new JsonObject { ["type"] = "string", ["minLength"] = 1 };
        return several
            ? new JsonObject { ["description"] = description, ["anyOf"] = new JsonArray(one, new JsonObject { ["type"] = "array", ["minItems"] = 1, ["items"] = one.DeepClone() }) }
            : new JsonObject { ["description"] = description, ["type"] = "string", ["minLength"] = 1 };
    }
}
