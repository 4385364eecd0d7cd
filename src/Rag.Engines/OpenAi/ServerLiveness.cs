namespace Rag.Engines.OpenAi;

/// <summary>
/// Tells a server that is slow from one that is dead or frozen, for all streams from it together. A slow one is waited for; a dead one costs its streams less
/// than a second:
/// <code>
///   a stream waits ──400 ms──▶ no byte on any stream meanwhile? ──▶ ask: GET …/models ──300 ms──▶ no answer: all that wait fail
///         ▲                                   │ one came                    │ any HTTP answer
///         └───────────────────────────────────┴─────────────────────────────┘
/// </code>
/// One question at a time, whoever waits. Streams in the middle of an answer count as waiting after a second of silence. Safe for concurrent use.
/// </summary>
/// <param name="ask">Asks the server for anything; ends with whether it answered.</param>
/// <param name="time">The clock.</param>
internal sealed class ServerLiveness(Func<CancellationToken, Task<bool>> ask, TimeProvider time) : IDisposable
{
    /// <summary>Silence after which the server is asked.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(400);

    /// <summary>How long its answer may take.</summary>
    public static readonly TimeSpan Answer = TimeSpan.FromMilliseconds(300);

    /// <summary>Silence after which a stream that has begun counts as waiting.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly HashSet<StreamWatch> _streams = [];
    private readonly CancellationTokenSource _stop = new();
    private long _heard = time.GetTimestamp();
    private bool _watching;

    /// <summary>A byte has come from the server; cheap, as it is called for each read.</summary>
    public void Heard() => Volatile.Write(ref _heard, time.GetTimestamp());

    /// <summary>Watches over a stream until it is disposed of.</summary>
    public Watched Watch(StreamWatch stream)
    {
        lock (_gate)
        {
            _streams.Add(stream);
            if (!_watching)
            {
                _watching = true;
                _ = WatchAsync();
            }
        }

        return new Watched(this, stream);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        try
        {
            var stop = _stop.Token;
            while (true)
            {
                TimeSpan? wait;
                lock (_gate)
                {
                    wait = UntilSilent();
                    if (wait is null)
                    {
                        _watching = false;
                        return;
                    }
                }

                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait.Value, time, stop).ConfigureAwait(false);
                    continue;
                }

                var asked = time.GetTimestamp();
                if (await AskAsync(stop).ConfigureAwait(false))
                    Heard();
                else if (Volatile.Read(ref _heard) < asked) // it may have found its voice meanwhile
                    Fail();
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed of.
        }
        catch (ObjectDisposedException)
        {
            // Disposed of before it began.
        }
    }

    // Until the one who has waited longest has waited long enough, with nothing heard all the while; null when nobody waits.
    private TimeSpan? UntilSilent()
    {
        TimeSpan? soonest = null;
        foreach (var stream in _streams)
        {
            var left = (stream.Began ? Pause : Silence) - stream.Waited;
            if (soonest is null || left < soonest)
                soonest = left;
        }

        if (soonest is not { } least)
            return null;
        var quiet = Silence - time.GetElapsedTime(Volatile.Read(ref _heard));
        // At least a timer's tick, so that rounding never makes it spin.
        return least <= TimeSpan.Zero && quiet <= TimeSpan.Zero ? TimeSpan.Zero
            : TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling((least > quiet ? least : quiet).TotalMilliseconds)));
    }

    private async Task<bool> AskAsync(CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            var answer = ask(limit.Token);
            return await answer.WaitAsync(Answer, time, stop).ConfigureAwait(false);
        }
        catch (Exception) when (!stop.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            await limit.CancelAsync().ConfigureAwait(false);
        }
    }

    private void Fail()
    {
        StreamWatch[] waiting;
        lock (_gate)
        {
            waiting = [.. _streams.Where(s => s.Waited >= (s.Began ? Pause : TimeSpan.Zero))];
            _streams.ExceptWith(waiting);
        }

        foreach (var stream in waiting)
            stream.Fail();
    }

    /// <summary>A stream under watch.</summary>
    public readonly struct Watched(ServerLiveness liveness, StreamWatch stream) : IDisposable
    {
        public void Dispose()
        {
            lock (liveness._gate)
                liveness._streams.Remove(stream);
        }
    }
}
