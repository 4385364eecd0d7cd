namespace Loadline.Recording;

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
