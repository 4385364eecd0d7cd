namespace Loadline.Plans.Reading;

/// <summary>What reading a plan gave: the plan, or everything that is wrong with it.</summary>
/// <param name="Plan">The plan, of one with variants the first that is asked for; null when there is a problem.</param>
/// <param name="Problems">All problems, in the order of the file, those of options last.</param>
public sealed record PlanReading(Plan? Plan, IReadOnlyList<PlanProblem> Problems)
{
    /// <summary>Every run of a plan with variants, in order; of any other plan the plan alone. Empty when there is a problem.</summary>
    public IReadOnlyList<Plan> Plans { get => field ?? (Plan is null ? [] : [Plan]); init; }
}
