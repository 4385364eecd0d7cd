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
    /// <summary>The part of the hold phase that is a warm-up: recorded, and left out of everything that is judged and of <see cref="Metrics"/> and <see cref="Operations"/>; null for none.</summary>
    public WarmUpSummary? WarmUp { get; init; }

    /// <summary>What the load generator saw of itself, rule by rule; empty in runs of older Loadlines.</summary>
    public IReadOnlyList<GeneratorSummary> Generator { get; init; } = [];

    /// <summary>The faults that were injected, in the order in which they were due, and how the target got over them.</summary>
    public IReadOnlyList<FaultSummary> Faults { get; init; } = [];

    /// <summary>When a person held the load; the run is INVALID then.</summary>
    public IReadOnlyList<PauseSummary> Pauses { get; init; } = [];

    /// <summary>The run that this one was compared with; null for none.</summary>
    public string? Baseline { get; init; }

    /// <summary>Every metric over the hold phase, by its catalogue name (<c>query.p95</c>, <c>rps</c>…).</summary>
    public required IReadOnlyDictionary<string, MetricSummary> Metrics { get; init; }

    /// <summary>What the target told of itself over the hold phase, by metric and by what it is of; empty without probes.</summary>
    public IReadOnlyList<InsideSummary> Inside { get; init; } = [];

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
/// <param name="Os">The operating system.</param>
/// <param name="Runtime">The .NET runtime.</param>
/// <param name="Cores">Cores by affinity.</param>
/// <param name="MemoryBytes">Memory that the process may use.</param>
/// <param name="Processes">Processes of the run over the hold phase.</param>
/// <param name="Calibration">What the load generator can do on this machine; null when it was not calibrated.</param>
public sealed record EnvironmentSummary(
    string Os, string Runtime, int Cores, long MemoryBytes, IReadOnlyList<ProcessSummary> Processes, CalibrationSummary? Calibration = null)
{
    /// <summary>Which client spoke to the target; see <see cref="Loadline.Wire.Wires.NameOf"/>. Null in runs of before it was told.</summary>
    public string? Wire { get; init; }
}

/// <summary>What the load generator can do, measured before the load against a server that answers at once.</summary>
/// <param name="RequestsPerSecond">Plain exchanges a second, the server on the same cores.</param>
/// <param name="ServiceFloor">Seconds of one exchange, median: no service time below can be told from nothing.</param>
/// <param name="IdleLag">Seconds that an idle generator sends late, at the 99th percentile.</param>
public sealed record CalibrationSummary(double RequestsPerSecond, double ServiceFloor, double IdleLag);

/// <summary>One fault.</summary>
/// <param name="Name">Its name; several of one name are the same fault again.</param>
/// <param name="What">What it did, a clause.</param>
/// <param name="Start">When it was in force, seconds since the run's start; null when it was not injected.</param>
/// <param name="End">When it was undone.</param>
/// <param name="Trigger">How long it left users hanging, seconds (<c>breaker.trigger</c>).</param>
/// <param name="Recovery">How long the target took to be itself again, seconds (<c>recovery</c>).</param>
/// <param name="Drain">How long what it dammed up took to run off, seconds (<c>queue.drain</c>).</param>
/// <param name="Notes">Why a figure is not there, a clause each, and what went wrong with the fault itself.</param>
public sealed record FaultSummary(string Name, string What, double? Start, double? End, double? Trigger, double? Recovery, double? Drain, IReadOnlyList<string> Notes);

/// <summary>A pause: seconds since the run's start.</summary>
public sealed record PauseSummary(double Start, double End);

/// <summary>A warm-up: seconds since the run's start.</summary>
/// <param name="Start">The hold phase's first moment.</param>
/// <param name="End">The first second behind it.</param>
/// <param name="Why">What was different before, a clause.</param>
/// <param name="IsOver">False when the load had not settled within the quarter of the phase that a warm-up may take.</param>
public sealed record WarmUpSummary(double Start, double End, string Why, bool IsOver);

/// <summary>One rule of how the load generator may behave.</summary>
/// <param name="Name">What is looked at.</param>
/// <param name="Value">What was measured.</param>
/// <param name="Limit">The most that is allowed.</param>
/// <param name="Unit"><c>s</c>, <c>%</c> or <c>cores</c>.</param>
/// <param name="Kept">Whether the limit was kept; otherwise the run is INVALID.</param>
public sealed record GeneratorSummary(string Name, double Value, double Limit, string Unit, bool Kept);

/// <summary>A 95 % confidence interval of a percentile, in its metric's unit.</summary>
public sealed record IntervalSummary(double Low, double High);

/// <summary>One process of the run over the hold phase.</summary>
/// <param name="Name"><c>loadline</c>, <c>llm</c>, and <c>rag</c> or, of the target <c>services</c>, <c>rag up</c> and each service.</param>
/// <param name="CpuCores">Mean cores used.</param>
/// <param name="MemoryStartBytes">Resident memory as the hold phase began (median of its first tenth).</param>
/// <param name="MemoryEndBytes">Resident memory as it ended (median of its last tenth).</param>
/// <param name="MemoryPeakBytes">The most seen.</param>
public sealed record ProcessSummary(string Name, double CpuCores, long MemoryStartBytes, long MemoryEndBytes, long MemoryPeakBytes);

/// <summary>A metric that only the target or its machine can tell, over the hold phase.</summary>
/// <param name="Metric">Its catalogue name.</param>
/// <param name="Of">What it is of, such as <c>service:embedding</c>; null for all parts together.</param>
/// <param name="Unit"><c>s</c>, <c>%</c>, <c>B</c>, <c>cores</c>…</param>
/// <param name="Min">The least of its looks; null of times.</param>
/// <param name="Mean">Of growth over all of the phase, of levels over the looks.</param>
/// <param name="P95">Of times the 95th percentile of the values, otherwise of the looks; null when it lies above the target's last bucket.</param>
/// <param name="Max">The greatest of its looks; null of times.</param>
/// <param name="Samples">Looks, lookups or values that it rests on.</param>
public sealed record InsideSummary(string Metric, string? Of, string Unit, double? Min, double Mean, double? P95, double? Max, long Samples);

/// <summary>One objective and what became of it.</summary>
/// <param name="Text">As written.</param>
/// <param name="Metric">The metric's catalogue name.</param>
/// <param name="Value">The measured value in the metric's unit; null when there was nothing to measure.</param>
/// <param name="Limit">The limit in the metric's unit; null when it rests on what was not measured, such as a baseline without that metric.</param>
/// <param name="Unit"><c>s</c>, <c>tok/s</c>, <c>%</c>, <c>1/s</c>, <c>users</c>…</param>
/// <param name="Samples">How many samples the value rests on.</param>
/// <param name="Result">PASS, WARN, FAIL or INVALID.</param>
/// <param name="Reason">Why it is not PASS, or null.</param>
/// <param name="Interval">The value's 95 % confidence interval, of percentiles with enough samples.</param>
public sealed record ObjectiveSummary(
    string Text, string Metric, double? Value, double? Limit, string Unit, long Samples, string Result, string? Reason, IntervalSummary? Interval = null);

/// <summary>A phase: <c>up</c>, <c>hold</c>, <c>down</c>; seconds since the run's start.</summary>
public sealed record PhaseSummary(string Name, double Start, double End);

/// <summary>A metric's value, unit, number of samples and, of percentiles with enough of them, 95 % confidence interval.</summary>
public sealed record MetricSummary(double Value, string Unit, long Samples, IntervalSummary? Interval = null);
