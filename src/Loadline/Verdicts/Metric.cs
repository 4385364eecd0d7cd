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
    public Statistic? Standard { get; init; }

    /// <summary>Whether it is known after the run only: it rests on more than the histograms of the seconds so far.</summary>
    public bool AfterTheRun { get; init; }

    /// <summary>Whether a window in which nothing ended counts as 0 and not as unmeasured, while exchanges ended in other windows.</summary>
    public bool NothingIsZero { get; init; }

    /// <summary>Of a metric of exchanges that there need not be: why it fails that there were none while so many others failed, a clause. Null for all others.</summary>
    public Func<string, string>? WhenNone { get; init; }

    /// <summary>Measures it over a phase or another part of the run.</summary>
    /// <param name="hold">The part.</param>
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

/// <summary>
/// A distribution of times or speeds: its histogram, what the histogram's values are divided by, and whether exchanges that were not answered are missing from it.
/// </summary>
internal sealed record DistributionMetric(
    string Name, MetricUnit Unit, bool MoreIsBetter, bool PerOperation, string Includes, double Scale, Func<PhaseTotals, OperationTotals, LongHistogram?> Of, bool OverAnswered)
    : Metric(Name, Unit, MoreIsBetter, PerOperation, Includes)
{
    /// <inheritdoc/>
    public override bool IsDistribution => true;

    /// <summary>How many were asked and how many of them are missing from the histogram; null for the exchanges of the operation.</summary>
    public Func<OperationTotals, (long Asked, long Unanswered)>? AskedOf { get; init; }

    /// <inheritdoc/>
    public override Measurement Measure(PhaseTotals hold, OperationTotals operation, Statistic? statistic)
    {
        var histogram = Of(hold, operation);
        var (asked, unanswered) = AskedOf is { } of ? of(operation) : OverAnswered ? (operation.Counts.Answered + operation.Counts.Errors, operation.Counts.Errors) : (0, 0);
        return histogram is null
            ? new(null, 0, asked, unanswered)
            : new(statistic!.Take(histogram) / Scale, histogram.TotalCount, asked, unanswered) { Interval = statistic.Interval(histogram, Scale) };
    }

    /// <inheritdoc/>
    public override long SamplesNeeded(Statistic? statistic, double limit) => statistic!.SamplesNeeded;
}

/// <summary>A share, in percent: what is counted, of how many.</summary>
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

/// <summary>One number of the whole phase, and how many samples it needs to mean anything.</summary>
internal sealed record NumberMetric(
    string Name, MetricUnit Unit, bool PerOperation, string Includes, Func<PhaseTotals, OperationTotals, Measurement> Value, long Needed)
    : Metric(Name, Unit, MoreIsBetter: true, PerOperation, Includes)
{
    /// <inheritdoc/>
    public override Measurement Measure(PhaseTotals hold, OperationTotals operation, Statistic? statistic) => Value(hold, operation);

    /// <inheritdoc/>
    public override long SamplesNeeded(Statistic? statistic, double limit) => Needed;
}
