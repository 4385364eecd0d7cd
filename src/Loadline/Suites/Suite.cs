using Loadline.Plans;

namespace Loadline.Suites;

/// <summary>Plans that are run one after another and judged together.</summary>
public sealed record Suite
{
    /// <summary>Lower-case words joined by hyphens; the suite's folder carries it.</summary>
    public required string Name { get; init; }

    /// <summary>One sentence: what the suite is for.</summary>
    public required string Purpose { get; init; }

    /// <summary>How often it is meant to be run, in the words of the file, such as <c>daily</c>; null where the file doesn't say. Nothing runs it by itself.</summary>
    public string? Schedule { get; init; }

    /// <summary>How long to wait between two runs, so that the first one's work is over.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>Whether a run that does not pass ends the suite.</summary>
    public bool StopsOnFailure { get; init; }

    /// <summary>What is run, in order; at least one.</summary>
    public required IReadOnlyList<SuiteEntry> Entries { get; init; }

    /// <summary>The suite that a plan with several variants is.</summary>
    /// <param name="plan">The plan's name or path.</param>
    /// <param name="read">Its variants.</param>
    public static Suite OfVariants(string plan, IReadOnlyList<Plan> read) =>
        new() { Name = read[0].Name, Purpose = read.Select(one => one.Purpose).Distinct().ToList() is [var same] ? same : $"The {read.Count} variants of {read[0].Name}", Entries = [new SuiteEntry { Plan = plan }] };
}

/// <summary>One plan of a suite, and what the suite changes in it.</summary>
public sealed record SuiteEntry
{
    /// <summary>The name of a shipped plan, or a path.</summary>
    public required string Plan { get; init; }

    /// <summary>What its run is called; null for the plan's name.</summary>
    public string? Name { get; init; }

    /// <summary>Replaces the plan's target; null leaves it.</summary>
    public string? Target { get; init; }

    /// <summary>Replaces the plan's users; null leaves them.</summary>
    public string? Users { get; init; }

    /// <summary>Multiplies the plan's durations; null is 1.</summary>
    public string? TimeScale { get; init; }

    /// <summary>Replaces the plan's seed; null leaves it.</summary>
    public string? Seed { get; init; }

    /// <summary>Single values, as <c>--set</c> has them.</summary>
    public IReadOnlyList<string> Set { get; init; } = [];

    /// <summary>The variants that are run, as <c>--variant</c> has them; empty for all.</summary>
    public IReadOnlyList<string> Variant { get; init; } = [];

    /// <summary>Whether the suite ends when this run does not pass; null as the suite says.</summary>
    public bool? StopsOnFailure { get; init; }

    /// <summary>Its place in the suite's file, <c>file:line</c>; empty for a suite that is no file.</summary>
    public string Where { get; init; } = "";
}
