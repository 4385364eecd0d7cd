using System.Globalization;
using System.Text.RegularExpressions;
using Loadline.Plans;
using Loadline.Plans.Reading;
using Loadline.Verdicts;

namespace Loadline.OpenSlo;

/// <summary>Makes objectives of one SLO.</summary>
internal sealed partial class SloMapping(SloDocument slo, IReadOnlyDictionary<string, SloDocument> indicators, List<NotCarried> notCarried, List<PlanProblem> problems)
{
    /// <summary>Its objectives; what has no place among them is said.</summary>
    public IEnumerable<NamedObjective> Objectives()
    {
        var spec = slo.Spec!;
        if (Indicator() is not { } indicator)
            yield break;
        if (spec.Find("objectives")?.Value is not ListNode { Items.Count: > 0 } goals)
        {
            Problem(spec, "spec.objectives", null, "is missing", "write, for example, objectives: [{ targetPercent: 99.9 }]");
            yield break;
        }
        var ratio = indicator.Spec.Find("ratioMetric")?.Value as MapNode;
        var threshold = indicator.Spec.Find("thresholdMetric")?.Value as MapNode;
        if ((ratio is null) == (threshold is null))
        {
            Problem(indicator.Spec, "spec", null, "must have one of ratioMetric and thresholdMetric", "write, for example, thresholdMetric: { metricSource: { type: Loadline, spec: { metric: query } } }");
            yield break;
        }
        foreach (var (index, item) in goals.Items.Index())
        {
            if (item is not MapNode goal)
                Problem(item, $"spec.objectives[{index}]", null, "must be a section", "write, for example, { targetPercent: 99.9 }");
            else if (Target(goal, index) is { } target && (ratio is not null ? OfRatio(ratio, indicator.Metric, target) : OfThreshold(threshold!, indicator.Metric, goal, target)) is { } text)
                yield return new NamedObjective(Word(slo.Annotation(SloNames.Group) ?? slo.Text("service") ?? "objectives"), Word(slo.Annotation(SloNames.Id) ?? slo.Name), text, item.Origin.Line);
        }
    }

    private void Problem(PlanNode at, string path, string? received, string rule, string remedy) => problems.Add(at.Origin.Problem(path, received, rule, remedy));

    private void Leave(string why) => notCarried.Add(new NotCarried($"SLO {slo.Name}", why));

    private (MapNode Spec, string? Metric)? Indicator()
    {
        var spec = slo.Spec!;
        var reference = SloDocument.Scalar(spec, "indicatorRef");
        if (spec.Find("indicator")?.Value is MapNode inline)
        {
            var own = new SloDocument(inline);
            if (own.Spec is { } ownSpec)
                return (ownSpec, own.Annotation(SloNames.MetricAnnotation) ?? slo.Annotation(SloNames.MetricAnnotation));
            Problem(inline, "spec.indicator.spec", null, "is missing", "write 'spec:' with thresholdMetric or ratioMetric beneath it");
            return null;
        }
        if (reference is null)
            Problem(spec, "spec.indicator", null, "is missing", "write indicator, or indicatorRef with the name of an SLI");
        else if (indicators.TryGetValue(reference.Text, out var sli))
            return (sli.Spec!, slo.Annotation(SloNames.MetricAnnotation) ?? sli.Annotation(SloNames.MetricAnnotation));
        else
            Problem(reference, "spec.indicatorRef", reference.Text, "names no SLI of this file", indicators.Count == 0 ? "add the SLI to the file" : Nearest.Advice(reference.Text, [.. indicators.Keys], "SLIs"));
        return null;
    }

    // In percent.
    private decimal? Target(MapNode goal, int index)
    {
        var (share, percent) = (SloDocument.Scalar(goal, "target"), SloDocument.Scalar(goal, "targetPercent"));
        var path = $"spec.objectives[{index}]";
        if ((share is null) == (percent is null))
            Problem(goal, path, null, "must have one of target and targetPercent", "write, for example, targetPercent: 99.9");
        else if (!decimal.TryParse((share ?? percent)!.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || number < 0 || number >= (share is null ? 100 : 1))
            Problem((share ?? percent)!, $"{path}.{(share is null ? "targetPercent" : "target")}", (share ?? percent)!.Text, $"must be a number from 0 to below {(share is null ? 100 : 1)}", share is null ? "write, for example, targetPercent: 99.9" : "write, for example, target: 0.999");
        else
            return share is null ? number : number * 100;
        return null;
    }

    private string? OfRatio(MapNode ratio, string? annotated, decimal target)
    {
        var (good, bad) = (ratio.Find("good")?.Value as MapNode, ratio.Find("bad")?.Value as MapNode);
        if (ratio.Find("raw") is not null)
        {
            var isFailure = SloDocument.Scalar(ratio, "rawType")?.Text == "failure";
            return Line(ratio.Find("raw")!.Value as MapNode, annotated, isFailure, target, isFailure ? "<" : ">=");
        }
        if ((good is null) == (bad is null))
        {
            Problem(ratio, "ratioMetric", null, "must have one of good and bad, and total", "write, for example, bad: { metricSource: { type: Loadline, spec: { metric: errors } } }");
            return null;
        }
        return Line(good ?? bad, annotated, bad is not null, target, bad is not null ? "<" : ">=");
    }

    private string? Line(MapNode? side, string? annotated, bool isBad, decimal target, string sign)
    {
        if (Source(side, annotated) is not { } source)
            return null;
        // Whether the limit itself is in: OpenSLO doesn't say, and what Loadline wrote does.
        if (slo.Annotation(SloNames.Comparison) is { } own && own[0] == sign[0] && SloNames.Operators.ContainsKey(own))
            sign = own;
        return Finish($"{source.Metric}{source.Selector} {sign} {(isBad ? 100 - target : target).ToString("0.############", CultureInfo.InvariantCulture)}%{source.Tail}");
    }

    private string? OfThreshold(MapNode threshold, string? annotated, MapNode goal, decimal target)
    {
        var (op, value) = (SloDocument.Scalar(goal, "op"), SloDocument.Scalar(goal, "value"));
        var sign = SloNames.Operators.FirstOrDefault(known => known.Value == op?.Text).Key;
        if (sign is null)
            Problem(op ?? (PlanNode)goal, "op", op?.Text, op is null ? "is missing" : "is no comparison of OpenSLO", "write lt, lte, gt or gte");
        var number = 0.0;
        if (value is null || !double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out number))
            Problem(value ?? (PlanNode)goal, "value", value?.Text, value is null ? "is missing" : "must be a number", "write, for example, value: 3");
        if (sign is null || value is null || Source(threshold, annotated) is not { } source)
            return null;
        var isUpper = sign[0] == '<';
        var name = source.Metric == "response" ? "" : source.Metric;
        // A name without statistic is a distribution's, of which the target is a percentile, or a single number.
        var percentile = "p" + (isUpper ? target : 100 - target).ToString("0.###", CultureInfo.InvariantCulture);
        var asDistribution = $"{(name.Length == 0 ? "" : name + ".")}{percentile}";
        if (ObjectiveWords.Read($"{asDistribution} < 1s").Line is null && ObjectiveWords.Read($"{asDistribution} < 1 tok/s").Line is null && ObjectiveWords.Read($"{asDistribution} < 1").Line is null)
        {
            if (target < 99)
            {
                Leave($"its metric '{source.Metric}' is one number a run, of which {target}% can't hold");
                return null;
            }
            asDistribution = name;
        }
        var unit = ObjectiveWords.Read($"{asDistribution} < 1s").Line?.Metric.Unit ?? ObjectiveWords.Read($"{asDistribution} < 1 tok/s").Line?.Metric.Unit ?? ObjectiveWords.Read($"{asDistribution} < 1").Line?.Metric.Unit ?? ObjectiveWords.Read($"{asDistribution} < 1%").Line?.Metric.Unit;
        if (unit is null)
        {
            Leave($"'{source.Metric}' is no metric of a load test; docs/metrics.md lists them");
            return null;
        }
        return Finish($"{asDistribution}{source.Selector} {sign} {SloNames.LimitText(unit, number)}{source.Tail}");
    }

    private (string Metric, string Selector, string Tail)? Source(MapNode? holder, string? annotated)
    {
        var source = holder?.Find("metricSource")?.Value as MapNode;
        var spec = source?.Find("spec")?.Value as MapNode;
        var type = source is null ? null : SloDocument.Scalar(source, "type")?.Text;
        var metric = annotated ?? (type == SloNames.Source && spec is not null ? SloDocument.Scalar(spec, "metric")?.Text : null);
        if (metric is null)
        {
            Leave($"its metric comes from {(type is null ? "a source that isn't named" : type == SloNames.Source ? "Loadline, without a name" : $"'{type}', which a load test doesn't ask")}; add the annotation {SloNames.MetricAnnotation}: query (or another of docs/metrics.md) to its SLI");
            return null;
        }
        string? Own(string key) => type == SloNames.Source && spec is not null ? SloDocument.Scalar(spec, key)?.Text : null;
        return (metric, Own("selector") is { } selector ? $"{{{selector}}}" : "", (Own("over") is { } over ? $" over {over}" : "") + (Own("during") is { } during ? during.Contains(' ', StringComparison.Ordinal) ? $" {during}" : $" during {during}" : ""));
    }

    private string? Finish(string text)
    {
        text = (slo.Annotation(SloNames.Demand) == "should" ? "should " : "") + text;
        if (ObjectiveWords.Read(text) is (null, { } mistake))
        {
            Leave($"'{text}' {mistake.Rule}; {mistake.Remedy}");
            return null;
        }
        // Of what Loadline wrote the spelling is kept, where it still says the same: "1000" or "1000 users".
        var display = slo.Map.Find("metadata")?.Value is MapNode metadata ? SloDocument.Scalar(metadata, "displayName")?.Text : null;
        return display is not null && ObjectiveWords.Read(display).Line is { } written && ObjectiveWords.Read(text).Line is { } made && Same(written, made) ? display.Trim() : text;
    }

    private static bool Same(ObjectiveLine one, ObjectiveLine other) =>
        (one.Demand, one.Name, one.Comparison.Sign, one.Scope.Over, one.Scope.During) == (other.Demand, other.Name, other.Comparison.Sign, other.Scope.Over, other.Scope.During)
        && one.Limit is Limit.Fixed { Value: var first } && other.Limit is Limit.Fixed { Value: var second } && Math.Abs(first - second) <= 1e-9 * Math.Max(1, Math.Abs(first));

    // Groups and ids are words of 40 letters that begin with one.
    private static string Word(string text)
    {
        var word = NotAWord().Replace(text.ToLowerInvariant(), "-").Trim('-');
        word = word.Length > 0 && char.IsAsciiLetter(word[0]) ? word : "slo-" + word;
        return word.Length > 40 ? word[..40] : word;
    }

    [GeneratedRegex("[^a-z0-9_-]+", RegexOptions.NonBacktracking)]
    private static partial Regex NotAWord();
}
