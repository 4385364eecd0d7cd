namespace Rag.Engines.OpenAi;

/// <summary>
/// Ends a stream that says nothing for too long. One timer per stream, set again only when it fires: a token costs one look at the clock.
/// </summary>
internal sealed class StreamWatch : IDisposable
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _later;
    private readonly CancellationTokenSource _stop;
    private readonly ITimer _timer;
    private long _last;
    private long _allowedTicks;

    /// <param name="time">The clock.</param>
    /// <param name="first">Time allowed until the first text.</param>
    /// <param name="later">Time allowed between texts.</param>
    /// <param name="caller">Ends the stream too.</param>
    public StreamWatch(TimeProvider time, TimeSpan first, TimeSpan later, CancellationToken caller)
    {
        _time = time;
        _later = later;
        _allowedTicks = first.Ticks;
        _last = time.GetTimestamp();
        _stop = CancellationTokenSource.CreateLinkedTokenSource(caller);
        _timer = time.CreateTimer(static watch => ((StreamWatch)watch!).Look(), this, first, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Ends when the caller goes or the stream is late.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>The time that was exceeded, or null.</summary>
    public TimeSpan? Late { get; private set; }

    /// <summary>Whether the server was found dead.</summary>
    public bool Dead { get; private set; }

    /// <summary>Whether a text has come.</summary>
    public bool Began { get; private set; }

    /// <summary>How long no text has come.</summary>
    public TimeSpan Waited => _time.GetElapsedTime(Volatile.Read(ref _last));

    /// <summary>Ends the stream because its server is dead.</summary>
    public void Fail()
    {
        Dead = true;
        try
        {
            _ = _stop.CancelAsync(); // the next stream need not wait for what this one does now
        }
        catch (ObjectDisposedException)
        {
            // The stream ended by itself.
        }
    }

    /// <summary>A text has come.</summary>
    public void Progress()
    {
        Began = true;
        Volatile.Write(ref _last, _time.GetTimestamp());
        if (_allowedTicks == _later.Ticks)
            return;
        var shorter = _later.Ticks < _allowedTicks;
        Volatile.Write(ref _allowedTicks, _later.Ticks);
        if (shorter) // the timer stands at the first token's longer time
            _timer.Change(_later, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        _timer.Dispose();
        _stop.Dispose();
    }

    private void Look()
    {
        var allowed = TimeSpan.FromTicks(Volatile.Read(ref _allowedTicks));
        var left = allowed - _time.GetElapsedTime(Volatile.Read(ref _last));
        try
        {
            if (left > TimeSpan.Zero)
            {
                _timer.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }

            Late = allowed;
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The stream ended while this timer was firing.
        }
    }
}
