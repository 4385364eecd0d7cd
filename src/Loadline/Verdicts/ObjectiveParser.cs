using System.Text.RegularExpressions;
using Loadline.Plans;
using Loadline.Plans.Quantities;
using Loadline.Plans.Reading;

namespace Loadline.Verdicts;

/// <summary>
/// Reads objectives: <c>[should] [operation.]metric[.statistic][{tag:value}] comparison limit [over window] [during part]</c>, such as <c>query.p95 &lt; 3s</c>,
/// <c>query.p95{scenario:readers} &lt; 2s over 30s</c>, <c>query.p95 &lt; 1.2x baseline</c>, <c>abort when errors &gt; 20% over 10s</c>.
/// </summary>
internal static partial class ObjectiveParser
{
    private const string ShouldWord = "should ", AbortWords = "abort when ", Baseline = "baseline";

    private static readonly string[] MetricNames = [.. MetricCatalog.All.Select(metric => metric.Name).Where(name => name.Length > 0).Distinct()];

    /// <summary>Reads an objective of a plan that has operations alone.</summary>
    public static (ObjectiveLine? Line, ObjectiveMistake? Mistake) Read(string text, IReadOnlyCollection<string> operations) =>
        Read(text, new ObjectiveContext(operations));

    /// <summary>Reads an objective: the line, or what is wrong with it.</summary>
    /// <param name="text">As written.</param>
    /// <param name="context">What the plan has that it may name.</param>
    public static (ObjectiveLine? Line, ObjectiveMistake? Mistake) Read(string text, ObjectiveContext context)
    {
        var rest = text.Trim();
        var demand = rest.StartsWith(ShouldWord, StringComparison.Ordinal) ? Demand.Should : rest.StartsWith(AbortWords, StringComparison.Ordinal) ? Demand.AbortWhen : Demand.Must;
        rest = rest[(demand switch { Demand.Should => ShouldWord.Length, Demand.AbortWhen => AbortWords.Length, _ => 0 })..].TrimStart();
        string? selector;
        IReadOnlyList<string>? scenarios = null;
        IReadOnlyList<KeyValuePair<string, string>> labels = [];
        if ((Told(rest, context.Operations) is { } told
            ? ScopeParser.TakeLabels(ref rest, told, out selector, out labels)
            : ScopeParser.TakeSelector(ref rest, context, out selector, out scenarios)) is { } wrongSelector)
            return (null, wrongSelector);
        var at = rest.AsSpan().IndexOfAny("<>=!≤≥");
        if (at < 0)
            return Wrong("has no comparison", "write metric, comparison (<, <=, >, >= or ==) and limit, such as query.p95 < 3s");
        var signLength = rest.AsSpan(at).IndexOfAnyExcept("<>=!≤≥") is var end && end < 0 ? rest.Length - at : end;
        var sign = rest.Substring(at, signLength);
        if (Comparison.All.FirstOrDefault(comparison => comparison.Sign == sign) is not { } compare)
            return Wrong($"has the unknown comparison '{sign}'", "write <, <=, >, >= or ==");

        var (name, limitText) = (rest[..at].Trim(), rest[(at + signLength)..].Trim());
        if (ScopeParser.TakeClauses(ref limitText, demand, context, out var during, out var over) is { } wrongClause)
            return (null, wrongClause);
        if (ReadMetric(name, context.Operations, out var of) is { } mistake)
            return (null, mistake);
        if (Untold(of!.Metric, context) is { } untold)
            return (null, untold);
        if (Narrows(of.Metric, selector, demand) is { } tooNarrow)
            return (null, tooNarrow);
        if (of.Metric is FaultMetric && OfFaults(of.Metric, during, over, demand, context) is { } notOfFaults)
            return (null, notOfFaults);
        if (ReadLimit(limitText, $"{name} {sign}", of, demand, context, out var limit) is { } wrongLimit)
            return (null, wrongLimit);
        return (new ObjectiveLine(text.Trim(), demand, of, compare, limit!, new Scope(during, selector, scenarios, over)) { Labels = labels }, null);
    }

    // Which metric of the inside an objective begins with; null for none. Braces mean its labels then, and not scenarios.
    private static ToldMetric? Told(string text, IReadOnlyCollection<string> operations) =>
        text.AsSpan().IndexOfAny("{<>=!≤≥") is var end && Told(Split((end < 0 ? text : text[..end]).Trim()), operations) is { } told ? told : null;

    // An operation may be called as one is: 'memory.p95' is its response time then, as in every plan of before.
    private static ToldMetric? Told(List<string> parts, IReadOnlyCollection<string> operations) =>
        Longest(parts, out _) is ToldMetric told && !operations.Contains(told.Name) ? told : null;

    private static ObjectiveMistake? Untold(Metric metric, ObjectiveContext context) =>
        metric is not ToldMetric || context.Inside is not { } inside || inside.Contains(metric.Name) ? null
        : new($"asks for '{metric.Name}', which nothing tells of this target", inside.Count == 0
            ? "write 'probes:' in its profile, with the Prometheus endpoints that know it (docs/targets.md)"
            : $"add it to 'probes.metrics' in its profile (docs/targets.md); there are {string.Join(", ", inside)}");

    private static ObjectiveMistake? Narrows(Metric metric, string? selector, Demand demand) =>
        selector is not null && !metric.PerOperation && metric is not ToldMetric ? new($"asks for '{metric.Name}' of some scenarios, and it is measured for the whole run only", "leave the braces out")
        : demand == Demand.AbortWhen && metric.AfterTheRun ? new($"asks for '{metric.Name}' while the run goes on, and it is known after it only", "write, for example, abort when errors > 20% over 10s")
        : null;

    private static ObjectiveMistake? OfFaults(Metric metric, string? during, TimeSpan? over, Demand demand, ObjectiveContext context) =>
        context.Faults.Count == 0 ? new($"asks for '{metric.Name}', which is of faults, and this plan has none", "add a fault under 'faults:', or remove the objective")
        : over is not null || demand == Demand.AbortWhen ? new($"asks for '{metric.Name}' in windows, and a fault has one", "leave 'over' out")
        : during is not null && !context.Faults.Contains(during) ? new($"asks for '{metric.Name}' during '{during.Replace(':', ' ')}', which is not a fault of this plan", Nearest.Advice(during, context.Faults, "faults"))
        : null;

    private static ObjectiveMistake? ReadLimit(string text, string before, MetricName of, Demand demand, ObjectiveContext context, out Limit? limit)
    {
        limit = null;
        if (Reference().Match(text) is { Success: true } match)
        {
            var factor = match.Groups[1].Success && Numbers.TryParse(match.Groups[1].ValueSpan, out var given) ? given : 1;
            var (name, isWritten) = (match.Groups[2].Value, match.Groups[1].Success);
            if (name == Baseline)
            {
                limit = new Limit.OfBaseline(factor);
                return demand == Demand.AbortWhen ? new("compares a running load with a baseline", "write the limit out, such as abort when errors > 20% over 10s")
                    : context.HasBaseline ? null
                    : new("compares with a baseline, and the plan has none", "add 'baseline: RUN-FOLDER' to the plan, or run with --baseline RUN-FOLDER");
            }
            var mistake = ReadMetric(name, context.Operations, out var other);
            if (mistake is not null && isWritten)
                return mistake;
            if (mistake is null)
            {
                limit = new Limit.OfMetric(factor, other!);
                if (of.Metric is FaultMetric || other!.Metric is FaultMetric)
                    return new("compares a metric of faults with another", "write the limit out, such as recovery < 30s");
                if (of.Metric is ToldMetric || other!.Metric is ToldMetric)
                    return new("compares with a metric what only the target itself can tell", $"write the limit out, such as {before} {of.Metric.Unit.Example}");
                return other!.Metric.Unit == of.Metric.Unit ? null : new($"compares {of.Metric.Unit.Symbol} with {other.Metric.Unit.Symbol}", $"write, for example, {before} {of.Metric.Unit.Example}");
            }
        }
        if (!of.Metric.Unit.TryRead(text, out var value, out var why))
            return new($"has the limit '{text}', which {why}", $"write, for example, {before} {of.Metric.Unit.Example}");
        limit = new Limit.Fixed(value);
        return null;
    }

    // 1.2x baseline, baseline, 2x search.p95
    [GeneratedRegex(@"^(?:(\d+(?:\.\d+)?)x\s+)?([a-z][a-z0-9_.-]*)$", RegexOptions.NonBacktracking)]
    private static partial Regex Reference();

    private static ObjectiveMistake? ReadMetric(string name, IReadOnlyCollection<string> operations, out MetricName? of)
    {
        of = null;
        string? operation = null;
        var parts = Split(name);
        if (parts.Count == 0 || parts.Exists(string.IsNullOrWhiteSpace))
            return new("names no metric", "write, for example, query.p95 < 3s or errors < 1%");
        if (operations.Contains(parts[0]) && Told(parts, operations) is null)
        {
            operation = parts[0];
            parts.RemoveAt(0);
            if (parts.Count == 0)
                return new($"says nothing of '{operation}' that could be compared", $"write, for example, {operation}.p95 or {operation}.errors");
        }
        if (Longest(parts, out var left) is not { } metric)
            return Unknown(name, parts, operation, operations);
        if (operation is not null && !metric.PerOperation)
            return new($"asks for '{metric.Name}' of one operation, and it is measured for the whole run only", $"write {name[(operation.Length + 1)..]}");
        if (!metric.IsDistribution)
        {
            of = new MetricName(metric, operation, null);
            return left.Count == 0 ? null : new($"has '{string.Join('.', left)}' behind '{metric.Name}', which is a single number", $"write {of.Full}");
        }

        var statistic = left.Count == 0 ? metric.Standard : left.Count == 1 ? Statistic.Read(left[0]) : null;
        of = new MetricName(metric, operation, statistic);
        if (metric is ToldMetric { Of.Kind: Targets.InsideKind.Times } && statistic?.Percentile is 0 or 100)
            return new($"asks for '{statistic.Name}' of '{metric.Name}', which comes in buckets: they don't tell it", $"write {metric.Name}.p95, or any percentile, or mean");
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
            var named = MetricCatalog.All.Where(metric => metric.Name == candidate).ToList();
            if (named.Count == 0)
                continue;
            left = [.. parts.Skip(length)];
            // Of one name there may be a share and a distribution (throttled, throttled.p95): a statistic behind it tells them apart.
            var hasStatistic = left.Count > 0;
            return named.Find(metric => metric.IsDistribution == hasStatistic) ?? named[0];
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
    public ObjectiveMistake? Check(string text, ObjectiveContext context) => ObjectiveParser.Read(text, context).Mistake;
}
