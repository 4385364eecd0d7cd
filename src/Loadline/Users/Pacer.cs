using Loadline.Wire;

namespace Loadline.Users;

/// <summary>What a pacer calls, from one thread at a time.</summary>
internal interface IPaced
{
    /// <summary>When the next call is due, never earlier than the last; false when there is none.</summary>
    bool TryNext(out long due);

    /// <summary>The time has come. Must not block.</summary>
    void Fire(long due);

    /// <summary>There is no more, or the run was stopped.</summary>
    void Done();
}

/// <summary>Calls at due times: as exactly as the machine allows, at once for those that are overdue, and never early.</summary>
internal abstract class Pacer
{
    /// <summary>The pacer for a clock: a thread for the machine's own, timers for any other (virtual time in tests).</summary>
    internal static Pacer For(RunClock clock) => clock.Time == TimeProvider.System ? new ThreadPacer(clock) : new TimerPacer(clock);

    /// <summary>Paces to the end, or until stopped; then returns normally.</summary>
    internal abstract Task RunAsync(IPaced paced, CancellationToken stop);
}

/// <summary>Paces with timers, which are as exact as their clock.</summary>
internal sealed class TimerPacer(RunClock clock) : Pacer
{
    /// <inheritdoc/>
    internal override async Task RunAsync(IPaced paced, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested && paced.TryNext(out var due))
        {
            await clock.UntilAsync(due, stop).ConfigureAwait(false);
            if (stop.IsCancellationRequested)
                break;
            paced.Fire(due);
        }
        paced.Done();
    }
}

/// <summary>
/// Paces on a thread of its own, since timers of .NET are some milliseconds coarse; see <see cref="PreciseSleep"/>. Measured by <c>bench/Loadline.Bench pace</c>.
/// </summary>
internal sealed class ThreadPacer(RunClock clock) : Pacer
{
    // So that stopping is seen soon.
    private const long LongestSleep = 50_000_000;

    /// <inheritdoc/>
    internal override Task RunAsync(IPaced paced, CancellationToken stop)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() => Pace(paced, stop, done)) { IsBackground = true, Name = "arrivals" };
        thread.Start();
        return done.Task;
    }

    private void Pace(IPaced paced, CancellationToken stop, TaskCompletionSource done)
    {
        try
        {
            while (!stop.IsCancellationRequested && paced.TryNext(out var due) && WaitUntil(due, stop))
                paced.Fire(due);
            paced.Done();
            done.SetResult();
        }
        catch (Exception failure)
        {
            done.SetException(failure);
        }
    }

    private bool WaitUntil(long due, CancellationToken stop)
    {
        while (due - clock.Now is var wait && wait > 0)
        {
            if (stop.IsCancellationRequested)
                return false;
            PreciseSleep.For(Math.Min(wait, LongestSleep), stop);
        }
        return true;
    }
}
