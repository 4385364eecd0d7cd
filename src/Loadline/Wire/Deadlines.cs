namespace Loadline.Wire;

/// <summary>Something that must have ended by a time. Lives in at most one <see cref="Deadlines"/> at a time.</summary>
internal abstract class Deadline
{
    internal Deadline? Before;
    internal Deadline? After;
    internal Deadlines? Owner;
    internal long At;
    internal int Serial;

    /// <summary>Its time has come. Called outside all locks, maybe after it has ended: the serial tells.</summary>
    /// <param name="serial">What it was added with.</param>
    internal abstract void Expire(int serial);
}

/// <summary>
/// The deadlines of all exchanges in flight that may last equally long, on one timer. So they come in order, so a list does: adding and removing cost a few
/// pointers, and in a steady load the timer fires once in as long as a deadline lasts. A source and a timer for each exchange cost over a microsecond.
/// </summary>
internal sealed class Deadlines : IDisposable
{
    private const long NotArmed = long.MaxValue;

    private readonly Lock _gate = new();
    private readonly RunClock _clock;
    private readonly ITimer _timer;
    private Deadline? _first;
    private Deadline? _last;
    private long _armedFor = NotArmed;

    internal Deadlines(RunClock clock)
    {
        _clock = clock;
        _timer = clock.Time.CreateTimer(static state => ((Deadlines)state!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Adds one.</summary>
    /// <param name="deadline">It; in no list at the moment.</param>
    /// <param name="at">When, on the run's clock.</param>
    /// <param name="serial">Told back when it expires.</param>
    internal void Add(Deadline deadline, long at, int serial)
    {
        lock (_gate)
        {
            (deadline.At, deadline.Serial, deadline.Owner) = (at, serial, this);
            var before = _last;
            // Threads meet between reading the clock and coming here, so that a few steps back may be needed.
            while (before is not null && before.At > at)
                before = before.Before;
            deadline.Before = before;
            deadline.After = before is null ? _first : before.After;
            if (deadline.After is null)
                _last = deadline;
            else
                deadline.After.Before = deadline;
            if (before is null)
                _first = deadline;
            else
                before.After = deadline;
            if (at < _armedFor)
                Arm(at);
        }
    }

    /// <summary>Takes one out; nothing happens when it is in no list.</summary>
    internal void Remove(Deadline deadline)
    {
        lock (_gate)
        {
            if (deadline.Owner == this)
                Unlink(deadline);
        }
    }

    /// <summary>Hands every deadline in the list, with its serial, to an action, which must not come back here.</summary>
    internal void ForEach(Action<Deadline, int> action)
    {
        var all = new List<(Deadline, int)>();
        lock (_gate)
        {
            for (var deadline = _first; deadline is not null; deadline = deadline.After)
                all.Add((deadline, deadline.Serial));
        }
        foreach (var (deadline, serial) in all)
            action(deadline, serial);
    }

    public void Dispose() => _timer.Dispose();

    private void Fire()
    {
        while (true)
        {
            Deadline due;
            int serial;
            lock (_gate)
            {
                _armedFor = NotArmed;
                if (_first is null)
                    return;
                if (_first.At > _clock.Now)
                {
                    Arm(_first.At);
                    return;
                }
                (due, serial) = (_first, _first.Serial);
                Unlink(due);
            }
            due.Expire(serial);
        }
    }

    private void Arm(long at)
    {
        _armedFor = at;
        // Rounded up: an exchange that was cut off before its time would be a lie.
        var milliseconds = Math.Clamp((at - _clock.Now + 999_999) / 1_000_000, 0, int.MaxValue);
        _timer.Change(TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);
    }

    private void Unlink(Deadline deadline)
    {
        if (deadline.Before is null)
            _first = deadline.After;
        else
            deadline.Before.After = deadline.After;
        if (deadline.After is null)
            _last = deadline.Before;
        else
            deadline.After.Before = deadline.Before;
        (deadline.Before, deadline.After, deadline.Owner) = (null, null, null);
    }
}
