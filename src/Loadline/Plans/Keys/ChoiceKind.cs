using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;

namespace Loadline.Plans.Keys;

/// <summary>One of a few texts.</summary>
internal sealed record ChoiceKind(IReadOnlyList<string> Choices) : ValueKind("one of " + string.Join(", ", Choices.Select(choice => $"'{choice}'")), Choices[0])
{
    /// <inheritdoc/>
    public override bool TryRead(string text, [NotNullWhen(true)] out object? value, [NotNullWhen(false)] out string? why) => Decide(Choices.Contains(text.Trim()), text.Trim(), out value, out why);

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["enum"] = new JsonArray([.. Choices.Select(choice => (JsonNode)choice)]) };
}
