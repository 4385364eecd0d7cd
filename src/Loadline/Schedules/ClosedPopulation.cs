namespace Loadline.Schedules;

/// <summary>
/// When each user of a closed population comes and goes. Pure: no clock, no state. User i starts at up·i/N and stops at up + hold + down·(i+1)/N, so all are
/// active from the end of <c>up</c> until <c>down</c> begins, the last leaves as the load ends, and whoever came first leaves first.
/// </summary>
/// <remarks>
/// <code>
/// users
///   N |        ____________
///     |      /              \
///     |    /                  \
///   0 |__/______________________\___ t
///      up       hold        down
/// </code>
/// Instants are whole ticks (100 ns), rounded down; <see cref="ActiveAt"/> counts exactly those users with StartOf ≤ t &lt; StopOf (seen in ClosedPopulationTests).
/// </remarks>
public sealed class ClosedPopulation : IUserSchedule
{
    private readonly long _up;
    private readonly long _hold;
    private readonly long _down;

    /// <summary>A population.</summary>
    /// <param name="users">How many; at least 1.</param>
    /// <param name="up">They start evenly spread over this time; zero is all at once.</param>
    /// <param name="hold">All are active.</param>
    /// <param name="down">They stop evenly spread over this time; zero is all at once.</param>
    public ClosedPopulation(int users, TimeSpan up, TimeSpan hold, TimeSpan down)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(users, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(up, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(hold, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(down, TimeSpan.Zero);
        (Users, _up, _hold, _down) = (users, up.Ticks, hold.Ticks, down.Ticks);
    }

    /// <summary>How many users.</summary>
    public int Users { get; }

    /// <summary>up + hold + down.</summary>
    public TimeSpan Duration => new(_up + _hold + _down);

    /// <summary>When a user sends its first request.</summary>
    public TimeSpan StartOf(int user) => new(Share(_up, user));

    /// <summary>From when on a user sends no further request; the exchange in hand is finished.</summary>
    public TimeSpan StopOf(int user) => new(_up + _hold + Share(_down, user + 1));

    /// <inheritdoc/>
    public IEnumerable<(TimeSpan Start, TimeSpan Stop)> SpansOf(int user) => [(StartOf(user), StopOf(user))];

    /// <summary>How many users have started and not stopped.</summary>
    public int ActiveAt(TimeSpan time) =>
        time < TimeSpan.Zero ? 0 : Started(time.Ticks) - Stopped(time.Ticks);

    private long Share(long span, int users) => (long)((Int128)span * users / Users);

    // ⌊up·i/N⌋ ≤ t  ⟺  up·i < (t+1)·N  ⟺  i < (t+1)·N/up: there are ⌈(t+1)·N/up⌉ such i from 0.
    private int Started(long ticks) => _up == 0 ? Users : AtMost(((Int128)(ticks + 1) * Users) + _up - 1, _up);

    // ⌊down·(i+1)/N⌋ ≤ τ  ⟺  i+1 < (τ+1)·N/down: one fewer, since i+1 counts from 1.
    private int Stopped(long ticks)
    {
        var into = ticks - _up - _hold;
        if (into < 0)
            return 0;
        return _down == 0 ? Users : AtMost(((Int128)(into + 1) * Users) + _down - 1 - _down, _down);
    }

    private int AtMost(Int128 numerator, long denominator) => (int)Int128.Min(Users, numerator / denominator);
}
