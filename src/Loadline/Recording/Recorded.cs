namespace Loadline.Recording;

/// <summary>Everything that a run recorded, phase by phase.</summary>
/// <param name="Operations">The operations, in the plan's order.</param>
/// <param name="Times">The planned phases.</param>
/// <param name="EndedAt">When the load ended, nanoseconds since its start; before <see cref="PhaseTimes.End"/> the run was cut short.</param>
/// <param name="Up">Of users starting.</param>
/// <param name="Hold">Of the phase that objectives judge.</param>
/// <param name="Down">Of users leaving.</param>
public sealed record Recorded(IReadOnlyList<string> Operations, PhaseTimes Times, long EndedAt, PhaseTotals Up, PhaseTotals Hold, PhaseTotals Down)
{
    /// <summary>Operation by operation over the hold phase.</summary>
    public IReadOnlyList<OperationSummary> Summaries() => [.. Hold.Operations.Select(operation => operation.Summary(Hold.Seconds))];
}
