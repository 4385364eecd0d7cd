namespace Loadline.Recording;

/// <summary>What a run shows while it goes on: the last whole second, and everything so far.</summary>
/// <param name="Second">The last whole second since the run's start; −1 before the first.</param>
/// <param name="Users">Active users.</param>
/// <param name="Operations">Operation by operation, in the plan's order.</param>
public sealed record LiveSnapshot(long Second, int Users, IReadOnlyList<LiveOperation> Operations)
{
    /// <summary>Exchanges that ended in the last whole second.</summary>
    public long PerSecond => Operations.Sum(operation => operation.Now.Count);

    /// <summary>Exchanges so far.</summary>
    public long Count => Operations.Sum(operation => operation.Total.Count);

    /// <summary>Exchanges so far that failed or timed out.</summary>
    public long Errors => Operations.Sum(operation => operation.Total.Errors);
}

/// <summary>One operation of a live view.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Now">The last whole second.</param>
/// <param name="Total">Everything so far.</param>
public sealed record LiveOperation(string Name, LiveFigures Now, LiveFigures Total);

/// <summary>Figures over some time; response times in seconds, of ok and degraded exchanges, null where there were none.</summary>
/// <param name="Count">Exchanges.</param>
/// <param name="Errors">Those that failed or timed out.</param>
/// <param name="P50">Median response time.</param>
/// <param name="P95">95th percentile.</param>
/// <param name="P99">99th percentile.</param>
/// <param name="ServiceP95">95th percentile of the service time, from sending.</param>
/// <param name="Tokens">Tokens received.</param>
public sealed record LiveFigures(long Count, long Errors, double? P50, double? P95, double? P99, double? ServiceP95, long Tokens = 0);
