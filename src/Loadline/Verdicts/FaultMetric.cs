using Loadline.Recording;
using Loadline.Verdicts.Recovery;

namespace Loadline.Verdicts;

/// <summary>How faults were got over: the worst of all of them, or with <c>during NAME</c> of those of one name. Seconds.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Includes">What it includes and what it does not.</param>
/// <param name="Of">Which figure of a fault it is.</param>
internal sealed record FaultMetric(string Name, string Includes, Func<FaultFigures, FaultFigure> Of)
    : Metric(Name, MetricUnit.Seconds, MoreIsBetter: false, PerOperation: false, Includes)
{
    /// <inheritdoc/>
    public override Measurement Measure(PhaseTotals hold, OperationTotals operation, Statistic? statistic) => default;

    /// <inheritdoc/>
    public override long SamplesNeeded(Statistic? statistic, double limit) => 1;

    /// <summary>The worst of some faults; who can't be told is worse than any number, and who was not got over is worse still.</summary>
    public (FaultFigures Fault, FaultFigure Figure)? Worst(IEnumerable<FaultFigures> faults) =>
        faults.Select(fault => ((FaultFigures, FaultFigure)?)(fault, Of(fault))).OrderByDescending(one => Badness(one!.Value.Item2)).FirstOrDefault();

    private static double Badness(FaultFigure figure) => figure switch { { Failed: not null } => double.MaxValue, { Seconds: { } seconds } => seconds, _ => double.MaxValue / 2 };
}
