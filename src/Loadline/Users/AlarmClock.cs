using System.Threading.Tasks.Sources;
using Loadline.Wire;

namespace Loadline.Users;

/// <summary>
/// Wakes users when they are due, on one thread that sleeps as precisely as a <see cref="Pacer"/>: timers of .NET on Linux run on a clock of some 4 ms, and a user who is woken late
/// sends late, which is felt in every response time that counts from the due time. Who is woken goes on on this thread, and must not block it.
/// <code>
/// users ─▶ due times, the earliest first ─▶ thread ─▶ the user goes on
/// </code>
/// With a clock that is not the machine's (virtual time in tests), and where nothing sleeps so precisely (Windows), it waits with timers.
/// </summary>
internal sealed class AlarmClock : IDisposable
{
    private const long Millisecond = 1_000_000;

    // What is added meanwhile and due earlier is late by no more.
    private const long LongestSleep = Millisecond;
    private const int LongestWait = 1_000;

    private readonly object _gate = new();
    private readonly RunClock _clock;
    private readonly PriorityQueue<Alarm, long> _waiting = new();
    private readonly bool _hasThread;
    private CancellationTokenRegistration _stopping;
    private bool _stopped;

    /// <param name="clock">The run's clock.</param>
    internal AlarmClock(RunClock clock) => (_clock, _hasThread) = (clock, clock.Time == TimeProvider.System && PreciseSleep.IsKernels);

    /// <summary>Begins to wake. Who waits already is woken, too.</summary>
    /// <param name="stop">Wakes everybody, and from then on nobody waits.</param>
    internal void Start(CancellationToken stop)
    {
        if (!_hasThread)
            return;
        new Thread(Run) { IsBackground = true, Name = "users" }.Start();
        _stopping = stop.Register(Stop);
    }

    /// <summary>Wakes everybody and ends the thread.</summary>
    public void Dispose()
    {
        _stopping.Dispose();
        Stop();
    }

    private void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Puts an alarm in; false when its time has come, or nobody waits any more.</summary>
    private bool TryAdd(Alarm alarm, long due)
    {
        lock (_gate)
        {
            if (_stopped || due <= _clock.Now)
                return false;
            var isEarliest = !_waiting.TryPeek(out _, out var earliest) || due < earliest;
            _waiting.Enqueue(alarm, due);
            if (isEarliest)
                Monitor.Pulse(_gate);
            return true;
        }
    }

    private void Run()
    {
        var due = new List<Alarm>();
        bool goesOn;
        do
        {
            goesOn = Take(due);
            foreach (var alarm in due)
                alarm.Ring();
            due.Clear();
        }
        while (goesOn);
    }

    /// <summary>Waits until alarms are due and takes them; false when there will be no more.</summary>
    private bool Take(List<Alarm> due)
    {
        while (true)
        {
            long sleep;
            lock (_gate)
            {
                var now = _clock.Now;
                long at;
                while (_waiting.TryPeek(out var alarm, out at) && (_stopped || at <= now))
                {
                    _waiting.Dequeue();
                    due.Add(alarm);
                }

                if (_stopped || due.Count > 0)
                    return !_stopped;
                // While there is time it can be woken for an earlier one; for the rest it sleeps exactly.
                sleep = _waiting.Count == 0 ? long.MaxValue : at - now;
                if (sleep >= 2 * Millisecond)
                {
                    Monitor.Wait(_gate, (int)Math.Min((sleep / Millisecond) - 1, LongestWait));
                    continue;
                }
            }

            PreciseSleep.For(Math.Min(sleep, LongestSleep), CancellationToken.None);
        }
    }

    /// <summary>One user's alarm, used again and again, for one moment at a time.</summary>
    /// <param name="clock">Whose.</param>
    internal sealed class Alarm(AlarmClock clock) : IValueTaskSource
    {
        private ManualResetValueTaskSourceCore<bool> _core;

        /// <summary>Waits until a moment has come, or the run is stopped; never returns early otherwise. At once for a moment that has passed.</summary>
        /// <param name="due">The moment, on the run's clock.</param>
        /// <param name="stop">The run's end.</param>
        internal ValueTask UntilAsync(long due, CancellationToken stop)
        {
            if (!clock._hasThread)
                return clock._clock.UntilAsync(due, stop);
            _core.Reset();
            return clock.TryAdd(this, due) ? new ValueTask(this, _core.Version) : ValueTask.CompletedTask;
        }

        /// <summary>Wakes who waits.</summary>
        internal void Ring() => _core.SetResult(true);

        void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

        void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _core.OnCompleted(continuation, state, token, flags);
    }
}
