namespace Loadline.Plans;

/// <summary>
/// What a user does whose request was refused, failed or timed out: waits, and tries again. A 4xx other than a limit's is a mistake that another try would
/// repeat, so it isn't tried again.
/// </summary>
/// <param name="Attempts">How often a request is tried in all, the first time included; at least 1.</param>
/// <param name="Backoff">The wait before the second try, and the longest: each wait is twice the one before it.</param>
/// <param name="Jitter">How much of that wait is left to chance.</param>
/// <param name="LongestRetryAfter">A <c>Retry-After</c> takes the place of the backoff, up to this; zero ignores it.</param>
public sealed record RetryPolicy(int Attempts, Backoff Backoff, Jitter Jitter, TimeSpan LongestRetryAfter)
{
    /// <summary>How long to wait before the next try.</summary>
    /// <param name="attempt">The try that failed, from 1.</param>
    /// <param name="retryAfter">What the target asked for, or null.</param>
    /// <param name="random">The user's own numbers.</param>
    public TimeSpan Wait(int attempt, TimeSpan? retryAfter, Random random)
    {
        if (retryAfter is { } asked && asked > TimeSpan.Zero && LongestRetryAfter > TimeSpan.Zero)
            return asked < LongestRetryAfter ? asked : LongestRetryAfter;
        var seconds = Math.Min(Backoff.Longest.TotalSeconds, Backoff.First.TotalSeconds * Math.Pow(2, attempt - 1));
        return TimeSpan.FromSeconds(Jitter switch
        {
            Jitter.Full => seconds * random.NextDouble(),
            Jitter.Half => seconds * (0.5 + (0.5 * random.NextDouble())),
            _ => seconds,
        });
    }
}

/// <summary>The first and the longest wait of a <see cref="RetryPolicy"/>.</summary>
/// <param name="First">Before the second try.</param>
/// <param name="Longest">Waits double up to this.</param>
public sealed record Backoff(TimeSpan First, TimeSpan Longest);

/// <summary>How much of a wait is left to chance, so that users who failed together don't come again together (Brooker, "Exponential Backoff And Jitter", 2015).</summary>
public enum Jitter
{
    /// <summary>All of it: anything from nothing to the wait.</summary>
    Full,

    /// <summary>Half of it: anything from half the wait to the wait.</summary>
    Half,

    /// <summary>Nothing: the wait as it is.</summary>
    None,
}
