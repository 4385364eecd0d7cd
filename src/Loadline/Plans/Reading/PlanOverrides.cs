namespace Loadline.Plans.Reading;

/// <summary>What the command line changes in a plan; checked by the same rules as the file.</summary>
public sealed record PlanOverrides
{
    /// <summary>Nothing is changed.</summary>
    public static PlanOverrides None { get; } = new();

    /// <summary><c>path=value</c> replaces (<c>load.users=500</c>), <c>objectives+=line</c> adds; the values of <c>--set</c> in order.</summary>
    public IReadOnlyList<string> Set { get; init; } = [];

    /// <summary>Replaces <c>target</c>; null leaves it.</summary>
    public string? Target { get; init; }

    /// <summary>Replaces <c>baseline</c>; null leaves it.</summary>
    public string? Baseline { get; init; }

    /// <summary>Replaces <c>load.users</c>; of a plan with stages or scenarios the users of closed loads are multiplied, so that the highest level, or their sum, is this. Null leaves it.</summary>
    public string? Users { get; init; }

    /// <summary>Replaces <c>seed</c>; null leaves it.</summary>
    public string? Seed { get; init; }

    /// <summary><c>name=value</c> of the plan's variants, each of which leaves out the others of that name; empty runs them all.</summary>
    public IReadOnlyList<string> Variant { get; init; } = [];

    /// <summary>Multiplies the phases' durations, and nothing else: not rates, think times or time-outs. Null is 1.</summary>
    public string? TimeScale { get; init; }
}
