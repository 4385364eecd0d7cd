namespace Rag.Seams;

/// <summary>
/// Looks at one dependency's streams twenty times a second, and ends those that are over a cap: one timer for thousands of streams, and none per item. It runs while
/// there are streams only.
/// </summary>
internal sealed class StreamWatch(Breaker breaker, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private readonly HashSet<IWatchedStream> _streams = [];
    private readonly List<IWatchedStream> _over = [];
    private ITimer? _timer;
    private bool _running;

    /// <summary>Watches a stream until it is removed.</summary>
    public void Add(IWatchedStream stream)
    {
        lock (_lock)
        {
            _streams.Add(stream);
            if (_running)
                return;
            _running = true;
            if (_timer is null)
                using (ExecutionContext.SuppressFlow()) // it belongs to no request
                    _timer = time.CreateTimer(static watch => ((StreamWatch)watch!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(Interval, Interval);
        }
    }

    /// <summary>Watches it no more.</summary>
    public void Remove(IWatchedStream stream)
    {
        lock (_lock)
            _streams.Remove(stream);
    }

    public void Dispose()
    {
        lock (_lock)
            _timer?.Dispose();
    }

    private void Look()
    {
        IWatchedStream[] over;
        lock (_lock)
        {
            if (_streams.Count == 0)
            {
                _running = false;
                _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                return;
            }

            var (now, open) = (time.GetTimestamp(), breaker.State == BreakerState.Open);
            foreach (var stream in _streams)
                if (stream.IsOver(now, open))
                    _over.Add(stream);
            over = _over.Count == 0 ? [] : [.. _over];
            _over.Clear();
        }

        // Outside of the lock: what is ended runs its continuations here.
        foreach (var stream in over)
            stream.End();
    }
}

/// <summary>A stream as its watch sees it.</summary>
internal interface IWatchedStream
{
    /// <summary>Whether it must end; it keeps the reason.</summary>
    /// <param name="now">The time.</param>
    /// <param name="open">Whether the service's circuit is open.</param>
    bool IsOver(long now, bool open);

    /// <summary>Ends it, for the reason kept.</summary>
    void End();
}
