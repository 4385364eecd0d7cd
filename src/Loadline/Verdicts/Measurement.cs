namespace Loadline.Verdicts;

/// <summary>What a metric measured.</summary>
/// <param name="Value">In the metric's unit; null when there was nothing to measure.</param>
/// <param name="Samples">How many samples it rests on.</param>
/// <param name="Asked">For values over answered exchanges only: how many were asked for, those refused by a limit left out; 0 elsewhere.</param>
/// <param name="Unanswered">How many of these were not answered.</param>
internal readonly record struct Measurement(double? Value, long Samples, long Asked = 0, long Unanswered = 0)
{
    /// <summary>The 95 % confidence interval of a percentile; null where there are too few samples, and of other values.</summary>
    public Interval95? Interval { get; init; }
}

/// <summary>A 95 % confidence interval, in the metric's unit.</summary>
/// <param name="Low">Its lower end.</param>
/// <param name="High">Its upper end.</param>
public sealed record Interval95(double Low, double High);
