using Loadline.Recording;
using Loadline.Targets;
using Loadline.Wire;

namespace Loadline.Users;

/// <summary>
/// Watches accepted uploads until they are searchable, by really polling, each in a background task of its own. Bounded: past the bound an upload is not watched,
/// and counted as such. What is still pending when the run has no more time counts as timed out: leaving it out would hide the slowest.
/// </summary>
internal sealed class UploadWatch(IWire wire, IExchangeSink sink, RunClock clock, int most)
{
    private readonly CancellationTokenSource _giveUp = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _closing;
    private int _pending;
    private long _unwatched;

    /// <summary>Uploads watched now.</summary>
    internal int Pending => Volatile.Read(ref _pending);

    /// <summary>Uploads that should have been watched and were not, because too many were.</summary>
    internal long Unwatched => Volatile.Read(ref _unwatched);

    /// <summary>Begins to watch; <paramref name="done"/> is called when it ends.</summary>
    /// <returns>False when too many are watched already.</returns>
    internal bool TryBegin(SearchableRule rule, WireRequest poll, long acceptedAt, Action done, CancellationToken stop)
    {
        if (Interlocked.Increment(ref _pending) > most)
        {
            Interlocked.Decrement(ref _pending);
            Interlocked.Increment(ref _unwatched);
            return false;
        }
        _ = WatchAsync(rule, poll, acceptedAt, done, stop);
        return true;
    }

    /// <summary>Waits until nothing is pending, or gives up on the rest after a time. Called once, when no further watch can begin.</summary>
    internal async Task FinishAsync(TimeSpan limit, CancellationToken stop)
    {
        Volatile.Write(ref _closing, true);
        // A full fence: a watch that ends now either sees the flag or is seen to have ended.
        Interlocked.MemoryBarrier();
        if (Pending > 0)
            await _drained.Task.WaitAsync(limit, clock.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _giveUp.CancelAsync().ConfigureAwait(false);
        // Polls in hand end at once now, so this is short; none of them may be recorded after this returns.
        if (Pending > 0)
            await _drained.Task.ConfigureAwait(false);
    }

    private async Task WatchAsync(SearchableRule rule, WireRequest request, long acceptedAt, Action done, CancellationToken stop)
    {
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, _giveUp.Token);
            var poll = new SearchablePoll(wire, rule, request, clock);
            var outcome = await poll.RunAsync(acceptedAt, atOnce: false, either.Token).ConfigureAwait(false);
            if (!stop.IsCancellationRequested)
                sink.RecordSearchable(poll.EndedAt - acceptedAt, outcome, poll.EndedAt);
        }
        finally
        {
            done();
            if (Interlocked.Decrement(ref _pending) == 0 && Volatile.Read(ref _closing))
                _drained.TrySetResult();
        }
    }
}
