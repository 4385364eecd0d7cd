namespace Loadline.Recording;

/// <summary>The phases of a run.</summary>
public enum Phase
{
    /// <summary>Users start.</summary>
    Up,

    /// <summary>All users are active; objectives judge this phase.</summary>
    Hold,

    /// <summary>Users leave.</summary>
    Down,
}

/// <summary>When the phases of a run begin and end, in nanoseconds since its start.</summary>
/// <param name="HoldStart">The hold phase's first moment.</param>
/// <param name="HoldEnd">The first moment after it.</param>
/// <param name="End">The end of the load.</param>
public readonly record struct PhaseTimes(long HoldStart, long HoldEnd, long End)
{
    /// <summary>From the phases' durations.</summary>
    public static PhaseTimes Of(TimeSpan up, TimeSpan hold, TimeSpan down) =>
        new(Nanoseconds(up), Nanoseconds(up + hold), Nanoseconds(up + hold + down));

    /// <summary>The phase of a moment: what comes after the end is still <see cref="Phase.Down"/>.</summary>
    public Phase At(long nanoseconds) => nanoseconds < HoldStart ? Phase.Up : nanoseconds < HoldEnd ? Phase.Hold : Phase.Down;

    /// <summary>Seconds of a phase that lie before a moment: less than the phase's length when a run was cut short.</summary>
    public double SecondsUntil(Phase phase, long end)
    {
        var (from, to) = phase switch { Phase.Up => (0L, HoldStart), Phase.Hold => (HoldStart, HoldEnd), _ => (HoldEnd, End) };
        return Math.Max(0, Math.Min(to, end) - from) / 1e9;
    }

    private static long Nanoseconds(TimeSpan time) => time.Ticks * 100;
}
