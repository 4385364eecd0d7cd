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

    /// <summary>Judges a run.</summary>
    /// <param name="objectives">The plan's objectives.</param>
    /// <param name="recorded">What was recorded.</param>
    /// <param name="health">Whether the figures can be believed: <see cref="RunHealth.Assess"/> and what else is known.</param>
    /// <exception cref="ArgumentException">An objective that is none: the plan was not read with <see cref="ObjectiveRules"/>.</exception>
    public static Verdict Verdict(IReadOnlyList<Objective> objectives, Recorded recorded, RunHealth health)
    {
        var verdicts = objectives.Select(objective => Objective(Understand(objective, recorded.Operations), recorded.Hold)).ToList();
        var worst = health.Invalid.Count > 0 || verdicts.Count == 0 ? Result.Invalid : verdicts.Max(verdict => verdict.Result);
        return new Verdict(worst, Because(worst, verdicts, health), verdicts, [.. health.Notes, .. Notes(recorded.Hold)]);
    }

    /// <summary>Judges one objective.</summary>
    internal static ObjectiveVerdict Objective(ObjectiveLine objective, PhaseTotals hold)
    {
        var operation = objective.Operation is { } name ? hold.Operations.First(o => o.Name == name) : hold.All();
        var measured = objective.Metric.Measure(hold, operation, objective.Statistic);
        var (result, reason) = Decide(objective, measured);
        if (objective.Should && result != Result.Pass)
            result = Result.Warn;
        return new ObjectiveVerdict(objective.Text, objective.Name, measured.Value, objective.Limit, objective.Metric.Unit.Symbol, measured.Samples, result, reason);
    }

    private static (Result, string?) Decide(ObjectiveLine objective, Measurement measured)
    {
        var needed = objective.Metric.SamplesNeeded(objective.Statistic, objective.Limit);
        if (Unanswered(objective, measured, needed) is { } unanswered)
            return (Result.Fail, unanswered);
        if (measured.Value is not { } value)
            return (Result.Invalid, $"there was nothing to measure: {objective.Name} has no sample in the hold phase");
        if (measured.Samples < needed)
            return (Result.Invalid, $"{Count(measured.Samples)} sample{(measured.Samples == 1 ? "" : "s")} {(measured.Samples == 1 ? "is" : "are")} too few: {objective.Text[(objective.Should ? 7 : 0)..].Trim()} needs at least {Count(needed)}; run longer or with more users");
        if (objective.Comparison.Holds(value, objective.Limit))
            return (Result.Pass, null);
        return (Result.Fail, $"{objective.Name} is {objective.Metric.Unit.Text(value)}, and must be {objective.Comparison.Sign} {objective.Metric.Unit.Text(objective.Limit)}");
    }

    // Of 100 exchanges p95 leaves out the 5 slowest. One without an answer is slower than any: with more than 5 of them the 95th got none.
    private static string? Unanswered(ObjectiveLine objective, Measurement measured, long needed)
    {
        if (measured.Unanswered == 0)
            return null;
        if (measured.Unanswered == measured.Asked && measured.Asked > 0)
            return $"none of {Count(measured.Asked)} exchange{(measured.Asked == 1 ? "" : "s")} was answered";
        if (objective.Statistic is not { Percentile: > 0 and < 100 and var percentile } || measured.Asked < needed)
            return null;
        // Of a speed, which is better when greater, the bad end is the low one.
        var leavesOut = objective.Metric.MoreIsBetter ? percentile / 100 : 1 - percentile / 100;
        var share = (double)measured.Unanswered / measured.Asked;
        return share > leavesOut
            ? $"{Percent(share)} of {Count(measured.Asked)} exchanges were not answered, more than {objective.Statistic.Name} leaves out ({Percent(leavesOut)}); the value is of those answered"
            : null;
    }

    private static ObjectiveLine Understand(Objective objective, IReadOnlyList<string> operations) => ObjectiveParser.Read(objective.Text, operations) switch
    {
        ({ } line, _) => line,
        (_, { } mistake) => throw new ArgumentException($"The objective '{objective.Text}' {mistake.Rule}; {mistake.Remedy}"),
        _ => throw new InvalidOperationException("An objective is a line or a mistake."),
    };

    private static string Because(Result worst, List<ObjectiveVerdict> verdicts, RunHealth health)
    {
        if (health.Invalid.Count > 0)
            return $"The run can't be judged: {string.Join("; ", health.Invalid)}.";
        if (verdicts.Count == 0)
            return "The run can't be judged: the plan has no objective.";
        if (worst == Result.Pass)
            return verdicts.Count == 1 ? "The one objective holds." : $"All {verdicts.Count} objectives hold.";
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

    private static string Percent(double share) => Numbers.Text(Math.Round(share * 100, 1)) + "%";

    private static string Count(long count) => count.ToString(CultureInfo.InvariantCulture);
}
