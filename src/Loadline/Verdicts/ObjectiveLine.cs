namespace Loadline.Verdicts;

/// <summary>How a value is compared with a limit; each once, with its sign.</summary>
internal sealed record Comparison(string Sign, Func<double, double, bool> Holds)
{
    /// <summary>Longer signs first, so that reading takes <c>&lt;=</c> before <c>&lt;</c>.</summary>
    public static IReadOnlyList<Comparison> All { get; } =
    [
        new("<=", (value, limit) => value <= limit),
        new(">=", (value, limit) => value >= limit),
        // A value that was computed is equal when it differs by rounding only.
        new("==", (value, limit) => Math.Abs(value - limit) <= 1e-9 * Math.Max(1, Math.Abs(limit))),
        new("<", (value, limit) => value < limit),
        new(">", (value, limit) => value > limit),
    ];
}

/// <summary>An objective, understood.</summary>
/// <param name="Text">As written.</param>
/// <param name="Should">Whether a miss gives WARN in place of FAIL.</param>
/// <param name="Metric">The metric.</param>
/// <param name="Operation">One operation, or null for all.</param>
/// <param name="Statistic">For distributions.</param>
/// <param name="Comparison">How value and limit are compared.</param>
/// <param name="Limit">In the metric's unit.</param>
internal sealed record ObjectiveLine(string Text, bool Should, Metric Metric, string? Operation, Statistic? Statistic, Comparison Comparison, double Limit)
{
    /// <summary>The metric's full name.</summary>
    public string Name => Metric.FullName(Operation, Statistic);
}
