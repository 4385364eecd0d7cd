namespace Loadline.Plans.Reading;

/// <summary>A plan can't be run as it is. The message lists everything that is wrong with it.</summary>
/// <param name="problems">What is wrong, at least one.</param>
public sealed class PlanException(IReadOnlyList<PlanProblem> problems) : Exception(Text(problems))
{
    /// <summary>What is wrong, in the order of the file.</summary>
    public IReadOnlyList<PlanProblem> Problems { get; } = problems;

    private static string Text(IReadOnlyList<PlanProblem> problems) =>
        string.Join("\n  ", problems.Select(problem => problem.ToString()).Prepend(problems.Count == 1 ? "The plan has a problem:" : $"The plan has {problems.Count} problems:"));
}
