using Loadline.Users;

namespace Loadline.Runs;

/// <summary>What there is to tell of a moment of a run beside what recording shows: pauses, exchanges in hand, objectives so far.</summary>
internal sealed class RunMoment(PopulationGauges gauges, PauseGate pauses, RunningJudgement judgement)
{
    private (IReadOnlyList<ObjectiveSummary> Objectives, IReadOnlyList<GeneratorSummary> Generator) _judged = ([], []);

    /// <summary>Completes the progress of a moment.</summary>
    /// <param name="progress">What recording shows.</param>
    /// <param name="judge">Whether to judge anew; otherwise what was judged last stands.</param>
    public RunProgress Complete(RunProgress progress, bool judge)
    {
        if (judge)
            _judged = judgement.Look();
        return progress with { IsPaused = pauses.IsPaused, Pauses = RunSummaries.Pauses(pauses.Pauses), InFlight = gauges.InFlight, Objectives = _judged.Objectives, Generator = _judged.Generator };
    }
}
