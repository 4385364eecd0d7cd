using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Loadline.Plans;
using Loadline.Plans.Quantities;
using Loadline.Verdicts;

namespace Loadline.OpenSlo;

/// <summary>An objective that OpenSLO can't say.</summary>
/// <param name="Text">As written.</param>
/// <param name="Why">Why, a clause.</param>
public sealed record NotCarried(string Text, string Why);

/// <summary>
/// Writes objectives as OpenSLO v1: a Service, and for each objective an SLI and an SLO. A percentile is a threshold for a share of single values, which is the same:
/// <c>query.p95 &lt; 3s</c> is "95 % of queries take less than 3 s". A share is a ratio: of good or of bad exchanges, by which way the objective looks.
/// </summary>
public static class SloWriter
{
    private static readonly JsonSerializerOptions Quoted = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a file of objectives.</summary>
    /// <param name="file">The objectives.</param>
    /// <param name="notCarried">What OpenSLO can't say; it is left out.</param>
    public static string Write(ObjectiveFile file, out IReadOnlyList<NotCarried> notCarried)
    {
        var missed = new List<NotCarried>();
        var service = SloNames.Rfc1123(file.Name);
        var text = new StringBuilder($"""
            apiVersion: {SloNames.ApiVersion}
            kind: Service
            metadata:
              name: {service}
            spec:
              description: {Text(file.Purpose)}

            """.ReplaceLineEndings("\n"));
        foreach (var objective in file.Objectives)
        {
            if (Objective(service, objective, out var why) is { } written)
                text.Append(written);
            else
                missed.Add(new NotCarried(objective.Text, why!));
        }
        notCarried = missed;
        return text.ToString();
    }

    /// <summary>A plan's objectives as a file of them: ids are their metrics' names.</summary>
    public static ObjectiveFile Of(Plan plan)
    {
        var ids = new HashSet<string>();
        return new ObjectiveFile(plan.Name, plan.Purpose, [.. plan.Objectives.Select(objective =>
        {
            var id = SloNames.Rfc1123(objective.Text[..Math.Max(1, objective.Text.AsSpan().IndexOfAny("<>=") is > 0 and var at ? at : objective.Text.Length)]);
            return new NamedObjective("objectives", Enumerable.Range(2, 1000).Select(number => $"{id}-{number}").Prepend(id).First(ids.Add), objective.Text, objective.Line);
        })]);
    }

    private static string? Objective(string service, NamedObjective objective, out string? why)
    {
        why = null;
        var (line, mistake) = ObjectiveWords.Read(objective.Text);
        if (line is null)
        {
            why = $"it {mistake!.Rule}";
            return null;
        }
        if (line.Demand == Demand.AbortWhen)
            why = "it ends a run, and OpenSLO has no word for that";
        else if (line.Limit is not Limit.Fixed)
            why = "its limit is relative, and OpenSLO's are numbers";
        else if (!SloNames.Operators.ContainsKey(line.Comparison.Sign))
            why = "it asks for equality, and OpenSLO compares only";
        if (why is not null)
            return null;
        var isUpper = line.Comparison.Sign[0] == '<';
        var limit = ((Limit.Fixed)line.Limit).Value;
        var (indicator, goal) = line.Metric is ShareMetric ? Ratio(line, limit, isUpper, out why) : Threshold(line, limit, isUpper);
        return why is not null ? null : Documents(service, objective, line, indicator, goal);
    }

    private static (string Indicator, string Goal) Ratio(ObjectiveLine line, double limit, bool isUpper, out string? why)
    {
        // The share that is to be small is the bad one, and the target is what it leaves.
        var target = isUpper ? 100 - (decimal)limit : (decimal)limit;
        why = target is < 0 or >= 100 ? "OpenSLO's targets are below 100 %" : null;
        return ($"""
              ratioMetric:
                counter: true
                {(isUpper ? "bad" : "good")}:
            {Source(line, line.Of.Full, 6)}
                total:
            {Source(line, Total(line), 6)}
            """, $"    - targetPercent: {target}\n");
    }

    private static string Total(ObjectiveLine line) => line.Of.Operation is { } operation ? $"{operation}.all" : "all";

    private static (string Indicator, string Goal) Threshold(ObjectiveLine line, double limit, bool isUpper)
    {
        // 95 % of queries take less than 3 s: p95 < 3s. More than 20 tok/s in 95 % of answers: p5 > 20 tok/s.
        var percentile = line.Statistic?.Percentile is > 0 and < 100 and var p ? p : (double?)null;
        var target = percentile is not { } share ? SloNames.EachTime : isUpper ? (decimal)share : 100 - (decimal)share;
        var metric = percentile is null ? line.Of.Full : line.Of.Operation is { } operation ? Join(operation, line.Metric.Name) : line.Metric.Name.Length == 0 ? "response" : line.Metric.Name;
        return ($"""
              thresholdMetric:
            {Source(line, metric, 4)}
            """, $"    - op: {SloNames.Operators[line.Comparison.Sign]}\n      value: {SloNames.Number(limit)}\n      targetPercent: {target}\n");
    }

    private static string Join(string operation, string metric) => metric.Length == 0 ? operation : $"{operation}.{metric}";

    private static string Source(ObjectiveLine line, string metric, int indent)
    {
        var pad = new string(' ', indent);
        var spec = new StringBuilder($"{pad}metricSource:\n{pad}  type: {SloNames.Source}\n{pad}  spec:\n{pad}    metric: {Text(metric)}\n{pad}    unit: {Text(line.Metric.Unit.Symbol)}");
        foreach (var (name, value) in new[] { ("selector", line.Scope.Selector), ("during", line.Scope.During?.Replace(':', ' ')), ("over", line.Scope.Over is { } over ? DurationQuantity.Text(over.TotalSeconds) : null) })
            if (value is not null)
                spec.Append($"\n{pad}    {name}: {Text(value)}");
        return spec.ToString();
    }

    private static string Documents(string service, NamedObjective objective, ObjectiveLine line, string indicator, string goal)
    {
        var name = SloNames.Rfc1123($"{service}-{objective.Id}");
        return $"""
            ---
            apiVersion: {SloNames.ApiVersion}
            kind: SLI
            metadata:
              name: {name}
            spec:
              description: {Text(Cut(line.Metric.Includes))}
            {indicator}
            ---
            apiVersion: {SloNames.ApiVersion}
            kind: SLO
            metadata:
              name: {name}
              displayName: {Text(objective.Text)}
              annotations:
                {SloNames.Group}: {Text(objective.Group)}
                {SloNames.Id}: {Text(objective.Id)}
                {SloNames.Demand}: {(line.Demand == Demand.Should ? "should" : "must")}
                {SloNames.Comparison}: {Text(line.Comparison.Sign)}
            spec:
              service: {service}
              indicatorRef: {name}
              budgetingMethod: Occurrences
              objectives:
            {goal}
            """.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
    }

    // OpenSLO's descriptions have 1050 characters.
    private static string Cut(string text) => text.Length <= 1050 ? text : text[..1049] + "…";

    // JSON's strings are YAML's.
    private static string Text(string text) => JsonSerializer.Serialize(text, Quoted);
}
