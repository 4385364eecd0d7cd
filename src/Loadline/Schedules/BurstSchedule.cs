namespace Loadline.Schedules;

/// <summary>
/// N arrivals within T, in groups of at least C at once. There are G = ⌊N ÷ C⌋ groups, at 0, T/G, 2T/G, …; arrival i belongs to group ⌊i·G ÷ N⌋, so sizes differ
/// by one at most and none is below C.
/// <code>
/// N = 7, C = 2, T = 6 s:  G = 3    ●●●     ●●      ●●
///                                  0 s     2 s     4 s     6 s
/// </code>
/// </summary>
public sealed class BurstSchedule : Schedule
{
    private readonly long _groups;

    /// <summary>A schedule.</summary>
    /// <param name="requests">How many arrivals; at least 1.</param>
    /// <param name="within">The time that they are spread over; above zero.</param>
    /// <param name="atOnce">The least that come at once; 1 to <paramref name="requests"/>.</param>
    public BurstSchedule(int requests, TimeSpan within, int atOnce)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(requests, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(within, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(atOnce, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(atOnce, requests);
        (Count, Duration, _groups) = (requests, within, requests / atOnce);
    }

    /// <inheritdoc/>
    public override TimeSpan Duration { get; }

    /// <inheritdoc/>
    public override long Count { get; }

    private protected override TimeSpan At(long index) => new((long)((Int128)Duration.Ticks * (index * _groups / Count) / _groups));
}
