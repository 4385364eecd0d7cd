using Loadline.Wire;

namespace Loadline.Users;

/// <summary>Waits on a run's clock.</summary>
internal static class ClockWait
{
    /// <summary>
    /// Waits until a moment has come, or the run is stopped. Timers run on a coarser clock than ours and may be early by a millisecond; a request that is sent before it is
    /// due would look faster than it was, so this never returns early.
    /// </summary>
    internal static async ValueTask UntilAsync(this RunClock clock, long time, CancellationToken stop)
    {
        while (time - clock.Now is var wait && wait > 0 && !stop.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait / 1e6)), clock.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
