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
    IReadOnlyDictionary<string, string> Settings, IReadOnlyDictionary<string, double> Mix, string CommandLine);

/// <summary>Where it ran. No host names, no paths.</summary>
public sealed record EnvironmentSummary(
    string Os, string Runtime, int Cores, long MemoryBytes, IReadOnlyList<ProcessSummary> Processes);

/// <summary>One process of the run over the hold phase.</summary>
/// <param name="Name"><c>loadline</c>, <c>rag</c>, <c>llm</c>.</param>
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

/// <summary>One operation over the hold phase; times in seconds.</summary>
public sealed record OperationSummary
{
    /// <summary>The operation's name.</summary>
    public required string Name { get; init; }

    /// <summary>How many exchanges ended so: <c>ok</c>, <c>degraded</c>, <c>throttled</c>, <c>failed</c>, <c>timed_out</c>.</summary>
    public required IReadOnlyDictionary<string, long> Outcomes { get; init; }

    /// <summary>Exchanges per second.</summary>
    public required double PerSecond { get; init; }

    /// <summary>From due to end, of ok and degraded exchanges; null when there were none.</summary>
    public required LatencySummary? ResponseTime { get; init; }

    /// <summary>From sent to end, of the same.</summary>
    public required LatencySummary? ServiceTime { get; init; }

    /// <summary>From due to end, of all the others.</summary>
    public required LatencySummary? FailureTime { get; init; }

    /// <summary>From sent to the first non-empty content, of streams.</summary>
    public LatencySummary? TimeToFirstToken { get; init; }

    /// <summary>Between content events, of streams.</summary>
    public LatencySummary? TimeBetweenTokens { get; init; }

    /// <summary>How often each reason of failure came.</summary>
    public required IReadOnlyDictionary<string, long> Reasons { get; init; }
}

/// <summary>A latency distribution in seconds.</summary>
public sealed record LatencySummary(long Count, double Min, double Mean, double P50, double P90, double P95, double P99, double P999, double Max);

/// <summary>One second of a run: a line of <c>series.jsonl</c>. Latencies in seconds, of ok and degraded exchanges by their end.</summary>
public sealed record SeriesPoint
{
    /// <summary>Seconds since the run's start, whole.</summary>
    public required int T { get; init; }

    /// <summary>Active users.</summary>
    public required int Users { get; init; }

    /// <summary>Operation by operation; those without an exchange in this second are left out.</summary>
    public required IReadOnlyDictionary<string, SeriesOperation> Operations { get; init; }

    /// <summary>Tokens received in this second.</summary>
    public long Tokens { get; init; }

    /// <summary>Median and 95th percentile of the time to first token; null without a stream.</summary>
    public double? TtftP50 { get; init; }

    /// <summary>See <see cref="TtftP50"/>.</summary>
    public double? TtftP95 { get; init; }

    /// <summary>95th percentile of upload → searchable; null without a sample.</summary>
    public double? SearchableP95 { get; init; }

    /// <summary>Cores used and resident bytes by process; sampled every few seconds.</summary>
    public IReadOnlyDictionary<string, SeriesProcess>? Processes { get; init; }
}

/// <summary>One operation in one second.</summary>
public sealed record SeriesOperation(long Ok, long Degraded, long Throttled, long Failed, long TimedOut, double? P50, double? P95, double? P99);

/// <summary>One process at one moment.</summary>
public sealed record SeriesProcess(double CpuCores, long MemoryBytes);

/// <summary>A sampled exchange: a line of <c>exchanges.jsonl</c>. Times in seconds since the run's start; secrets removed.</summary>
/// <param name="Why"><c>slow</c> or <c>failed</c>.</param>
/// <param name="Operation">The operation's name.</param>
/// <param name="User">The user's index.</param>
/// <param name="Outcome">As in <see cref="OperationSummary.Outcomes"/>.</param>
/// <param name="Reason">A short class of failure, or null.</param>
/// <param name="Status">HTTP status, 0 for none.</param>
/// <param name="Due">When it was due.</param>
/// <param name="Sent">When it was sent.</param>
/// <param name="FirstByte">When the response's head came; null if never.</param>
/// <param name="FirstContent">When the first content came; null if never or not streamed.</param>
/// <param name="End">When it ended.</param>
/// <param name="Tokens">Tokens received.</param>
/// <param name="Request">Method, path and body, cut.</param>
/// <param name="Response">Response text, cut.</param>
public sealed record SampledExchange(
    string Why, string Operation, int User, string Outcome, string? Reason, int Status, double Due, double Sent, double? FirstByte,
    double? FirstContent, double End, int Tokens, string? Request, string? Response);
