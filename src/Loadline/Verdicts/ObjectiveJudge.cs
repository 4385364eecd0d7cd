using Loadline.Recording;

namespace Loadline.Verdicts;

/// <summary>What became of an objective, before <c>should</c> softens it.</summary>
internal sealed record Judged(Result Result, string? Reason, Measurement Measured, double? Limit);

/// <summary>Judges one objective over its part of the run: as a whole, or window by window.</summary>
internal static class ObjectiveJudge
{
    /// <summary>Judges an objective that holds or does not.</summary>
    public static Judged Over(ObjectiveLine objective, Evidence evidence)
    {
        if (objective.Metric is ToldMetric)
            return ToldJudge.Over(objective, evidence);
        var scope = objective.Scope;
        if (objective.Metric is FaultMetric metric)
            return OfFaults(objective, metric, evidence);
        if (scope is { Over: null, Scenarios: null, Phase: { } phase })
            return Whole(objective, OfPhase(evidence.Recorded, phase), evidence);
        if (evidence.Log is not { } log)
            return new(Result.Invalid, $"{objective.Name} needs the run folder's recording, and there is none", default, null);
        var selection = scope.Selection(evidence.JudgedFrom) with { Operation = objective.Limit is Limit.OfMetric ? null : objective.Of.Operation };
        if (scope.Over is not { } over)
            return Whole(objective, log.Sum(selection), evidence);
        var (start, end) = log.Bounds(selection);
        // What a timer gives or takes must not make a phase of 30 s shorter than its window of 30 s.
        return end - start < over.TotalSeconds - 0.01
            ? new(Result.Invalid, $"{scope.Name} has {MetricUnit.Seconds.Text(end - start)}, less than the window of {MetricUnit.Seconds.Text(over.TotalSeconds)}; run longer or with a shorter window", default, null)
            : Windows(objective, log.Windows(selection, over), evidence);
    }

    /// <summary>Whether an objective holds in a few seconds, whatever they are worth: too few samples are no objection, and what nobody asked for does not fail.</summary>
    public static bool HoldsIn(ObjectiveLine objective, PhaseTotals totals)
    {
        var measured = objective.Metric.Measure(totals, Judge.OperationOf(objective.Of, totals), objective.Statistic);
        if (objective.Metric.WhenNone is null && Unanswered(objective, measured, needed: 0) is not null)
            return false;
        return (measured.Value ?? (objective.Metric.NothingIsZero ? 0 : null)) is not { } value
            || Judge.LimitOf(objective.Limit, objective.Of, objective.Name, totals, null) is not { } limit || objective.Comparison.Holds(value, limit);
    }

    private static Judged OfFaults(ObjectiveLine objective, FaultMetric metric, Evidence evidence)
    {
        var limit = Judge.LimitOf(objective.Limit, objective.Of, objective.Name, evidence.Recorded.Hold, evidence.Baseline);
        if (metric.Worst(evidence.Faults.Where(fault => objective.Scope.During is not { } name || fault.Name == name)) is not var (fault, figure))
            return new(Result.Invalid, $"there was nothing to measure: no fault began in {(objective.Scope.During is null ? "the run" : objective.Scope.Name)}", default, limit);
        var measured = new Measurement(figure.Seconds, figure.Samples);
        if (figure.Failed is { } failed)
            return new(Result.Fail, $"{objective.Name} was not reached for the fault '{fault.Name}': {failed}", measured, limit);
        if (figure.Seconds is not { } seconds)
            return new(Result.Invalid, $"{objective.Name} can't be told for the fault '{fault.Name}': {figure.Unknown}", measured, limit);
        return limit is not { } most ? new(Result.Invalid, Missing(objective, evidence, "the run"), measured, null)
            : objective.Comparison.Holds(seconds, most) ? new(Result.Pass, null, measured, limit)
            : new(Result.Fail, $"{objective.Name} is {metric.Unit.Text(seconds)} for the fault '{fault.Name}', and must be {objective.Comparison.Sign} {metric.Unit.Text(most)}", measured, limit);
    }

    /// <summary>Judges a rule that ends the run.</summary>
    public static Judged Abort(ObjectiveLine rule, Evidence evidence)
    {
        var limit = rule.Limit is Limit.Fixed written ? written.Value : (double?)null;
        return evidence.Aborts?.Of(rule) switch
        {
            { Crossed: true } seen => new(Result.Fail, evidence.Aborts!.Crossed ?? $"{rule.Name} crossed its limit", new(seen.Value, seen.Samples), seen.Limit),
            { } seen => new(Result.Pass, null, new(seen.Value, seen.Samples), seen.Limit),
            // A rule that never had enough to look at has not been crossed, and says nothing of the run.
            null => new(Result.Pass, null, default, limit),
        };
    }

    private static PhaseTotals OfPhase(Recorded recorded, Phase phase) => phase switch { Phase.Up => recorded.Up, Phase.Hold => recorded.Hold, _ => recorded.Down };

    private static Judged Whole(ObjectiveLine objective, PhaseTotals totals, Evidence evidence) => Decide(objective, totals, evidence, objective.Scope.Name);

    private static Judged Windows(ObjectiveLine objective, IEnumerable<Window> windows, Evidence evidence)
    {
        // One by one: the sums of all windows together would not fit into the memory.
        var judged = windows.Select(window => (
            Name: $"the window from {Clock.Text(window.Start)} to {Clock.Text(window.End)}",
            HasAny: window.Totals.Operations.Any(operation => operation.Counts.Total > 0) || window.Totals.Searchable is not null,
            Of: Decide(objective, window.Totals, evidence, "it", inWindows: true))).ToList();
        if (!judged.Exists(window => window.HasAny))
            return new(Result.Invalid, $"there was nothing to measure: {objective.Name} has no sample in {objective.Scope.Name}", default, judged[0].Of.Limit);
        var failed = judged.FindAll(window => window.Of.Result == Result.Fail);
        var invalid = judged.FindAll(window => window.Of.Result == Result.Invalid);
        var upward = objective.Comparison.Sign is ">" or ">=";
        var worst = (failed.Count > 0 ? failed : judged).OrderBy(window => window.Of.Measured.Value is not { } value ? double.PositiveInfinity : upward ? value : -value).First();
        if (failed.Count > 0)
            return worst.Of with { Reason = $"{worst.Of.Reason}, in {worst.Name}{Others(failed.Count, judged.Count)}" };
        return invalid.Count > 0 ? invalid[0].Of with { Reason = $"{invalid[0].Of.Reason}, in {invalid[0].Name}{Others(invalid.Count, judged.Count)}" }
            : worst.Of;
    }

    private static string Others(int count, int all) => count == 1 ? $", one of {all}" : $", the worst of {count} such windows of {all}";

    private static Judged Decide(ObjectiveLine objective, PhaseTotals totals, Evidence evidence, string part, bool inWindows = false)
    {
        var measured = objective.Metric.Measure(totals, Judge.OperationOf(objective.Of, totals), objective.Statistic);
        if (inWindows && measured.Value is null && objective.Metric.NothingIsZero)
            measured = new(0, Samples: 1);
        if (Judge.LimitOf(objective.Limit, objective.Of, objective.Name, totals, evidence.Baseline) is not { } limit)
            return new(Result.Invalid, Missing(objective, evidence, part), measured, null);
        var needed = objective.Metric.SamplesNeeded(objective.Statistic, limit);
        Judged Because(Result result, string? reason) => new(result, reason, measured, limit);
        if (Unanswered(objective, measured, needed) is { } unanswered)
            return Because(Result.Fail, unanswered);
        if (measured.Value is not { } value)
            return Because(Result.Invalid, $"there was nothing to measure: {objective.Name} has no sample in {part}");
        if (measured.Samples < needed)
            return Because(Result.Invalid, $"{Judge.Count(measured.Samples)} sample{(measured.Samples == 1 ? " is" : "s are")} too few: {objective.Text[(objective.Demand == Demand.Should ? 7 : 0)..].Trim()} needs at least {Judge.Count(needed)}; run longer or with more users");
        if (objective.Comparison.Holds(value, limit))
            return Because(Result.Pass, null);
        return Because(Result.Fail, $"{objective.Name}{(inWindows ? "" : objective.Scope.Where)} is {objective.Metric.Unit.Text(value)}, and must be {objective.Comparison.Sign} {objective.Metric.Unit.Text(limit)}");
    }

    private static string Missing(ObjectiveLine objective, Evidence evidence, string part) => objective.Limit switch
    {
        Limit.OfBaseline when evidence.Baseline is { } baseline =>
            $"the baseline {baseline.Id} has no {objective.Name}: a summary has p50, p90, p95, p99 and p99.9 of what was measured",
        Limit.OfBaseline => "there is no baseline to compare with",
        Limit.OfMetric other => $"there was nothing to compare with: {other.Name.Full} has no sample in {part}",
        _ => $"{objective.Name} has no limit",
    };

    // Of 100 exchanges p95 leaves out the 5 slowest. One without an answer is slower than any: with more than 5 of them the 95th got none.
    private static string? Unanswered(ObjectiveLine objective, Measurement measured, long needed)
    {
        if (measured.Unanswered == 0)
            return null;
        if (measured.Unanswered == measured.Asked && measured.Asked > 0)
        {
            var all = $"{Judge.Count(measured.Asked)} exchange{(measured.Asked == 1 ? "" : "s")}";
            return objective.Metric.WhenNone?.Invoke(all) ?? $"none of {all} was answered";
        }
        if (objective.Statistic is not { Percentile: > 0 and < 100 and var percentile } || measured.Asked < needed)
            return null;
        // Of a speed, which is better when greater, the bad end is the low one.
        var leavesOut = objective.Metric.MoreIsBetter ? percentile / 100 : 1 - percentile / 100;
        var share = (double)measured.Unanswered / measured.Asked;
        return share > leavesOut
            ? $"{Judge.Percent(share)} of {Judge.Count(measured.Asked)} exchanges were not answered, more than {objective.Statistic.Name} leaves out ({Judge.Percent(leavesOut)}); the value is of those answered"
            : null;
    }
}
