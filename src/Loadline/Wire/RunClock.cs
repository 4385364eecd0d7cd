namespace Loadline.Wire;

/// <summary>Nanoseconds since a run's start on the monotonic clock of a <see cref="TimeProvider"/>. All times of a run come from one of these.</summary>
/// <param name="time">The clock.</param>
/// <param name="start">The run's start, a timestamp of the same clock.</param>
public sealed class RunClock(TimeProvider time, long start)
{
    private readonly double _nanosecondsPerTick = 1e9 / time.TimestampFrequency;
    private readonly bool _exact = time.TimestampFrequency == 1_000_000_000;

    /// <summary>A run that starts now.</summary>
    public RunClock(TimeProvider time)
        : this(time, time.GetTimestamp())
    {
    }

    /// <summary>The clock; timers are made from it too.</summary>
    public TimeProvider Time { get; } = time;

    /// <summary>Nanoseconds since the start.</summary>
    public long Now
    {
        get
        {
            var ticks = Time.GetTimestamp() - start;
            return _exact ? ticks : (long)(ticks * _nanosecondsPerTick);
        }
    }

    /// <summary>A duration in nanoseconds.</summary>
    public static long Nanoseconds(TimeSpan duration) => duration.Ticks * 100;
}
