namespace Rag.Host.Supervising;

/// <summary>How long to wait before a restart: 0.2 s, doubled with each one up to <paramref name="longest"/>; anew after a process was ready for 10 s.</summary>
/// <param name="longest">The longest wait; 5 s where nothing else is said.</param>
internal sealed class Backoff(TimeSpan? longest = null)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan Recovered = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _longest = longest ?? SupervisionRules.UsualLongestRestartWait;
    private TimeSpan _next = First;

    /// <summary>The wait before the next restart.</summary>
    /// <param name="ready">How long the process that ended had been ready.</param>
    public TimeSpan Next(TimeSpan ready)
    {
        var wait = ready >= Recovered ? First : _next;
        _next = wait * 2 < _longest ? wait * 2 : _longest;
        return wait;
    }
}
