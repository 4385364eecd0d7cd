using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Loadline.Plans.Keys;

/// <summary>One value of a variant: it becomes part of a run's name.</summary>
internal sealed partial record VariantKind() : ValueKind("letters and digits in lower case, with dots and hyphens between them, at most 40 characters", "embedding")
{
    private const string Pattern = "^[a-z0-9]+([.-][a-z0-9]+)*$";

    /// <inheritdoc/>
    public override bool TryRead(string text, [NotNullWhen(true)] out object? value, [NotNullWhen(false)] out string? why) =>
        Decide(text.Length <= 40 && Legal().IsMatch(text), text, out value, out why);

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = new JsonArray("string", "number"), ["maxLength"] = 40, ["pattern"] = Pattern };

    [GeneratedRegex(Pattern, RegexOptions.NonBacktracking)]
    private static partial Regex Legal();
}
