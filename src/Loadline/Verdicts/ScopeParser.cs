using Loadline.Plans;
using Loadline.Plans.Quantities;
using Loadline.Plans.Reading;

namespace Loadline.Verdicts;

/// <summary>Reads what narrows an objective: <c>{scenario:readers}</c> behind its metric, <c>over 30s</c> and <c>during outage</c> behind its limit.</summary>
internal static class ScopeParser
{
    private const string Over = "over", During = "during", Before = "before", After = "after", Scenario = "scenario";

    /// <summary>The longest window of <c>abort when</c>: its histograms are kept in memory.</summary>
    private static readonly TimeSpan LongestAbort = TimeSpan.FromMinutes(10);

    /// <summary>Takes the braces out of an objective.</summary>
    /// <param name="text">The objective; afterwards without braces.</param>
    /// <param name="context">What the plan has.</param>
    /// <param name="selector">As written; null without.</param>
    /// <param name="scenarios">Which scenarios are meant; null for all.</param>
    public static ObjectiveMistake? TakeSelector(ref string text, ObjectiveContext context, out string? selector, out IReadOnlyList<string>? scenarios)
    {
        (selector, scenarios) = (null, null);
        var open = text.IndexOf('{', StringComparison.Ordinal);
        if (open < 0)
            return null;
        var close = text.IndexOf('}', open);
        if (close < 0)
            return new("has a brace that is not closed", "write, for example, query.p95{scenario:readers} < 2s");
        var parts = text[(open + 1)..close].Split(',', StringSplitOptions.TrimEntries);
        text = text[..open] + text[(close + 1)..];
        IEnumerable<string> found = context.Scenarios.Keys;
        foreach (var part in parts)
        {
            var colon = part.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
                return new($"has '{part}' in braces, which is no tag with its value", "write {tag:value}, such as {scenario:readers}");
            var (tag, value) = (part[..colon].Trim(), part[(colon + 1)..].Trim());
            if (Missing(tag, value, context) is { } mistake)
                return mistake;
            found = found.Where(name => ValueOf(context, name, tag) == value);
        }
        (selector, scenarios) = (string.Join(',', parts), [.. found]);
        return scenarios.Count > 0 ? null : new($"selects '{selector}', which no scenario of this plan is", "leave one of the tags out");
    }

    /// <summary>Takes the braces out of an objective on a metric of the inside: what it is of.</summary>
    /// <param name="text">The objective; afterwards without braces.</param>
    /// <param name="metric">The metric.</param>
    /// <param name="selector">As recordings write it, in order; null without.</param>
    /// <param name="labels">The labels.</param>
    public static ObjectiveMistake? TakeLabels(ref string text, ToldMetric metric, out string? selector, out IReadOnlyList<KeyValuePair<string, string>> labels)
    {
        (selector, labels) = (null, []);
        var open = text.IndexOf('{', StringComparison.Ordinal);
        if (open < 0)
            return null;
        var close = text.IndexOf('}', open);
        var example = $"write, for example, {metric.Name}{{{metric.Of.Labels[0]}:NAME}}";
        if (close < 0)
            return new("has a brace that is not closed", example);
        var pairs = text[(open + 1)..close].Split(',', StringSplitOptions.TrimEntries).Select(part => part.Split(':', 2, StringSplitOptions.TrimEntries)).ToList();
        text = text[..open] + text[(close + 1)..];
        if (pairs.Find(pair => pair.Length < 2 || pair.Any(string.IsNullOrEmpty)) is { } lone)
            return new($"has '{string.Join(':', lone)}' in braces, which is no label with its value", example);
        if (pairs.Find(pair => !metric.Of.Labels.Contains(pair[0])) is { } unknown)
            return new($"names the unknown label '{unknown[0]}' of '{metric.Name}'", Nearest.Advice(unknown[0], metric.Of.Labels, "labels"));
        labels = [.. pairs.Select(pair => new KeyValuePair<string, string>(pair[0], pair[1])).OrderBy(label => label.Key, StringComparer.Ordinal)];
        selector = string.Join(',', labels.Select(label => $"{label.Key}:{label.Value}"));
        return null;
    }

    /// <summary>Takes <c>over</c> and <c>during</c> from the end of an objective.</summary>
    /// <param name="text">The limit and what is behind it; afterwards the limit alone.</param>
    /// <param name="demand">What the objective asks for.</param>
    /// <param name="context">What the plan has.</param>
    /// <param name="during">A phase or a span; null without.</param>
    /// <param name="over">The windows' length; null without.</param>
    public static ObjectiveMistake? TakeClauses(ref string text, Demand demand, ObjectiveContext context, out string? during, out TimeSpan? over)
    {
        (during, over) = (null, null);
        var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToList();
        while (words.Count >= 2 && words[^2] is Over or During or Before or After)
        {
            var (clause, value) = (words[^2], words[^1]);
            words.RemoveRange(words.Count - 2, 2);
            if (clause == Over ? over is not null : during is not null)
                return new(clause == Over ? "has 'over' twice" : "names two parts of the run", "leave one out");
            if (clause is Before or After && !context.Faults.Contains(value))
                return new($"names '{value}', which is not a fault of this plan", context.Faults.Count == 0 ? "add it under 'faults:', or leave the clause out" : Nearest.Advice(value, context.Faults, "faults"));
            if (clause != Over)
                during = clause switch { Before => PlanSpan.Before(value), After => PlanSpan.After(value), _ => value };
            else if (ReadWindow(value, demand, out over) is { } mistake)
                return mistake;
        }
        text = string.Join(' ', words);
        if (words.Count > 0 && words[^1] is Over or During or Before or After)
            return new($"ends with '{words[^1]}'", words[^1] switch
            {
                Over => "write a time behind it, such as over 30s",
                During => "write a phase or a span behind it, such as during hold",
                var other => $"write a fault's name behind it, such as {other} outage",
            });
        if (demand == Demand.AbortWhen && over is null)
            return new("does not say over how long", "write, for example, abort when errors > 20% over 10s");
        var names = Scope.Phases.Keys.Concat(context.Spans).Distinct().ToList();
        if (during is not null && during.Contains(':', StringComparison.Ordinal) && !names.Contains(during))
            return new($"is about the hold phase {during.Replace(':', ' ')}, and there is nothing of it", "let the fault begin later in the hold phase, or end earlier, or leave the clause out");
        return during is null || names.Contains(during) ? null : new($"names '{during}', which is neither a phase nor a span of this plan", Nearest.Advice(during, [.. names.Where(name => !name.Contains(':', StringComparison.Ordinal))], "phases and spans"));
    }

    private static ObjectiveMistake? ReadWindow(string value, Demand demand, out TimeSpan? over)
    {
        over = null;
        if (!Quantity.Time.TryParse(value, out var seconds, out var why))
            return new($"has the window '{value}', which {why}", "write, for example, over 30s");
        if (seconds < 1 || seconds != Math.Floor(seconds))
            return new($"has the window '{value}', which must be whole seconds: that is how exchanges are recorded", "write, for example, over 30s");
        if (demand == Demand.AbortWhen && seconds > LongestAbort.TotalSeconds)
            return new($"has the window '{value}', which may be at most 10m", "write, for example, over 10s");
        over = TimeSpan.FromSeconds(seconds);
        return null;
    }

    private static ObjectiveMistake? Missing(string tag, string value, ObjectiveContext context)
    {
        var tags = context.Scenarios.Values.SelectMany(scenario => scenario.Keys).Prepend(Scenario).Distinct().ToList();
        if (!tags.Contains(tag))
            return new($"names the unknown tag '{tag}'", Nearest.Advice(tag, tags, "tags"));
        var values = context.Scenarios.Keys.Select(name => ValueOf(context, name, tag)).OfType<string>().Distinct().ToList();
        return values.Contains(value) ? null
            : tag == Scenario ? new($"names the unknown scenario '{value}'", Nearest.Advice(value, values, "scenarios"))
            : new($"names '{value}', which is no value of the tag '{tag}'", Nearest.Advice(value, values, $"values of '{tag}'"));
    }

    // A scenario's name is a tag that each has.
    private static string? ValueOf(ObjectiveContext context, string scenario, string tag) =>
        context.Scenarios[scenario].TryGetValue(tag, out var value) ? value : tag == Scenario ? scenario : null;
}
