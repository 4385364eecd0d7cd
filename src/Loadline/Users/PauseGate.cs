using Loadline.Recording;
using Loadline.Wire;

namespace Loadline.Users;

/// <summary>
/// Holds a load for a while. What is in hand ends, retries included; nothing new begins until the load goes on. A user's next request is moved by the pause, so that
/// users don't all come at once when it is over, and nobody's response time has the pause in it; arrivals of open loads that are due in a pause are withheld and counted.
/// The plan's clock goes on: phases and faults are not moved, and a pause ends with the load at the latest.
/// <code>
/// due of a user    . . x . .|          |. . x . .      x is due in the pause: it is sent as much later as the pause was long
/// pause                     [==========)
/// </code>
/// </summary>
/// <param name="clock">The run's clock.</param>
public sealed class PauseGate(RunClock clock)
{
    /// <summary>The most pauses that a run may have.</summary>
    public const int MostPauses = 100;

    private readonly Lock _gate = new();
    private readonly List<RunSpan> _over = [];
    private volatile TaskCompletionSource<long>? _held;
    private long _since;
    private long _withheld;

    /// <summary>Whether the load is held now.</summary>
    public bool IsPaused => _held is not null;

    /// <summary>Arrivals of open loads that were due in a pause, and were not made.</summary>
    public long Withheld => Volatile.Read(ref _withheld);

    /// <summary>Pauses so far, in order; one that goes on ends now.</summary>
    public IReadOnlyList<RunSpan> Pauses
    {
        get
        {
            lock (_gate)
                return _held is null ? [.. _over] : [.. _over, new RunSpan("pause", _since, clock.Now)];
        }
    }

    /// <summary>Holds the load; false when it is held already, or was <see cref="MostPauses"/> times.</summary>
    public bool Pause()
    {
        lock (_gate)
        {
            if (_held is not null || _over.Count >= MostPauses)
                return false;
            _since = clock.Now;
            _held = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            return true;
        }
    }

    /// <summary>Lets the load go on; false when it is not held.</summary>
    public bool Resume()
    {
        TaskCompletionSource<long> held;
        long length;
        lock (_gate)
        {
            if (_held is null)
                return false;
            held = _held;
            var now = clock.Now;
            length = now - _since;
            _over.Add(new RunSpan("pause", _since, now));
            _held = null;
        }
        held.SetResult(length);
        return true;
    }

    /// <summary>Whether an arrival that is due now is to be withheld; then it is counted.</summary>
    internal bool Withhold()
    {
        if (_held is null)
            return false;
        Interlocked.Increment(ref _withheld);
        return true;
    }

    /// <summary>Lets a request that is due now pass, at once or behind the pause.</summary>
    /// <param name="due">When it was due.</param>
    /// <param name="end">When its user leaves.</param>
    /// <param name="stop">Stops at once.</param>
    /// <returns>When it is due now; <paramref name="end"/> or later when its user is to leave instead.</returns>
    internal async ValueTask<long> PassAsync(long due, long end, CancellationToken stop)
    {
        while (_held is { } held && !stop.IsCancellationRequested)
        {
            var since = Volatile.Read(ref _since);
            var left = TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling((end - clock.Now) / 1e6)));
            await ((Task)held.Task).WaitAsync(left, clock.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!held.Task.IsCompletedSuccessfully)
                return end;
            due = Math.Max(due, since) + await held.Task.ConfigureAwait(false);
            if (due >= end)
                return due;
            await clock.UntilAsync(due, stop).ConfigureAwait(false);
        }
        return due;
    }
}
