namespace Loadline.Plans;

/// <summary>A named stretch of a run, such as a scenario: from <paramref name="Start"/> to just before <paramref name="End"/>, since the run's start.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Start">Its first moment.</param>
/// <param name="End">The first moment after it.</param>
public sealed record PlanSpan(string Name, TimeSpan Start, TimeSpan End)
{
    /// <summary>The name of the hold phase's part before the faults of a name.</summary>
    public static string Before(string fault) => "before:" + fault;

    /// <summary>The name of the hold phase's part after the faults of a name.</summary>
    public static string After(string fault) => "after:" + fault;

    /// <summary>The stretches of a run: each scenario, each fault, and what the hold phase has before and after the faults of a name, where it has any.</summary>
    internal static IReadOnlyList<PlanSpan> Of(IReadOnlyList<Scenario> scenarios, IReadOnlyList<PlanFault> faults)
    {
        var spans = scenarios.Select(scenario => new PlanSpan(scenario.Name, scenario.Start, scenario.End)).Concat(faults.Select(fault => new PlanSpan(fault.Name, fault.At, fault.End))).ToList();
        if (faults.Count == 0)
            return spans;
        var (holdStart, holdEnd, _) = RunPhases.Of(scenarios);
        foreach (var same in faults.GroupBy(fault => fault.Name))
        {
            var (first, last) = (same.Min(fault => fault.At), same.Max(fault => fault.End));
            if (first > holdStart)
                spans.Add(new(Before(same.Key), holdStart, first));
            if (last < holdEnd)
                spans.Add(new(After(same.Key), last, holdEnd));
        }
        return spans;
    }
}
