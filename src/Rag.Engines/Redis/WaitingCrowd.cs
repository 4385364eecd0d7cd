using Rag.Caching;

namespace Rag.Engines.Redis;

/// <summary>
/// Those in this process who wait for one value. One of them looks for all: when a publication says that something happened, when the first one's time is over, and
/// every now and then, since a publication may be lost. A hit is everybody's; a lease goes to the one in whose name was looked, and the others wait on.
/// </summary>
internal sealed class WaitingCrowd(RedisCaching cache, TimeProvider time, Action<WaitingCrowd> dispersed)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly List<Waiter> _waiters = [];
    private TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _started;
    private bool _over;

    /// <summary>Joins; null when the crowd has just gone home: begin another.</summary>
    public Task<CacheReply>? TryJoin(CacheLookup request, long since, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(request, since, time.GetTimestamp());
        lock (_gate)
        {
            if (_over)
                return null;
            _waiters.Add(waiter);
            if (!_started)
            {
                _started = true;
                _ = Task.Run(RunAsync, CancellationToken.None);
            }
            else
                _woken.TrySetResult(); // its time may be over before that of the others
        }

        return WaitAsync(waiter, cancellationToken);
    }

    /// <summary>Something happened to the value.</summary>
    public void Wake()
    {
        lock (_gate)
            _woken.TrySetResult();
    }

    private async Task<CacheReply> WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        try
        {
            return await waiter.Reply.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!waiter.Reply.Task.IsCompleted)
        {
            lock (_gate)
                _waiters.Remove(waiter);
            Wake();
            throw;
        }
    }

    private async Task RunAsync()
    {
        while (Pause() is { } pause)
        {
            try
            {
                await pause.Woken.WaitAsync(pause.For, time).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // Time for a look.
            }

            await LookAsync().ConfigureAwait(false);
        }
    }

    /// <summary>How long to wait for news; null when nobody waits any more, and then this crowd is over.</summary>
    private (Task Woken, TimeSpan For)? Pause()
    {
        lock (_gate)
        {
            if (_waiters.Count == 0)
            {
                _over = true;
                dispersed(this);
                return null;
            }

            var pause = _waiters.Min(Left);
            return (_woken.Task, pause <= TimeSpan.Zero ? TimeSpan.Zero : pause < Poll ? pause + TimeSpan.FromMilliseconds(1) : Poll);
        }
    }

    private async Task LookAsync()
    {
        Waiter? first;
        lock (_gate)
        {
            if (_woken.Task.IsCompleted)
                _woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            first = _waiters.FirstOrDefault();
        }

        if (first is null)
            return;
        CacheReply reply;
        long handedAt;
        try
        {
            // Nobody's token: the look is for all.
            (reply, _, handedAt) = await cache.LookAsync(first.Request, first.Since, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            foreach (var waiter in Leave(static _ => true))
                waiter.Reply.TrySetException(error);
            return;
        }

        switch (reply.State)
        {
            case CacheState.Hit:
                foreach (var waiter in Leave(waiter => handedAt == 0 || waiter.Since <= handedAt))
                    waiter.Reply.TrySetResult(waiter == first ? reply : reply with { Refresh = false });
                break;
            case CacheState.Lead:
                _ = Leave(waiter => waiter == first);
                if (!first.Reply.TrySetResult(reply))
                    await AbandonAsync(first).ConfigureAwait(false);
                break;
            default:
                foreach (var waiter in Leave(waiter => Left(waiter) <= TimeSpan.Zero))
                    waiter.Reply.TrySetResult(reply);
                break;
        }
    }

    private async Task AbandonAsync(Waiter gone)
    {
        try
        {
            await cache.AbandonAsync(new CacheLease(gone.Request.Tenant, gone.Request.Key, gone.Request.Lease), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Errors.RagException)
        {
            // The lease ends by itself.
        }
    }

    private List<Waiter> Leave(Func<Waiter, bool> who)
    {
        lock (_gate)
        {
            var leaving = _waiters.Where(who).ToList();
            _waiters.RemoveAll(waiter => leaving.Contains(waiter));
            return leaving;
        }
    }

    private TimeSpan Left(Waiter waiter) => waiter.Request.Wait - time.GetElapsedTime(waiter.From);

    private sealed class Waiter(CacheLookup request, long since, long from)
    {
        public CacheLookup Request => request;

        public long Since => since;

        public long From => from;

        public TaskCompletionSource<CacheReply> Reply { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
