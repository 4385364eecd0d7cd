using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Loadline.Plans.Quantities;

namespace Loadline.Plans.Keys;

/// <summary>An amount of memory, read as bytes (<see cref="long"/>): <c>512MiB</c>, <c>2GiB</c>.</summary>
internal sealed partial record SizeKind(string Example) : ValueKind("a size in KiB, MiB or GiB, such as 512MiB; at most 1024GiB", Example)
{
    private const long Most = 1L << 40;

    /// <inheritdoc/>
    public override bool TryRead(string text, [NotNullWhen(true)] out object? value, [NotNullWhen(false)] out string? why)
    {
        var match = Form().Match(text.Trim());
        var bytes = match.Success && Numbers.TryParse(match.Groups[1].ValueSpan, out var number)
            ? number * match.Groups[2].Value switch { "KiB" => 1L << 10, "MiB" => 1L << 20, _ => 1L << 30 }
            : 0;
        return Decide(bytes is >= 1 and <= Most, (long)bytes, out value, out why);
    }

    /// <summary>A size as a person would write it.</summary>
    public static string Text(long bytes) => bytes % (1L << 30) == 0 ? $"{bytes >> 30}GiB" : bytes % (1L << 20) == 0 ? $"{bytes >> 20}MiB" : (bytes / 1024.0).ToString("0.#", CultureInfo.InvariantCulture) + "KiB";

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = @"^\d+(\.\d+)?\s*(K|M|G)iB$" };

    [GeneratedRegex(@"^(\d+(?:\.\d+)?)\s*((?:K|M|G)iB)$", RegexOptions.NonBacktracking)]
    private static partial Regex Form();
}
