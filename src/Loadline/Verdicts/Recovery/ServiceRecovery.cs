using Loadline.Recording;
using Loadline.Wire;

namespace Loadline.Verdicts.Recovery;

/// <summary>
/// How long a target takes to be itself again: from a fault's end to the first five seconds in which all objectives hold and answers are no more degraded than before it
/// (one in a hundred, or half as many again as then, may be). The objectives are those of the hold phase that five seconds can answer: not those over windows, other parts
/// of the run or a baseline, nor those of users and of recovery itself. By when exchanges ended, to the second.
/// </summary>
internal static class ServiceRecovery
{
    private const int Length = 5;
    private const double Stray = 0.01, Usual = 1.5;

    /// <summary>Finds it.</summary>
    /// <param name="objectives">All objectives of the plan.</param>
    /// <param name="log">The run's recording.</param>
    /// <param name="before">The span of the hold phase before the fault; null where there is none.</param>
    /// <param name="end">When the fault ended, seconds since the run's start.</param>
    public static FaultFigure Of(IReadOnlyList<ObjectiveLine> objectives, RecordedLog log, string? before, double end)
    {
        var asked = objectives.Where(IsAsked).ToList();
        if (asked.Count == 0)
            return new(null, 0, Unknown: "the plan has no objective of the hold phase that five seconds could answer");
        var degraded = Math.Max(Stray, Usual * (before is null ? 0 : Degraded(log.Sum(new Selection { Span = before }))));
        var first = (long)Math.Ceiling(end);
        var windows = Enumerable.Range(0, Length)
            .SelectMany(offset => log.Windows(new Selection { FromSecond = first + offset }, TimeSpan.FromSeconds(Length)).Where(window => window.Start >= first + offset && window.End - window.Start >= Length - 0.01))
            .OrderBy(window => window.Start);
        var seen = 0;
        var missed = "";
        foreach (var window in windows)
        {
            seen++;
            if (asked.FirstOrDefault(objective => !ObjectiveJudge.HoldsIn(objective, window.Totals)) is { } broken)
                missed = $"{broken.Text} did not";
            else if (Degraded(window.Totals) is var share && share > degraded)
                missed = $"{Judge.Percent(share)} of answers were degraded";
            else
                return new(window.Start - end, window.Totals.All().Counts.Total);
        }
        return seen == 0
            ? new(null, 0, Unknown: $"the hold phase ended less than {Length} s after it")
            : new(null, seen, Failed: $"in none of the {seen} stretches of {Length} s after it was all as before; in the last, {missed}");
    }

    private static double Degraded(PhaseTotals totals) => totals.All().Counts is var counts && counts.Answered > 0 ? (double)counts[Outcome.Degraded] / counts.Answered : 0;

    private static bool IsAsked(ObjectiveLine objective) =>
        objective is { Demand: Demand.Must, Limit: Limit.Fixed or Limit.OfMetric, Scope: { During: null, Over: null, Scenarios: null } }
        && !objective.Metric.AfterTheRun && objective.Metric is not FaultMetric;
}
