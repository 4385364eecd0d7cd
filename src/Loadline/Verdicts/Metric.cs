using HdrHistogram;
using Loadline.Recording;

namespace Loadline.Verdicts;

/// <summary>One metric of the catalogue.</summary>
/// <param name="Name">Its name without operation and statistic; empty for the response time.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="MoreIsBetter">Whether a greater value is better.</param>
/// <param name="PerOperation">Whether it can be asked of one operation (<c>query.errors</c>).</param>
/// <param name="Includes">What it includes and what it does not.</param>
internal abstract record Metric(string Name, MetricUnit Unit, bool MoreIsBetter, bool PerOperation, string Includes)
{
    /// <summary>Whether it is a distribution, of which a statistic is taken.</summary>
    public virtual bool IsDistribution => false;

    /// <summary>The statistic of a distribution that is written without one; null when it must be written.</summary>
    public virtual Statistic? Standard => null;

    /// <summary>Measures it over the hold phase.</summary>
    /// <param name="hold">The phase.</param>
    /// <param name="operation">One operation, or all of them together.</param>
    /// <param name="statistic">For distributions.</param>
    public abstract Measurement Measure(PhaseTotals hold, OperationTotals operation, Statistic? statistic);

    /// <summary>Samples without which a verdict would mean nothing.</summary>
    /// <param name="statistic">For distributions.</param>
    /// <param name="limit">The objective's limit.</param>
    public abstract long SamplesNeeded(Statistic? statistic, double limit);

    /// <summary>Operation, metric and statistic as objectives and summaries write them.</summary>
    public string FullName(string? operation, Statistic? statistic) =>
        string.Join('.', new[] { operation, Name.Length == 0 ? null : Name, statistic is null || statistic == Standard ? null : statistic.Name }.Where(part => part is not null));
}

/// <summary>A distribution of times or speeds over answered exchanges.</summary>
/// <param name="Scale">What the histogram's values are divided by.</param>
/// <param name="Of">The histogram.</param>
/// <param name="OverAnswered">Whether exchanges that were not answered are missing from it.</param>
internal sealed record DistributionMetric(
    string Name, MetricUnit Unit, bool MoreIsBetter, bool PerOperation, string Includes, double Scale, Func<PhaseTotals, OperationTotals, LongHistogram?> Of, bool OverAnswered)
    : Metric(Name, Unit, MoreIsBetter, PerOperation, Includes)
{
    private readonly Statistic? _standard;

    /// <inheritdoc/>
    public override bool IsDistribution => true;

    /// <inheritdoc/>
    public override Statistic? Standard => _standard;

    /// <summary>This metric with a statistic for when none is written.</summary>
    public DistributionMetric WithStandard(Statistic standard) => new(this, standard);

    private DistributionMetric(DistributionMetric original, Statistic standard)
        : this(original.Name, original.Unit, original.MoreIsBetter, original.PerOperation, original.Includes, original.Scale, original.Of, original.OverAnswered) =>
        _standard = standard;

    /// <inheritdoc/>
    public override Measurement Measure(PhaseTotals hold, OperationTotals operation, Statistic? statistic)
    {
        var histogram = Of(hold, operation);
        var (asked, unanswered) = OverAnswered ? (operation.Counts.Answered + operation.Counts.Errors, operation.Counts.Errors) : (0, 0);
        return histogram is null
            ? new(null, 0, asked, unanswered)
            : new(statistic!.Take(histogram) / Scale, histogram.TotalCount, asked, unanswered);
    }

    /// <inheritdoc/>
    public override long SamplesNeeded(Statistic? statistic, double limit) => statistic!.SamplesNeeded;
}

/// <summary>A share of exchanges (or of something else that is counted), in percent.</summary>
/// <param name="Part">What is counted.</param>
/// <param name="Whole">Of how many.</param>
internal sealed record ShareMetric(
    string Name, bool MoreIsBetter, bool PerOperation, string Includes, Func<PhaseTotals, OperationTotals, long> Part, Func<PhaseTotals, OperationTotals, long> Whole)
    : Metric(Name, MetricUnit.Percent, MoreIsBetter, PerOperation, Includes)
{
    /// <inheritdoc/>
    public override Measurement Measure(PhaseTotals hold, OperationTotals operation, Statistic? statistic)
    {
        var whole = Whole(hold, operation);
        return whole == 0 ? new(null, 0) : new(100.0 * Part(hold, operation) / whole, whole);
    }

    /// <summary>Enough that a single exchange is no more than the limit leaves room for: 100 for 1 %, 1000 for 99.9 %.</summary>
    public override long SamplesNeeded(Statistic? statistic, double limit)
    {
        var room = Math.Min(limit, 100 - limit) is > 0 and var edge ? edge : 100;
        return (long)Math.Ceiling(Math.Round(100 / room, 6));
    }
}

/// <summary>One number of the whole phase.</summary>
/// <param name="Value">The value and how many samples it rests on.</param>
/// <param name="Needed">Samples without which it means nothing.</param>
internal sealed record NumberMetric(
    string Name, MetricUnit Unit, bool PerOperation, string Includes, Func<PhaseTotals, OperationTotals, Measurement> Value, long Needed)
    : Metric(Name, Unit, MoreIsBetter: true, PerOperation, Includes)
{
    /// <inheritdoc/>
    public override Measurement Measure(PhaseTotals hold, OperationTotals operation, Statistic? statistic) => Value(hold, operation);

    /// <inheritdoc/>
    public override long SamplesNeeded(Statistic? statistic, double limit) => Needed;
}
