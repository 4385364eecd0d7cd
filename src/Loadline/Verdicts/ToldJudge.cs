using Loadline.Plans.Reading;
using Loadline.Recording;

namespace Loadline.Verdicts;

/// <summary>Judges objectives on what the target tells of itself, from the looks in the run folder.</summary>
internal static class ToldJudge
{
    // With fewer of its looks answered, a part of the run was not watched: what was missed may have been the worst.
    private const double LeastAnswered = 0.5;

    /// <summary>Judges one over its part of the run: as a whole, or window by window.</summary>
    public static Judged Over(ObjectiveLine objective, Evidence evidence)
    {
        if (evidence.Log is not { } log)
            return new(Result.Invalid, $"{objective.Name} needs the run folder's recording, and there is none", default, null);
        var (start, end) = log.Bounds(objective.Scope.Selection(evidence.JudgedFrom));
        if (objective.Scope.Over is not { } over)
            return Decide(objective, evidence, ToldMeasures.Within(log.Inside(), start, end), objective.Scope.Name);
        var count = (int)((end - start + 0.01) / over.TotalSeconds);
        if (count == 0)
            return new(Result.Invalid, $"{objective.Scope.Name} has {MetricUnit.Seconds.Text(end - start)}, less than the window of {MetricUnit.Seconds.Text(over.TotalSeconds)}; run longer or with a shorter window", default, null);
        var all = ToldMeasures.Within(log.Inside(), start, end).ToList();
        var judged = Enumerable.Range(0, count).Select(at => start + (at * over.TotalSeconds))
            .Select((from, at) => Decide(objective, evidence, ToldMeasures.Within(all, from, at == count - 1 ? end : from + over.TotalSeconds), $"the window from {Clock.Text(from)} to {Clock.Text(from + over.TotalSeconds)}", named: true)).ToList();
        var upward = objective.Comparison.Sign is ">" or ">=";
        return judged.OrderByDescending(one => one.Result).ThenBy(one => one.Measured.Value is not { } value ? double.PositiveInfinity : upward ? value : -value).First();
    }

    private static Judged Decide(ObjectiveLine objective, Evidence evidence, IEnumerable<InsidePoint> points, string part, bool named = false)
    {
        var metric = (ToldMetric)objective.Metric;
        var totals = new InsideTotals(metric.Of, objective.Labels);
        var everything = new InsideTotals(metric.Of, []);
        var (looks, answered, isAsked) = (0, 0, false);
        foreach (var point in points)
        {
            // Processes are looked at on this machine, whatever the target's endpoints do.
            isAsked |= totals.Add(point) && point.Asked > 0;
            everything.Add(point);
            looks += point.Asked;
            answered += point.Asked - (point.Failed?.Count ?? 0);
        }
        var measured = metric.Measure(totals, objective.Statistic!);
        var limit = objective.Limit switch
        {
            Limit.Fixed written => written.Value,
            Limit.OfBaseline relative when evidence.Baseline?.Metrics.TryGetValue(objective.Name, out var earlier) == true => relative.Factor * earlier,
            _ => (double?)null,
        };
        Judged Because(Result result, string? reason) => new(result, reason is not null && named ? $"{reason}, in {part}" : reason, double.IsFinite(measured.Value ?? 0) ? measured : measured with { Value = null }, limit);
        if (limit is not { } most)
            return Because(Result.Invalid, $"the baseline has no {objective.Name}");
        if (measured.Value is not { } value)
            return Because(Result.Invalid, Missing(objective, everything, part));
        if (isAsked && answered < LeastAnswered * looks)
            return Because(Result.Invalid, $"only {Judge.Count(answered)} of {Judge.Count(looks)} looks at the target from inside were answered in {part}: what was missed may have been the worst");
        if (double.IsPositiveInfinity(value))
            return Because(Result.Invalid, $"{objective.Name} lies above the last bound of the target's buckets ({objective.Metric.Unit.Text(totals.Buckets!.Bounds.LastOrDefault())}), and is not known; give its histogram wider buckets");
        if (measured.Samples < metric.SamplesNeeded(objective.Statistic, most))
            return Because(Result.Invalid, $"{Judge.Count(measured.Samples)} sample{(measured.Samples == 1 ? " is" : "s are")} too few: {objective.Name} needs at least {Judge.Count(metric.SamplesNeeded(objective.Statistic, most))}; run longer, or look more often (probes.every)");
        return objective.Comparison.Holds(value, most)
            ? Because(Result.Pass, null)
            : Because(Result.Fail, $"{objective.Name} is {objective.Metric.Unit.Text(value)}, and must be {objective.Comparison.Sign} {objective.Metric.Unit.Text(most)}");
    }

    private static string Missing(ObjectiveLine objective, InsideTotals everything, string part)
    {
        var others = everything.Keys.Order(StringComparer.Ordinal).ToList();
        var text = $"there was nothing to measure: {objective.Name} has no sample in {part}";
        return others.Count == 0 ? $"{text}; nothing told it" : $"{text}; {Nearest.Advice(objective.Name, others, "parts that were seen")}";
    }
}
