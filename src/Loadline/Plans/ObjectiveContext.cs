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

    /// <summary>Whether the plan names an earlier run to compare with.</summary>
    public bool HasBaseline { get; init; }
}
