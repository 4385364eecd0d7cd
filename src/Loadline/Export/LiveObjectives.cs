using Loadline.Plans;
using Loadline.Recording;
using Loadline.Verdicts;

namespace Loadline.Export;

/// <summary>
/// Whether the objectives hold over the hold phase so far: those that the exchanges recorded so far can answer. What is of a window, a fault, the target's inside or the end of
/// the run is told with the verdict only. Memory: one set of totals.
/// </summary>
internal sealed class LiveObjectives
{
    private readonly IReadOnlyList<ObjectiveLine> _objectives;
    private readonly PhaseTotals _hold;

    public LiveObjectives(Plan plan)
    {
        var context = ObjectiveContext.Of(plan.Load.Mix.Keys, plan.Scenarios, plan.Faults, plan.Baseline is not null);
        _objectives = [.. plan.Objectives.Select(objective => Judge.Understand(objective, context)).Where(IsAsked)];
        _hold = new PhaseTotals(Phase.Hold, [.. plan.Load.Mix.Keys]);
    }

    /// <summary>Takes in a second that is over.</summary>
    public void Take(IReadOnlyList<LoggedHistogram> histograms)
    {
        foreach (var histogram in histograms)
            if (histogram.Tag.Phase == Phase.Hold)
                _hold.Add(histogram);
    }

    /// <summary>Each objective that can be answered, and whether it holds.</summary>
    /// <param name="held">How long the hold phase has lasted, seconds.</param>
    public IEnumerable<(string Objective, bool Holds)> Now(double held)
    {
        if (held <= 0)
            yield break;
        _hold.Seconds = held;
        foreach (var objective in _objectives)
            if (objective.Metric.Measure(_hold, Judge.OperationOf(objective.Of, _hold), objective.Statistic).Value is not null)
                yield return (objective.Text, ObjectiveJudge.HoldsIn(objective, _hold));
    }

    private static bool IsAsked(ObjectiveLine objective) =>
        objective is { Demand: Demand.Must or Demand.Should, Limit: Limit.Fixed or Limit.OfMetric, Metric: not FaultMetric and not ToldMetric, Scope: { During: null, Over: null, Scenarios: null, Phase: Phase.Hold } }
        && !objective.Metric.AfterTheRun;
}
