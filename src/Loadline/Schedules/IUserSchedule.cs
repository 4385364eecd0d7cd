namespace Loadline.Schedules;

/// <summary>When each user of a closed load comes and goes. Pure: no clock, no state.</summary>
public interface IUserSchedule
{
    /// <summary>How many users there are at most.</summary>
    int Users { get; }

    /// <summary>How long the load lasts.</summary>
    TimeSpan Duration { get; }

    /// <summary>When a user is there: its first request is due at each start, and from each stop on it sends none until the next start. In order, without overlap.</summary>
    /// <param name="user">From 0 to just below <see cref="Users"/>.</param>
    IEnumerable<(TimeSpan Start, TimeSpan Stop)> SpansOf(int user);
}
