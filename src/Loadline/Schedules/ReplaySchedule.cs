namespace Loadline.Schedules;

/// <summary>The arrivals of a recorded trace, each at its own time.</summary>
public sealed class ReplaySchedule : Schedule
{
    private readonly TimeSpan[] _times;

    /// <summary>A schedule.</summary>
    /// <param name="times">When each arrival is due, in order.</param>
    /// <param name="length">The length of the load; after the last arrival.</param>
    public ReplaySchedule(IReadOnlyList<TimeSpan> times, TimeSpan length)
    {
        _times = [.. times];
        for (var i = 1; i < _times.Length; i++)
            ArgumentOutOfRangeException.ThrowIfLessThan(_times[i], _times[i - 1], nameof(times));
        if (_times.Length > 0)
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(length, _times[^1]);
        Duration = length;
    }

    /// <inheritdoc/>
    public override TimeSpan Duration { get; }

    /// <inheritdoc/>
    public override long Count => _times.Length;

    private protected override TimeSpan At(long index) => _times[index];
}
