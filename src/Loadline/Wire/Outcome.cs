namespace Loadline.Wire;

/// <summary>How an exchange ended. Each has histograms of its own: a failure is never mixed into the latency of successes.</summary>
public enum Outcome
{
    /// <summary>Answered as asked.</summary>
    Ok,

    /// <summary>Answered, and the target said that a part of it was missing.</summary>
    Degraded,

    /// <summary>Refused by a limit: 429, or what the profile calls so.</summary>
    Throttled,

    /// <summary>Anything else: refused connection, error status, error inside a 200, a stream cut before its end, an unreadable body.</summary>
    Failed,

    /// <summary>Not ended within the plan's time-out.</summary>
    TimedOut,
}
