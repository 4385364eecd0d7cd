namespace Loadline.Verdicts;

/// <summary>What became of an objective or a run, from good to bad: the worst of its objectives is the run's.</summary>
public enum Result
{
    /// <summary>It holds.</summary>
    Pass,

    /// <summary>A <c>should</c> objective does not hold, or can't be judged; of a run also: all hold, and requests failed in the warm-up.</summary>
    Warn,

    /// <summary>It does not hold.</summary>
    Fail,

    /// <summary>It can't be judged: no samples, too few, or figures that can't be believed.</summary>
    Invalid,
}

/// <summary>One objective, judged.</summary>
/// <param name="Text">As written.</param>
/// <param name="Metric">The metric's full name.</param>
/// <param name="Value">In the metric's unit; null when there was nothing to measure.</param>
/// <param name="Limit">In the metric's unit; null when it rests on what was not measured.</param>
/// <param name="Unit">The metric's unit.</param>
/// <param name="Samples">How many samples the value rests on.</param>
/// <param name="Result">What became of it.</param>
/// <param name="Reason">Why it is not PASS; null when it is.</param>
/// <param name="Interval">The value's 95 % confidence interval, of percentiles with enough samples.</param>
public sealed record ObjectiveVerdict(
    string Text, string Metric, double? Value, double? Limit, string Unit, long Samples, Result Result, string? Reason, Interval95? Interval = null);

/// <summary>A run, judged.</summary>
/// <param name="Result">INVALID before FAIL before WARN before PASS.</param>
/// <param name="Because">Why, in one sentence.</param>
/// <param name="Objectives">In the plan's order.</param>
/// <param name="Notes">What was noticed and doesn't change the verdict.</param>
public sealed record Verdict(Result Result, string Because, IReadOnlyList<ObjectiveVerdict> Objectives, IReadOnlyList<string> Notes);

/// <summary>How results are written.</summary>
public static class Results
{
    /// <summary>PASS, WARN, FAIL or INVALID.</summary>
    public static string Word(this Result result) => result.ToString().ToUpperInvariant();
}
