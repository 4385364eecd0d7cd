namespace Rag.Errors;

/// <summary>
/// When to log a trouble that comes with every request while it lasts: at once, then every ten seconds with how often it came. A line each time would cost more
/// than the trouble. Safe for concurrent use.
/// </summary>
internal sealed class RepeatedWarning(TimeProvider time)
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(10);

    private long _saidAt = long.MinValue;
    private long _times;

    /// <summary>Counts it once more.</summary>
    /// <param name="times">How often it has come since it was last said, this time included.</param>
    /// <returns>Whether it is to be said now.</returns>
    public bool IsDue(out long times)
    {
        times = Interlocked.Increment(ref _times);
        var said = Volatile.Read(ref _saidAt);
        if ((said != long.MinValue && time.GetElapsedTime(said) < Between) || Interlocked.CompareExchange(ref _saidAt, time.GetTimestamp(), said) != said)
            return false;
        times = Interlocked.Exchange(ref _times, 0);
        return true;
    }
}
