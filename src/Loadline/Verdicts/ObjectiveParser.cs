using Loadline.Plans;
using Loadline.Plans.Reading;

namespace Loadline.Verdicts;

/// <summary>
/// Reads objectives: <c>[should] [operation.]metric[.statistic] comparison limit</c>, such as <c>query.p95 &lt; 3s</c>, <c>upload.errors &lt;= 1%</c>,
/// <c>should generation.speed.p5 &gt; 15 tok/s</c>.
/// </summary>
internal static class ObjectiveParser
{
    private const string ShouldWord = "should ";

    private static readonly string[] MetricNames = [.. MetricCatalog.All.Select(metric => metric.Name).Where(name => name.Length > 0)];

    /// <summary>Reads an objective: the line, or what is wrong with it.</summary>
    /// <param name="text">As written.</param>
    /// <param name="operations">The operations of the plan's mix.</param>
    public static (ObjectiveLine? Line, ObjectiveMistake? Mistake) Read(string text, IReadOnlyCollection<string> operations)
    {
        var rest = text.Trim();
        var should = rest.StartsWith(ShouldWord, StringComparison.Ordinal);
        if (should)
            rest = rest[ShouldWord.Length..].TrimStart();
        var at = rest.AsSpan().IndexOfAny("<>=!≤≥");
        if (at < 0)
            return Wrong("has no comparison", "write metric, comparison (<, <=, >, >= or ==) and limit, such as query.p95 < 3s");
        var signLength = rest.AsSpan(at).IndexOfAnyExcept("<>=!≤≥") is var end && end < 0 ? rest.Length - at : end;
        var sign = rest.Substring(at, signLength);
        if (Comparison.All.FirstOrDefault(comparison => comparison.Sign == sign) is not { } compare)
            return Wrong($"has the unknown comparison '{sign}'", "write <, <=, >, >= or ==");

        var (name, limitText) = (rest[..at].Trim(), rest[(at + signLength)..].Trim());
        if (ReadMetric(name, operations, out var metric, out var operation, out var statistic) is { } mistake)
            return (null, mistake);
        if (!metric!.Unit.TryRead(limitText, out var limit, out var why))
            return Wrong($"has the limit '{limitText}', which {why}", $"write, for example, {name} {sign} {metric.Unit.Example}");
        return (new ObjectiveLine(text.Trim(), should, metric, operation, statistic, compare, limit), null);
    }

    private static ObjectiveMistake? ReadMetric(string name, IReadOnlyCollection<string> operations, out Metric? metric, out string? operation, out Statistic? statistic)
    {
        (metric, operation, statistic) = (null, null, null);
        var parts = Split(name);
        if (parts.Count == 0 || parts.Exists(string.IsNullOrWhiteSpace))
            return new("names no metric", "write, for example, query.p95 < 3s or errors < 1%");
        if (operations.Contains(parts[0]))
        {
            operation = parts[0];
            parts.RemoveAt(0);
            if (parts.Count == 0)
                return new($"says nothing of '{operation}' that could be compared", $"write, for example, {operation}.p95 or {operation}.errors");
        }
        metric = Longest(parts, out var left);
        if (metric is null)
            return Unknown(name, parts, operation, operations);
        if (operation is not null && !metric.PerOperation)
            return new($"asks for '{metric.Name}' of one operation, and it is measured for the whole run only", $"write {name[(operation.Length + 1)..]}");
        if (!metric.IsDistribution)
            return left.Count == 0 ? null : new($"has '{string.Join('.', left)}' behind '{metric.Name}', which is a single number", $"write {metric.FullName(operation, null)}");

        statistic = left.Count == 0 ? metric.Standard : left.Count == 1 ? Statistic.Read(left[0]) : null;
        if (statistic is not null)
            return null;
        return left.Count == 0
            ? new($"does not say what of '{name}' is to be compared", $"add a statistic: {name}.p95; there are {Statistic.Forms}")
            : new($"has the unknown statistic '{string.Join('.', left)}'", $"there are {Statistic.Forms}");
    }

    // A dot between digits belongs to a percentile (p99.9), any other separates.
    private static List<string> Split(string name)
    {
        var parts = name.Split('.').ToList();
        if (parts.Count > 1 && parts[^1].Length > 0 && parts[^1].All(char.IsAsciiDigit) && parts[^2] is ['p', ..] && parts[^2].AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0)
        {
            parts[^2] += "." + parts[^1];
            parts.RemoveAt(parts.Count - 1);
        }
        return parts;
    }

    // Names may hold dots, and one may begin another: the longest that fits is meant.
    private static Metric? Longest(List<string> parts, out List<string> left)
    {
        for (var length = parts.Count; length > 0; length--)
        {
            var candidate = string.Join('.', parts.Take(length));
            if (MetricCatalog.All.FirstOrDefault(metric => metric.Name == candidate) is not { } metric)
                continue;
            left = [.. parts.Skip(length)];
            return metric;
        }
        left = parts;
        // What is left is a statistic of the response time, if anything.
        return parts.Count == 1 && (Statistic.Read(parts[0]) is not null || LooksLikePercentile(parts[0])) ? MetricCatalog.All.First(metric => metric.Name.Length == 0) : null;
    }

    private static bool LooksLikePercentile(string part) => part is ['p', var digit, ..] && char.IsAsciiDigit(digit);

    private static ObjectiveMistake Unknown(string name, List<string> parts, string? operation, IReadOnlyCollection<string> operations)
    {
        if (operation is null && parts.Count > 1)
        {
            // "qury.p95": what follows makes sense, so the first part is a misspelt operation; "genration.speed": the whole is a misspelt metric.
            if (Nearest.To(name, MetricNames) is { } whole)
                return new($"names the unknown metric '{name}'", $"did you mean '{whole}'?");
            if (Longest([.. parts.Skip(1)], out _) is not null || Nearest.To(parts[0], operations) is not null)
                return new($"names '{parts[0]}', which is not an operation of this plan's mix", Nearest.Advice(parts[0], operations, "operations"));
        }
        var unknown = string.Join('.', parts);
        return new($"names the unknown metric '{unknown}'", Nearest.To(unknown, MetricNames) is { } near
            ? $"did you mean '{near}'?"
            : $"there are {string.Join(", ", MetricNames)}, and for response times {Statistic.Forms}");
    }

    private static (ObjectiveLine?, ObjectiveMistake?) Wrong(string rule, string remedy) => (null, new ObjectiveMistake(rule, remedy));
}

/// <summary>The metric catalogue's rules for objectives, for <see cref="PlanReader"/>: <c>PlanReader.Read(text, name, overrides, new ObjectiveRules())</c>.</summary>
public sealed class ObjectiveRules : IObjectiveRules
{
    /// <inheritdoc/>
    public ObjectiveMistake? Check(string text, IReadOnlyCollection<string> operations) => ObjectiveParser.Read(text, operations).Mistake;
}
