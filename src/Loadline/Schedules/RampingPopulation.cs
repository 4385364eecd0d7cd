using Loadline.Plans;

namespace Loadline.Schedules;

/// <summary>
/// Users whose number goes up and down in ramps, from 0. User i is there while the level is above i: the level's line crosses i at a time that has a closed
/// form, so a user's times come from its index alone. Whoever came last leaves first, and may come again.
/// <code>
/// level
///   3 |          ____            user 2:          ├───┤
///   2 |    _____/    \           user 1:    ├──────────┤
///   1 |  /            \          user 0:  ├──────────────┤
///   0 |/_______________\___ t
/// </code>
/// </summary>
public sealed class RampingPopulation : IUserSchedule
{
    private readonly Ramp[] _ramps;

    /// <summary>A population.</summary>
    /// <param name="ramps">The number of users: ramps one after the other, each beginning at the level where the one before it ended, the first at 0.</param>
    public RampingPopulation(IReadOnlyList<Ramp> ramps)
    {
        _ramps = [.. ramps];
        Users = (int)Math.Ceiling(_ramps.Max(ramp => Math.Max(ramp.From, ramp.To)));
        Duration = new TimeSpan(_ramps.Sum(ramp => ramp.For.Ticks));
    }

    /// <inheritdoc/>
    public int Users { get; }

    /// <inheritdoc/>
    public TimeSpan Duration { get; }

    /// <inheritdoc/>
    public IEnumerable<(TimeSpan Start, TimeSpan Stop)> SpansOf(int user)
    {
        var at = 0L;
        long? since = null;
        foreach (var ramp in _ramps)
        {
            if (since is null && ramp.From <= user && ramp.To > user)
                since = at + Crossing(ramp, user);
            else if (since is { } start && ramp.To <= user)
            {
                var stop = at + Crossing(ramp, user);
                since = null;
                if (stop > start)
                    yield return (new TimeSpan(start), new TimeSpan(stop));
            }
            at += ramp.For.Ticks;
        }
        if (since is { } last && at > last)
            yield return (new TimeSpan(last), new TimeSpan(at));
    }

    private static long Crossing(Ramp ramp, int level) =>
        ramp.From == ramp.To ? 0 : (long)Math.Round(ramp.For.Ticks * ((level - ramp.From) / (ramp.To - ramp.From)));
}
