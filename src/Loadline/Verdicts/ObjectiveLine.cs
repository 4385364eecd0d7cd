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

/// <summary>What an objective asks for.</summary>
internal enum Demand
{
    /// <summary>It must hold; a miss is FAIL.</summary>
    Must,

    /// <summary>It should hold; a miss is WARN.</summary>
    Should,

    /// <summary>Once it holds over its window, the run ends at once, and that is FAIL.</summary>
    AbortWhen,
}

/// <summary>An objective, understood.</summary>
/// <param name="Text">As written.</param>
/// <param name="Demand">What it asks for.</param>
/// <param name="Of">Metric, operation and statistic.</param>
/// <param name="Comparison">How value and limit are compared.</param>
/// <param name="Limit">What the value is compared with.</param>
/// <param name="Scope">Which part of the run it is about.</param>
internal sealed record ObjectiveLine(string Text, Demand Demand, MetricName Of, Comparison Comparison, Limit Limit, Scope Scope)
{
    /// <summary>Of a metric of the inside: which of its parts are meant; empty for all together.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; init; } = [];

    /// <summary>The metric.</summary>
    public Metric Metric => Of.Metric;

    /// <summary>For distributions.</summary>
    public Statistic? Statistic => Of.Statistic;

    /// <summary>The metric's full name, with the selector.</summary>
    public string Name => Of.Full + (Scope.Selector is { } selector ? $"{{{selector}}}" : "");
}
