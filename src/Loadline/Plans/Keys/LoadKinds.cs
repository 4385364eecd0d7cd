using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Loadline.Plans.Quantities;

namespace Loadline.Plans.Keys;

/// <summary>A rate of arrivals, read as arrivals per second: <c>120/s</c>, <c>7200/min</c>, <c>100/h</c>.</summary>
internal sealed partial record RateKind(string Example) : ValueKind($"a rate with its unit (/s, /min, /h), such as 120/s or 7200/min; at most {Numbers.Text(Most)}/s", Example)
{
    /// <summary>The greatest rate, per second.</summary>
    public const double Most = 1_000_000;

    /// <summary>A rate without anchors, for schemas.</summary>
    public const string Pattern = @"\d+(\.\d+)?\s*/\s*(s|min|h)";

    /// <inheritdoc/>
    public override bool TryRead(string text, [NotNullWhen(true)] out object? value, [NotNullWhen(false)] out string? why)
    {
        value = null;
        if (Numbers.TryParse(text, out _))
        {
            why = $"needs a unit: {text}/s is per second, {text}/min per minute, {text}/h per hour";
            return false;
        }
        return Decide(TryParse(text, out var rate) && rate > 0, rate, out value, out why);
    }

    /// <summary>Reads a rate; 0 is one here.</summary>
    public static bool TryParse(string text, out double perSecond)
    {
        perSecond = 0;
        if (Form().Match(text.Trim()) is not { Success: true } match || !Numbers.TryParse(match.Groups[1].ValueSpan, out var number))
            return false;
        perSecond = number / match.Groups[2].Value switch { "s" => 1, "min" => 60, _ => 3600 };
        return perSecond <= Most;
    }

    /// <summary>A rate as a person would write it.</summary>
    public static string Text(double perSecond) => perSecond >= 1 || perSecond == 0
        ? Numbers.Text(Math.Round(perSecond, 2)) + "/s"
        : perSecond * 60 >= 1 ? Numbers.Text(Math.Round(perSecond * 60, 2)) + "/min" : Numbers.Text(Math.Round(perSecond * 3600, 2)) + "/h";

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = $"^{Pattern}$" };

    [GeneratedRegex(@"^(\d+(?:\.\d+)?)\s*/\s*(s|min|h)$", RegexOptions.NonBacktracking)]
    private static partial Regex Form();
}

/// <summary>Where a load goes next, and in what time.</summary>
/// <param name="For">The time.</param>
/// <param name="To">Users, or arrivals per second.</param>
/// <param name="IsRate">Which of the two.</param>
internal sealed record Stage(TimeSpan For, double To, bool IsRate);

/// <summary>A stage, written <c>1m to 200</c> (users) or <c>1m to 200/s</c> (a rate).</summary>
internal sealed partial record StageKind() : ValueKind(
    "a time and the level that is reached by its end, in a straight line from the level before: '1m to 200' (users, up to 100000) or '1m to 200/s' (a rate); '0s to 200' jumps", "1m to 200")
{
    /// <inheritdoc/>
    public override bool TryRead(string text, [NotNullWhen(true)] out object? value, [NotNullWhen(false)] out string? why)
    {
        (value, why) = (null, "must be " + Rule);
        if (Form().Match(text.Trim()) is not { Success: true } match)
            return false;
        if (!Quantity.Time.TryParse(match.Groups[1].Value, out var seconds, out var badTime) || seconds > 7 * 86400)
        {
            why = $"has the time '{match.Groups[1].Value}', which {badTime ?? "must be at most 7d"}";
            return false;
        }
        var level = match.Groups[2].Value;
        var isRate = RateKind.TryParse(level, out var to);
        if (!isRate && !(int.TryParse(level, CultureInfo.InvariantCulture, out var users) && (to = users) is >= 0 and <= 100_000))
            return false;
        (value, why) = (new Stage(TimeSpan.FromSeconds(seconds), to, isRate), null);
        return true;
    }

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = $@"^{Quantity.Time.Pattern}\s+to\s+(\d+|{RateKind.Pattern})$" };

    [GeneratedRegex(@"^(\S+)\s+to\s+(.+)$", RegexOptions.NonBacktracking)]
    private static partial Regex Form();
}

/// <summary>The first and the longest wait between tries, written <c>200ms..5s</c>; a single time is both.</summary>
internal sealed record BackoffKind(string Example) : ValueKind("the first and the longest wait, such as 200ms..5s, or one time that is both; from 0s to 1h", Example)
{
    /// <inheritdoc/>
    public override bool TryRead(string text, [NotNullWhen(true)] out object? value, [NotNullWhen(false)] out string? why)
    {
        value = null;
        var ends = text.Split("..", 2, StringSplitOptions.TrimEntries);
        if (!Quantity.Time.TryParse(ends[0], out var first, out why) || !Quantity.Time.TryParse(ends[^1], out var longest, out why))
            return false;
        return Decide(first <= longest && longest <= 3600, new Backoff(TimeSpan.FromSeconds(first), TimeSpan.FromSeconds(longest)), out value, out why);
    }

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = $@"^{Quantity.Time.Pattern}(\s*\.\.\s*{Quantity.Time.Pattern})?$" };
}

/// <summary>One of the words of an enumeration, in lower case.</summary>
internal sealed record WordKind<T>(string Example) : ValueKind($"one of {string.Join(", ", Words)}", Example)
    where T : struct, Enum
{
    private static IEnumerable<string> Words => Enum.GetNames<T>().Select(name => name.ToLowerInvariant());

    /// <inheritdoc/>
    public override bool TryRead(string text, [NotNullWhen(true)] out object? value, [NotNullWhen(false)] out string? why) =>
        Decide(Words.Contains(text), Words.Contains(text) ? Enum.Parse<T>(text, ignoreCase: true) : default(T), out value, out why);

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["enum"] = new JsonArray([.. Words.Select(word => (JsonNode)word)]) };
}

/// <summary>The name of a scenario, or of a tag.</summary>
internal sealed partial record WordNameKind(string What, string Example) : ValueKind($"{What}: a lower-case letter, then letters, digits, _ or -; at most 40", Example)
{
    private const string Pattern = "^[a-z][a-z0-9_-]{0,39}$";

    /// <inheritdoc/>
    public override bool TryRead(string text, [NotNullWhen(true)] out object? value, [NotNullWhen(false)] out string? why) =>
        Decide(Legal().IsMatch(text), text, out value, out why);

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = Pattern };

    [GeneratedRegex(Pattern, RegexOptions.NonBacktracking)]
    private static partial Regex Legal();
}
