namespace Loadline.Recording;

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

    /// <summary>Median and 95th percentile of the time between tokens; null without a stream.</summary>
    public double? GapP50 { get; init; }

    /// <summary>See <see cref="GapP50"/>.</summary>
    public double? GapP95 { get; init; }

    /// <summary>95th percentile of upload → searchable; null without a sample.</summary>
    public double? SearchableP95 { get; init; }

    /// <summary>Cores used and resident bytes by process; sampled every few seconds.</summary>
    public IReadOnlyDictionary<string, SeriesProcess>? Processes { get; init; }
}

/// <summary>One operation in one second: how its exchanges ended, and percentiles of response time (from due) and service time (from sent) of those answered.</summary>
public sealed record SeriesOperation(
    long Ok, long Degraded, long Throttled, long Failed, long TimedOut, double? P50, double? P95, double? P99,
    double? ServiceP50 = null, double? ServiceP95 = null, double? ServiceP99 = null);

/// <summary>One process at one moment.</summary>
public sealed record SeriesProcess(double CpuCores, long MemoryBytes);
