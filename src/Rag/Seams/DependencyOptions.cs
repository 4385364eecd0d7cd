namespace Rag.Seams;

/// <summary>How this process treats one service that it calls: configuration section <c>seams:SERVICE</c>, over <c>seams</c> for all.</summary>
public sealed record DependencyOptions
{
    /// <summary>Calls in flight, <c>concurrency</c>; 1–100,000. Default by service, see <see cref="SeamOptions.Services"/>.</summary>
    public int Concurrency { get; init; } = 256;

    /// <summary>The most work that may wait, in time, <c>queue_ms</c>; 0–10,000 ms. Default 300 ms. A call that would wait for longer is refused at once.</summary>
    public TimeSpan QueueTime { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>The most calls that may wait, <c>queue_limit</c>; 0–100,000. Default 1,024.</summary>
    public int QueueLimit { get; init; } = 1_024;

    /// <summary>In place of each call's own cap, <c>cap_ms</c>; 1–600,000 ms. Default null: each call's own.</summary>
    public TimeSpan? Cap { get; init; }

    /// <summary>How far back the breaker looks, <c>breaker_sampling_ms</c>; 1,000–60,000 ms. Default 4 s: after an hour of health, an outage outweighs it within that.</summary>
    public TimeSpan BreakerSampling { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>The share of failures that opens it, <c>breaker_ratio</c>; over 0 to 1. Default 0.5.</summary>
    public double BreakerRatio { get; init; } = 0.5;

    /// <summary>The fewest calls in that time that it judges by, <c>breaker_calls</c>; 2–1,000. Default 3, so that one call a second is enough.</summary>
    public int BreakerCalls { get; init; } = 3;

    /// <summary>How long it stays open at first, <c>breaker_pause_ms</c>; 500–60,000 ms. Default 1 s, doubled while probes fail.</summary>
    public TimeSpan BreakerPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long at most, <c>breaker_longest_pause_ms</c>; 500–300,000 ms. Default 5 s.</summary>
    public TimeSpan BreakerLongestPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Retries per hundred calls, <c>retry_percent</c>; 0–100. Default 10.</summary>
    public int RetryPercent { get; init; } = 10;

    /// <summary>Second attempts at slow calls per hundred calls, <c>hedge_percent</c>; 0–100. Default 5.</summary>
    public int HedgePercent { get; init; } = 5;
}
