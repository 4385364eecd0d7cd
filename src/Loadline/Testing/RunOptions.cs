namespace Loadline.Testing;

/// <summary>What a test changes in a plan, and what the run needs that no plan holds. The options of <c>loadline run</c>, by the same rules.</summary>
public sealed record RunOptions
{
    /// <summary>
    /// The target in place of the plan's: a URL, a shipped profile's name, a profile's path, <c>PROFILE@URL</c>, <c>code</c> when every operation is C#, or
    /// <c>embedded</c> or <c>services</c>, which need <c>LOADLINE_HOME</c>. Null leaves the plan's.
    /// </summary>
    public string? Target { get; init; }

    /// <summary>Users at the height of the test; null leaves the plan's.</summary>
    public int? Users { get; init; }

    /// <summary>What the phases' durations are multiplied by, not rates or think times; null is 1.</summary>
    public double? TimeScale { get; init; }

    /// <summary>The seed of everything random; null leaves the plan's.</summary>
    public ulong? Seed { get; init; }

    /// <summary>An earlier run's folder or <c>summary.json</c>, for objectives against <c>baseline</c>; null leaves the plan's.</summary>
    public string? Baseline { get; init; }

    /// <summary>Which run of a plan with variants: <c>name=value</c> for each of its names; empty for a plan without.</summary>
    public IReadOnlyList<string> Variant { get; init; } = [];

    /// <summary>Changes of single values, such as <c>load.timeout=10s</c>, and further objectives, such as <c>objectives+=query.p99 &lt; 5s</c>.</summary>
    public IReadOnlyList<string> Set { get; init; } = [];

    /// <summary>Operations that are C# code, by name, in place of the target's own of that name or beside them.</summary>
    public IDictionary<string, CodeOperation> Operations { get; init; } = new Dictionary<string, CodeOperation>(StringComparer.Ordinal);

    /// <summary>The run folder to make; it must not exist, or be empty. Null makes <c>runs/PLAN-TIME</c> in the working directory.</summary>
    public string? Folder { get; init; }

    /// <summary>The key that may create users at a target that issues keys; null takes that of the environment variable <c>LOADLINE_ADMIN_KEY</c>.</summary>
    public string? AdminKey { get; init; }

    /// <summary>Takes the run's progress, a line at a time, such as the test's output; null for silence.</summary>
    public Action<string>? Output { get; init; }

    /// <summary>Whether to measure before the load what the load generator can do on this machine: two seconds. Default true.</summary>
    public bool Calibrate { get; init; } = true;
}
