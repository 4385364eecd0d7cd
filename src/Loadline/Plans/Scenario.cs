namespace Loadline.Plans;

/// <summary>One named load of a plan. Scenarios run beside each other or, with <c>after</c>, one when another has ended.</summary>
public sealed record Scenario
{
    /// <summary>What the only load of a plan without scenarios is called.</summary>
    public const string Default = "default";

    /// <summary>Its name; exchanges carry it.</summary>
    public string Name { get; init; } = Default;

    /// <summary>Words that a person gave it, by their names; exchanges can be told apart by them.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>When it begins, since the run's start.</summary>
    public TimeSpan Start { get; init; }

    /// <summary>What it does.</summary>
    public required Load Load { get; init; }

    /// <summary>The first moment after it.</summary>
    public TimeSpan End => Start + Load.Duration;
}
