namespace Loadline.Plans;

/// <summary>One of the runs that a plan with <c>variants</c> makes: a value for each of its names, in the plan's order.</summary>
/// <param name="Choices">Names and values; empty for a plan without variants.</param>
public sealed record PlanVariant(IReadOnlyList<(string Name, string Value)> Choices)
{
    /// <summary>Of a plan without variants.</summary>
    public static PlanVariant None { get; } = new([]);

    /// <summary>As <c>--variant</c> has it: <c>service=embedding</c>, several joined by a comma.</summary>
    public string Text => string.Join(", ", Choices.Select(choice => $"{choice.Name}={choice.Value}"));

    /// <summary>The values joined by hyphens: runs are told apart by it.</summary>
    public string Suffix => string.Join('-', Choices.Select(choice => choice.Value));
}
