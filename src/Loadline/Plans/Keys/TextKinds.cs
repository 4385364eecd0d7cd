using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Loadline.Plans.Keys;

/// <summary>One line of text.</summary>
internal sealed record LineKind(string What, int Longest, string Example) : ValueKind($"{What}, 1 to {Longest} characters on one line", Example)
{
    /// <inheritdoc/>
    public override bool TryRead(string text, [NotNullWhen(true)] out object? value, [NotNullWhen(false)] out string? why)
    {
        text = text.Trim();
        return Decide(text.Length > 0 && text.Length <= Longest && !text.AsSpan().ContainsAny('\n', '\r', '\0'), text, out value, out why);
    }

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = Longest };
}

/// <summary>A value whose rule another knows: a word or a number.</summary>
internal sealed record FieldKind(string Example) : ValueKind("a word or a number, at most 200 characters", Example)
{
    /// <inheritdoc/>
    public override bool TryRead(string text, [NotNullWhen(true)] out object? value, [NotNullWhen(false)] out string? why) =>
        Decide(text.Trim() is { Length: > 0 and <= 200 } field && !field.AsSpan().ContainsAny('\n', '\r', '\0'), text.Trim(), out value, out why);

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = new JsonArray("string", "number") };
}

/// <summary>A plan's name: it becomes part of file names.</summary>
internal sealed partial record NameKind() : ValueKind("lower-case words of letters and digits joined by hyphens, at most 64 characters", "steady")
{
    private const string Pattern = "^[a-z0-9]+(-[a-z0-9]+)*$";

    /// <inheritdoc/>
    public override bool TryRead(string text, [NotNullWhen(true)] out object? value, [NotNullWhen(false)] out string? why)
    {
        return Decide(text.Length <= 64 && Legal().IsMatch(text), text, out value, out why);
    }

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["maxLength"] = 64, ["pattern"] = Pattern };

    [GeneratedRegex(Pattern, RegexOptions.NonBacktracking)]
    private static partial Regex Legal();
}
