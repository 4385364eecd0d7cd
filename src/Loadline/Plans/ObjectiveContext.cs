namespace Loadline.Plans;

/// <summary>What the objectives of a plan may name.</summary>
/// <param name="Operations">The operations of the plan's mixes.</param>
public sealed record ObjectiveContext(IReadOnlyCollection<string> Operations)
{
    /// <summary>Tags (name → value) of each scenario, by the scenario's name. A plan with one unnamed load has <c>default</c>, without tags.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Scenarios { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, string>> { ["default"] = new Dictionary<string, string>() };

    /// <summary>Names of stretches of the run beside its phases, for <c>during NAME</c>.</summary>
    public IReadOnlyCollection<string> Spans { get; init; } = [];

    /// <summary>Names of the plan's faults, for <c>before NAME</c>, <c>after NAME</c> and metrics of recovery; each is one of <see cref="Spans"/>.</summary>
    public IReadOnlyCollection<string> Faults { get; init; } = [];

    /// <summary>Metrics that the target or its machine tells of its inside, as far as is known beforehand; null when it isn't.</summary>
    public IReadOnlyCollection<string>? Inside { get; init; }

    /// <summary>Whether the plan names an earlier run to compare with.</summary>
    public bool HasBaseline { get; init; }

    /// <summary>What objectives may name in a plan of these scenarios. The only load of a plan without scenarios is the whole run, and no span of it.</summary>
    /// <param name="operations">The operations of the mixes.</param>
    /// <param name="scenarios">The scenarios.</param>
    /// <param name="faults">The faults.</param>
    /// <param name="hasBaseline">Whether there is an earlier run to compare with.</param>
    internal static ObjectiveContext Of(IEnumerable<string> operations, IReadOnlyList<Scenario> scenarios, IReadOnlyList<PlanFault> faults, bool hasBaseline) => new([.. operations])
    {
        Scenarios = scenarios.DistinctBy(scenario => scenario.Name).ToDictionary(scenario => scenario.Name, scenario => scenario.Tags),
        Spans = scenarios.Count == 0 ? [] : [.. PlanSpan.Of(scenarios, faults).Select(span => span.Name).Where(name => name != Scenario.Default).Distinct()],
        Faults = [.. faults.Select(fault => fault.Name).Distinct()],
        HasBaseline = hasBaseline,
    };
}
