namespace Loadline.Faults.Proxy;

/// <summary>The time of a proxy, in ticks of 100 ns since its start.</summary>
internal sealed class ProxyClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    internal TimeProvider Time => time;

    internal long Now => time.GetElapsedTime(_start).Ticks;

    internal ITimer CreateTimer(Action onTime) =>
        time.CreateTimer(static state => ((Action)state!)(), onTime, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>Sets a timer for a time; the system's timers count whole milliseconds, so it is rounded up to the next one.</summary>
    internal void Set(ITimer timer, long due)
    {
        var wait = due == Behaviour.Never ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling((due - Now) / (double)TimeSpan.TicksPerMillisecond), 0, uint.MaxValue - 2.0));
        timer.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
