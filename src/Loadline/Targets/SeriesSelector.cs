using System.Text.RegularExpressions;

namespace Loadline.Targets;

/// <summary>Which series of a Prometheus endpoint are meant, as Prometheus itself writes it: <c>name{label="value",other=~"a|b"}</c>.</summary>
/// <param name="Name">The series' name.</param>
/// <param name="Matchers">What its labels must be.</param>
public sealed partial record SeriesSelector(string Name, IReadOnlyList<SeriesMatcher> Matchers)
{
    private const string Example = "such as redis_commands_total or http_requests_total{code=\"200\"}";

    /// <summary>Reads one.</summary>
    /// <exception cref="FormatException">It is none; the message says why.</exception>
    public static SeriesSelector Parse(string text)
    {
        if (Whole().Match(text) is not { Success: true } match)
            throw new FormatException($"is no series: a name, and labels in braces, {Example}");
        var matchers = new List<SeriesMatcher>();
        var rest = match.Groups[2].Value.Trim();
        while (rest.Length > 0)
        {
            if (Label().Match(rest) is not { Success: true } label)
                throw new FormatException($"has '{rest}' in braces, which is no label with its value, {Example}");
            matchers.Add(SeriesMatcher.Of(label.Groups[1].Value, label.Groups[2].Value, Escape().Replace(label.Groups[3].Value, escape => escape.Groups[1].Value is "n" ? "\n" : escape.Groups[1].Value)));
            rest = rest[label.Length..].Trim();
        }
        return new SeriesSelector(match.Groups[1].Value, matchers);
    }

    /// <summary>Whether a series of this name is meant.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        foreach (var matcher in Matchers)
            if (!matcher.Holds(labels.GetValueOrDefault(matcher.Label, "")))
                return false;
        return true;
    }

    [GeneratedRegex(@"^\s*([a-zA-Z_:][a-zA-Z0-9_:.]*)\s*(?:\{(.*)\})?\s*$", RegexOptions.NonBacktracking)]
    private static partial Regex Whole();

    [GeneratedRegex("""^([a-zA-Z_][a-zA-Z0-9_.]*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*,?""", RegexOptions.NonBacktracking)]
    private static partial Regex Label();

    [GeneratedRegex(@"\\(.)", RegexOptions.NonBacktracking)]
    private static partial Regex Escape();
}

/// <summary>What a label must be. A label that is not there is the empty text, as with Prometheus.</summary>
/// <param name="Label">The label.</param>
/// <param name="Sign"><c>=</c>, <c>!=</c>, <c>=~</c> or <c>!~</c>.</param>
/// <param name="Value">The text, or an expression that the whole text must match.</param>
public sealed record SeriesMatcher(string Label, string Sign, string Value)
{
    private Regex? Pattern { get; init; }

    internal static SeriesMatcher Of(string label, string sign, string value)
    {
        try
        {
            return new(label, sign, value) { Pattern = sign.Contains('~', StringComparison.Ordinal) ? new Regex($"^(?:{value})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant) : null };
        }
        catch (Exception problem) when (problem is ArgumentException or NotSupportedException)
        {
            throw new FormatException($"has the expression '{value}', which can't be read: {problem.Message}");
        }
    }

    /// <summary>Whether a value is meant.</summary>
    public bool Holds(string value) => Sign switch
    {
        "=" => value == Value,
        "!=" => value != Value,
        "=~" => Pattern!.IsMatch(value),
        _ => !Pattern!.IsMatch(value),
    };
}
