using System.Globalization;
using Loadline.Plans;
using Loadline.Plans.Quantities;
using Loadline.Recording;

namespace Loadline.Verdicts;

/// <summary>
/// Judges what was recorded against objectives. Failures never improve a latency: percentiles are over answered exchanges, and when more of them went
/// unanswered than the percentile leaves out, the objective fails whatever the percentile says, because that user got no answer at all.
/// </summary>
public static class Judge
{
    // Above this share of unanswered exchanges a note says what percentiles leave out.
    private const double NotableShare = 0.01;

    /// <summary>Judges a run by what is in memory: objectives over windows, spans or scenarios need more.</summary>
    /// <param name="objectives">The plan's objectives.</param>
    /// <param name="recorded">What was recorded.</param>
    /// <param name="health">Whether the figures can be believed: <see cref="RunHealth.Assess"/> and what else is known.</param>
    /// <exception cref="ArgumentException">An objective that is none: the plan was not read with <see cref="ObjectiveRules"/>.</exception>
    public static Verdict Verdict(IReadOnlyList<Objective> objectives, Recorded recorded, RunHealth health) => Verdict(objectives, new Evidence(recorded), health);

    /// <summary>Judges a run.</summary>
    /// <param name="objectives">The plan's objectives.</param>
    /// <param name="evidence">What they are judged by.</param>
    /// <param name="health">Whether the figures can be believed: <see cref="RunHealth.Assess"/> and what else is known.</param>
    /// <exception cref="ArgumentException">An objective that is none: the plan was not read with <see cref="ObjectiveRules"/>.</exception>
    /// <exception cref="IOException">The run folder can't be read.</exception>
    public static Verdict Verdict(IReadOnlyList<Objective> objectives, Evidence evidence, RunHealth health)
    {
        var lines = objectives.Select(objective => Understand(objective, evidence.Context)).ToList();
        var verdicts = lines.Select(line => Objective(line, evidence)).ToList();
        var worst = health.Invalid.Count > 0 || verdicts.Count == 0 ? Result.Invalid
            // What crossed has failed, whatever the rest of the run would have said of the others.
            : evidence.Aborts?.Crossed is not null ? Result.Fail
            : verdicts.Max(verdict => verdict.Result) is var result && result == Result.Pass && health.Warning is not null ? Result.Warn : result;
        return new Verdict(worst, Because(worst, verdicts, health, evidence.Aborts?.Crossed), verdicts, [.. health.Notes, .. Notes(evidence.Recorded.Hold), .. Close(verdicts)]);
    }

    /// <summary>Judges one objective.</summary>
    internal static ObjectiveVerdict Objective(ObjectiveLine objective, Evidence evidence)
    {
        var judged = objective.Demand == Demand.AbortWhen ? ObjectiveJudge.Abort(objective, evidence) : ObjectiveJudge.Over(objective, evidence);
        var result = objective.Demand == Demand.Should && judged.Result != Result.Pass ? Result.Warn : judged.Result;
        return new ObjectiveVerdict(
            objective.Text, objective.Name, judged.Measured.Value, judged.Limit, objective.Metric.Unit.Symbol, judged.Measured.Samples, result, judged.Reason, judged.Measured.Interval);
    }

    /// <summary>An objective that is known to be one.</summary>
    internal static ObjectiveLine Understand(Objective objective, ObjectiveContext context) => ObjectiveParser.Read(objective.Text, context) switch
    {
        ({ } line, _) => line,
        (_, { } mistake) => throw new ArgumentException($"The objective '{objective.Text}' {mistake.Rule}; {mistake.Remedy}"),
        _ => throw new InvalidOperationException("An objective is a line or a mistake."),
    };

    /// <summary>The operation that a metric is asked of, or all together.</summary>
    internal static OperationTotals OperationOf(MetricName of, PhaseTotals totals) => of.Operation is { } name ? totals.Operations.First(o => o.Name == name) : totals.All();

    /// <summary>The limit in the metric's unit; null where what it refers to was not measured.</summary>
    internal static double? LimitOf(Limit limit, MetricName of, string fullName, PhaseTotals totals, Baseline? baseline) => limit switch
    {
        Limit.Fixed written => written.Value,
        Limit.OfBaseline relative => baseline is not null && baseline.Metrics.TryGetValue(fullName, out var earlier) ? relative.Factor * earlier : null,
        Limit.OfMetric relative => relative.Factor * relative.Name.Metric.Measure(totals, OperationOf(relative.Name, totals), relative.Name.Statistic).Value,
        _ => throw new ArgumentException($"an objective on {of.Full} has an unknown limit"),
    };

    private static string Because(Result worst, List<ObjectiveVerdict> verdicts, RunHealth health, string? aborted)
    {
        if (health.Invalid.Count > 0)
            return $"The run can't be judged: {string.Join("; ", health.Invalid)}.";
        if (verdicts.Count == 0)
            return "The run can't be judged: the plan has no objective.";
        if (aborted is not null)
            return $"The run was aborted: {aborted}.";
        if (worst == Result.Pass)
            return verdicts.Count == 1 ? "The one objective holds." : $"All {verdicts.Count} objectives hold.";
        if (worst == Result.Warn && verdicts.All(verdict => verdict.Result == Result.Pass))
            return $"{(verdicts.Count == 1 ? "The one objective holds" : $"All {verdicts.Count} objectives hold")}, but: {health.Warning}.";
        var decisive = verdicts.Where(verdict => verdict.Result == worst).ToList();
        var what = worst switch
        {
            Result.Invalid => "can't be judged",
            Result.Fail => decisive.Count == 1 ? "does not hold" : "do not hold",
            _ => decisive.Count == 1 ? "should hold and does not" : "should hold and do not",
        };
        return $"{decisive.Count} of {verdicts.Count} objectives {what}: {string.Join("; ", decisive.Select(verdict => verdict.Reason))}.";
    }

    private static IEnumerable<string> Notes(PhaseTotals hold) => hold.Operations
        .Select(operation => (operation.Name, operation.Counts.Errors, operation.Counts.Total))
        .Where(operation => operation.Total > 0 && operation.Errors > NotableShare * operation.Total)
        .Select(operation => $"{Percent((double)operation.Errors / operation.Total)} of {operation.Name} exchanges failed or timed out: its response times are of the others only.");

    // A value so near to its limit might have come out on the other side.
    private static IEnumerable<string> Close(IEnumerable<ObjectiveVerdict> verdicts) =>
        from verdict in verdicts
        where verdict is { Interval: { } interval, Limit: { } limit, Result: Result.Pass or Result.Fail } && interval.Low < limit && limit < interval.High
        select $"{verdict.Text}: the limit lies within the value's 95 % confidence interval ({MetricCatalog.Text(verdict.Interval!.Low, verdict.Unit)} to {MetricCatalog.Text(verdict.Interval.High, verdict.Unit)}); another run could come out on the other side.";

    internal static string Percent(double share) => Numbers.Text(Math.Round(share * 100, 1)) + "%";

    internal static string Count(long count) => count.ToString(CultureInfo.InvariantCulture);
}
