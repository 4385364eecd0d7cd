using Loadline.Schedules;
using Loadline.Wire;

namespace Loadline.Users;

/// <summary>
/// Runs an open load. A pacer calls at each due time; the arrival takes a free user, or waits for one with its due time, or, when too many wait, is dropped and
/// counted: however few users there are, response times tell what people who came at these times would have felt.
/// <code>
/// schedule ─▶ pacer ─▶ arrival ─┬─ a user is free ──────────▶ sent
///                               ├─ all busy: waits in line ──▶ sent when one is free (response time from due)
///                               └─ the line is full ─────────▶ dropped, counted, judged by `sent`
/// </code>
/// Users take turns, the longest idle first: each is a person with a key and a rate limit of its own.
/// </summary>
internal sealed class ArrivalRun(UserWorld world, Schedule schedule, long begin) : IPaced
{
    private readonly Lock _gate = new();
    private readonly Queue<User> _free = [];
    private readonly Queue<long> _waiting = [];
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationToken _stop;
    private User? _ready;
    private long _next;
    private int _made;
    private int _busy;
    private bool _paced;

    private long End => begin + RunClock.Nanoseconds(schedule.Duration);

    /// <summary>Runs from the first arrival to the last answer. What still waits a time-out after the load's end is dropped.</summary>
    internal async Task RunAsync(CancellationToken stop)
    {
        _stop = stop;
        await world.Clock.UntilAsync(begin, stop).ConfigureAwait(false);
        // Until the load is paced to its end, idle can only be the failure of a user.
        await (await Task.WhenAny(Pacer.For(world.Clock).RunAsync(this, stop), _idle.Task).ConfigureAwait(false)).ConfigureAwait(false);
        await world.Clock.UntilAsync(End, stop).ConfigureAwait(false);
        bool idle;
        lock (_gate)
            (_paced, idle) = (true, _busy == 0);
        if (idle)
            return;
        await Task.WhenAny(_idle.Task, world.Clock.UntilAsync(world.Clock.Now + RunClock.Nanoseconds(world.Load.Timeout), stop).AsTask()).ConfigureAwait(false);
        DropWaiting();
        await _idle.Task.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public bool TryNext(out long due)
    {
        due = 0;
        if (_next >= schedule.Count)
            return false;
        due = begin + RunClock.Nanoseconds(schedule.DueAt(_next++));
        // Before the time comes, so that choosing a user and making its request is not lateness.
        _ready ??= TakeFree();
        return true;
    }

    /// <inheritdoc/>
    public void Fire(long due)
    {
        if (world.Pauses?.Withhold() == true)
            return;
        world.Gauges.Arrived();
        var user = _ready ?? TakeFree();
        _ready = null;
        if (user is not null)
        {
            _ = ServeAsync(user, due);
            return;
        }
        lock (_gate)
        {
            // A user may have become free since: then nobody would wake who waits.
            user = Pop();
            if (user is null && _waiting.Count < world.Load.WaitingAtMost)
            {
                _waiting.Enqueue(due);
                return;
            }
        }
        if (user is not null)
        {
            user.Ready();
            _ = ServeAsync(user, due);
        }
        else
            Drop(due);
    }

    /// <inheritdoc/>
    public void Done()
    {
        lock (_gate)
        {
            if (_ready is not null)
                Release(_ready);
            _ready = null;
        }
    }

    private User? TakeFree()
    {
        User? user;
        lock (_gate)
            user = Pop();
        user?.Ready();
        return user;
    }

    // Under the gate. A user that is taken counts as busy.
    private User? Pop()
    {
        User? user = null;
        if (_made < world.Load.Users)
            user = new User(world, _made++);
        else if (_free.Count > 0)
            user = _free.Dequeue();
        if (user is not null)
            _busy++;
        return user;
    }

    // Under the gate.
    private void Release(User user)
    {
        _free.Enqueue(user);
        if (--_busy == 0 && _paced)
            _idle.TrySetResult();
    }

    private async Task ServeAsync(User user, long due)
    {
        var waited = 0L;
        world.Gauges.Entered();
        try
        {
            while (true)
            {
                Took(due, waited, sent: true);
                await user.ServeAsync(due, waited, End, _stop).ConfigureAwait(false);
                lock (_gate)
                {
                    if (_stop.IsCancellationRequested || !_waiting.TryDequeue(out due))
                    {
                        Release(user);
                        return;
                    }
                }
                user.Ready();
                waited = world.Clock.Now - due;
            }
        }
        catch (Exception failure)
        {
            // A mistake of ours: the run must show it.
            _idle.TrySetException(failure);
        }
        finally
        {
            world.Gauges.Left();
        }
    }

    private void DropWaiting()
    {
        while (true)
        {
            long due;
            lock (_gate)
                if (!_waiting.TryDequeue(out due))
                    return;
            Drop(due);
        }
    }

    private void Drop(long due) => Took(due, 0, sent: false);

    private void Took(long due, long waited, bool sent)
    {
        world.Gauges.Took(sent, waited);
        world.Sink.RecordArrival(due, world.Clock.Now, sent);
    }
}
