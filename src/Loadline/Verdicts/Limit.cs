namespace Loadline.Verdicts;

/// <summary>What an objective's value is compared with.</summary>
internal abstract record Limit
{
    /// <summary>A quantity, in the metric's unit.</summary>
    public sealed record Fixed(double Value) : Limit;

    /// <summary>The same metric of an earlier run, times a factor.</summary>
    public sealed record OfBaseline(double Factor) : Limit;

    /// <summary>Another metric of the same run and the same part of it, times a factor.</summary>
    public sealed record OfMetric(double Factor, MetricName Name) : Limit;
}

/// <summary>A metric with what is asked of it: <c>query.ttft.p95</c>.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="Operation">One operation, or null for all.</param>
/// <param name="Statistic">For distributions.</param>
internal sealed record MetricName(Metric Metric, string? Operation, Statistic? Statistic)
{
    /// <summary>As objectives and summaries write it.</summary>
    public string Full => Metric.FullName(Operation, Statistic);
}
