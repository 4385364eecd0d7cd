using Loadline.Recording;
using Loadline.Targets;

namespace Loadline.Verdicts;

/// <summary>A metric that only the target or its machine can tell. Nothing of it is in the exchanges' histograms: it is measured from the looks at the inside (<see cref="ToldJudge"/>).</summary>
/// <param name="Of">What it means.</param>
internal sealed record ToldMetric(InsideMetric Of) : Metric(Of.Name, MetricUnit.Of(Of.Unit), Of.MoreIsBetter, PerOperation: false, Of.Includes)
{
    // Two looks can be chance; a third says that it stayed.
    private const long FewestLooks = 3;

    /// <inheritdoc/>
    public override bool IsDistribution => true;

    /// <summary>Measures it over a part of the run.</summary>
    /// <param name="totals">What was seen in it.</param>
    /// <param name="statistic">What is asked.</param>
    public Measurement Measure(InsideTotals totals, Statistic statistic)
    {
        var samples = Of.Kind switch
        {
            InsideKind.Times => (long)(totals.Buckets?.Count ?? 0),
            InsideKind.Share when totals.Whole > 0 => (long)totals.Whole,
            _ => totals.Values.Count,
        };
        return new(ValueOf(totals, statistic), samples);
    }

    /// <inheritdoc/>
    public override Measurement Measure(PhaseTotals hold, OperationTotals operation, Statistic? statistic) => new(null, 0);

    /// <inheritdoc/>
    public override long SamplesNeeded(Statistic? statistic, double limit) => Of.Kind switch
    {
        InsideKind.Times => statistic!.SamplesNeeded,
        // As of every share: a single lookup should be no more than the limit leaves room for.
        InsideKind.Share => (long)Math.Ceiling(Math.Round(100 / (Math.Min(limit, 100 - limit) is > 0 and var edge ? edge : 100), 6)),
        _ => FewestLooks,
    };

    private static double? ValueOf(InsideTotals totals, Statistic statistic)
    {
        if (statistic.Percentile is not { } percentile)
            return totals.Mean;
        if (totals.Buckets is { } buckets)
            return buckets.Quantile(percentile / 100);
        if (totals.Values.Count == 0)
            return null;
        var sorted = totals.Values.Order().ToArray();
        return sorted[(int)Math.Clamp(Math.Ceiling(percentile / 100 * sorted.Length) - 1, 0, sorted.Length - 1)];
    }
}
