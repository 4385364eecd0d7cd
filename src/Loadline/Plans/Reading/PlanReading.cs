namespace Loadline.Plans.Reading;

/// <summary>What reading a plan gave: the plan, or everything that is wrong with it.</summary>
/// <param name="Plan">The plan; null when there is a problem.</param>
/// <param name="Problems">All problems, in the order of the file, those of options last.</param>
public sealed record PlanReading(Plan? Plan, IReadOnlyList<PlanProblem> Problems);
