namespace Rag.Host.Supervising;

/// <summary>How long to wait before a restart: 0.2 s, doubled with each one up to 5 s; anew after a process was ready for 10 s.</summary>
internal sealed class Backoff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Recovered = TimeSpan.FromSeconds(10);

    private TimeSpan _next = First;

    /// <summary>The wait before the next restart.</summary>
    /// <param name="ready">How long the process that ended had been ready.</param>
    public TimeSpan Next(TimeSpan ready)
    {
        var wait = ready >= Recovered ? First : _next;
        _next = wait * 2 < Longest ? wait * 2 : Longest;
        return wait;
    }
}
