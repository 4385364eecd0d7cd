using Loadline.Recording;

namespace Loadline.Runs;

/// <summary>What a run found: <c>summary.json</c>. Everything that is rendered later comes from this file and its neighbours in the run folder.</summary>
public sealed record RunSummary
{
    /// <summary>Version of this file's format; grows when a reader of the old one would misread.</summary>
    public int SchemaVersion { get; init; } = 1;

    /// <summary>The run's name: plan, UTC time and a short random part.</summary>
    public required string Id { get; init; }

    /// <summary>Which Loadline wrote it.</summary>
    public required string LoadlineVersion { get; init; }

    /// <summary>The plan as it ran.</summary>
    public required PlanSummary Plan { get; init; }

    /// <summary>Where it ran.</summary>
    public required EnvironmentSummary Environment { get; init; }

    /// <summary>When the run began, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When the load ended, UTC.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>PASS, WARN, FAIL or INVALID.</summary>
    public required string Verdict { get; init; }

    /// <summary>Why, in one sentence.</summary>
    public required string Because { get; init; }

    /// <summary>Objective by objective, in the plan's order.</summary>
    public required IReadOnlyList<ObjectiveSummary> Objectives { get; init; }

    /// <summary>Phases of the load, seconds since the run's start.</summary>
    public required IReadOnlyList<PhaseSummary> Phases { get; init; }

    /// <summary>Scenario by scenario, in the plan's order, over the whole run.</summary>
    public IReadOnlyList<ScenarioSummary> Scenarios { get; init; } = [];

    /// <summary>Every metric over the hold phase, by its catalogue name (<c>query.p95</c>, <c>rps</c>…).</summary>
    public required IReadOnlyDictionary<string, MetricSummary> Metrics { get; init; }

    /// <summary>Operation by operation over the hold phase.</summary>
    public required IReadOnlyList<OperationSummary> Operations { get; init; }

    /// <summary>What was noticed and doesn't change the verdict.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}

/// <summary>The plan as it ran.</summary>
public sealed record PlanSummary(
    string Name, string Purpose, string Target, ulong Seed, int Users, double DurationSeconds, double TimeScale,
    IReadOnlyDictionary<string, string> Settings, IReadOnlyDictionary<string, double> Mix, string CommandLine)
{
    /// <summary>The load in a few words, such as <c>1,000 users</c> or <c>120/s (poisson arrivals), at most 2,000 users at once</c>; null in runs of old.</summary>
    public string? Load { get; init; }
}

/// <summary>One scenario over the whole run.</summary>
/// <param name="Name">Its name; <c>default</c> where the plan names none.</param>
/// <param name="Load">What it did, in a few words.</param>
/// <param name="Tags">The plan's words for it.</param>
/// <param name="Start">When it began, seconds since the run's start.</param>
/// <param name="End">The first moment after it, seconds since the run's start.</param>
/// <param name="Exchanges">Exchanges sent, every try counted.</param>
/// <param name="LateByOneMillisecond">Exchanges that the load generator itself sent more than 1 ms late; waits for a free user don't count.</param>
/// <param name="LateByTenMilliseconds">Those that were more than 10 ms late.</param>
/// <param name="Arrivals">What became of the arrivals of an open load; null for a closed one.</param>
public sealed record ScenarioSummary(
    string Name, string Load, IReadOnlyDictionary<string, string> Tags, double Start, double End, long Exchanges,
    long LateByOneMillisecond, long LateByTenMilliseconds, ArrivalSummary? Arrivals);

/// <summary>The arrivals of an open load.</summary>
/// <param name="Offered">How many were due.</param>
/// <param name="Sent">How many a user took.</param>
/// <param name="Dropped">How many were dropped, because too many waited for a user, or because the load was over.</param>
/// <param name="Waited">How many of those sent waited for a user, all having been busy.</param>
/// <param name="LongestWaitSeconds">The longest that one waited.</param>
public sealed record ArrivalSummary(long Offered, long Sent, long Dropped, long Waited, double LongestWaitSeconds);

/// <summary>Where it ran. No host names, no paths.</summary>
public sealed record EnvironmentSummary(
    string Os, string Runtime, int Cores, long MemoryBytes, IReadOnlyList<ProcessSummary> Processes);

/// <summary>One process of the run over the hold phase.</summary>
/// <param name="Name"><c>loadline</c>, <c>llm</c>, and <c>rag</c> or, of the target <c>services</c>, <c>rag up</c> and each service.</param>
/// <param name="CpuCores">Mean cores used.</param>
/// <param name="MemoryStartBytes">Resident memory as the hold phase began (median of its first tenth).</param>
/// <param name="MemoryEndBytes">Resident memory as it ended (median of its last tenth).</param>
/// <param name="MemoryPeakBytes">The most seen.</param>
public sealed record ProcessSummary(string Name, double CpuCores, long MemoryStartBytes, long MemoryEndBytes, long MemoryPeakBytes);

/// <summary>One objective and what became of it.</summary>
/// <param name="Text">As written.</param>
/// <param name="Metric">The metric's catalogue name.</param>
/// <param name="Value">The measured value in the metric's unit; null when there was nothing to measure.</param>
/// <param name="Limit">The limit in the metric's unit.</param>
/// <param name="Unit"><c>s</c>, <c>tok/s</c>, <c>%</c>, <c>1/s</c>, <c>users</c>…</param>
/// <param name="Samples">How many samples the value rests on.</param>
/// <param name="Result">PASS, WARN, FAIL or INVALID.</param>
/// <param name="Reason">Why it is not PASS, or null.</param>
public sealed record ObjectiveSummary(
    string Text, string Metric, double? Value, double Limit, string Unit, long Samples, string Result, string? Reason);

/// <summary>A phase: <c>up</c>, <c>hold</c>, <c>down</c>; seconds since the run's start.</summary>
public sealed record PhaseSummary(string Name, double Start, double End);

/// <summary>A metric's value, unit and number of samples.</summary>
public sealed record MetricSummary(double Value, string Unit, long Samples);
