using Loadline.Plans;

namespace Loadline.Llm;

/// <summary>
/// Slots, queue and clock of the simulated LLM. One loop serves all streams: at each tick it takes the generations with a token due, lets them write,
/// and puts them back under their next due time. There is no timer, task or wait per stream or per token.
/// </summary>
/// <remarks>
/// Locks: <c>_gate</c> guards slots, queue and due times; a generation's own lock guards its writing. The loop never holds the gate while a generation
/// writes, and a generation never takes the gate.
/// </remarks>
internal sealed class TokenEngine : IDisposable
{
    private readonly LlmModel _model;
    private readonly TimeProvider _time;
    private readonly LlmMetrics _metrics;
    private readonly long _origin;
    private readonly long _tick;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly PriorityQueue<Generation, long> _due = new();
    private readonly LinkedList<Generation> _queue = new();
    private readonly List<(Generation Generation, GenerationEnd? End)> _batch = [];
    private long _armedFor = long.MaxValue;
    private int _slots;
    private int _busy;
    private bool _ticking;
    private bool _disposed;

    public TokenEngine(LlmModel model, TimeSpan tick, TimeProvider time, LlmMetrics metrics)
    {
        (_model, _time, _metrics, _tick, _slots) = (model, time, metrics, tick.Ticks, model.Slots);
        _origin = time.GetTimestamp();
        // Else the timer would carry the first caller's execution context into every write.
        using (ExecutionContext.SuppressFlow())
            _timer = time.CreateTimer(static engine => ((TokenEngine)engine!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Now, in 100 ns ticks since the engine began.</summary>
    public long Now => _time.GetElapsedTime(_origin).Ticks;

    /// <summary>Answers that may be generated at once: the model's, until changed. Fewer than are busy lets those finish first; more starts who waits.</summary>
    public int Slots
    {
        get => Volatile.Read(ref _slots);
        set
        {
            lock (_gate)
            {
                _slots = value;
                StartWaiting(Now);
            }
        }
    }

    /// <summary>Slots in use.</summary>
    public int Busy => Volatile.Read(ref _busy);

    /// <summary>Requests that wait for a slot.</summary>
    public int Queued
    {
        get
        {
            lock (_gate)
                return _queue.Count;
        }
    }

    /// <summary>Gives it a slot or a place in the queue. False when both are full.</summary>
    public bool TrySubmit(Generation generation)
    {
        lock (_gate)
        {
            if (_disposed)
                return false;
            if (_busy < _slots)
            {
                Start(generation, Now);
                return true;
            }
            if (_queue.Count >= _model.Queue)
                return false;
            generation.Place = GenerationPlace.Queued;
            generation.Waiting = _queue.AddLast(generation);
            return true;
        }
    }

    /// <summary>Ends it and frees its slot or place at once.</summary>
    public void Cancel(Generation generation)
    {
        if (!generation.Cancel())
            return;
        lock (_gate)
        {
            if (generation.Place == GenerationPlace.Running)
                _due.Remove(generation, out _, out _);
            Leave(generation, Now);
        }
        generation.Complete(GenerationEnd.Cancelled);
    }

    /// <summary>The seconds after which a refused client may try again: until half the queue should have passed, at least one.</summary>
    public int RetryAfterSeconds()
    {
        var perAnswer = Slowdown() * (_model.FirstToken.Mean + _model.PerToken.Mean * _model.OutputTokens.Mean);
        var seconds = perAnswer * _model.Queue / 2 / Slots;
        return double.IsFinite(seconds) ? (int)Math.Clamp(Math.Ceiling(seconds), 1, 300) : 1;
    }

    /// <summary>Writes what is due. The timer calls it; a call while one is at work does nothing.</summary>
    internal void Tick()
    {
        var now = Now;
        // To the nearest tick, not the next: else every time to first token would be half a tick too long on average.
        var horizon = now + _tick / 2;
        lock (_gate)
        {
            if (_disposed || _ticking)
                return;
            _ticking = true;
            while (_due.TryPeek(out _, out var due) && due <= horizon)
            {
                _metrics.Lateness(now - due);
                _batch.Add((_due.Dequeue(), null));
            }
        }

        var slowdown = Slowdown();
        var tokens = 0;
        for (var i = 0; i < _batch.Count; i++)
        {
            var generation = _batch[i].Generation;
            var before = generation.Generated;
            _batch[i] = (generation, generation.Advance(horizon, slowdown));
            if (before == 0 && generation.Generated > 0)
                _metrics.FirstToken(now - generation.Arrived);
            tokens += generation.Generated - before;
        }
        _metrics.Tokens(tokens);

        bool disposed;
        lock (_gate)
        {
            foreach (var (generation, end) in _batch)
            {
                if (generation.Place != GenerationPlace.Running)
                    continue;
                if (end is null)
                    _due.Enqueue(generation, generation.Due);
                else
                    Leave(generation, now);
            }
            disposed = _disposed;
        }

        foreach (var (generation, end) in _batch)
        {
            if (end is { } how and not GenerationEnd.Cancelled)
                generation.Complete(how);
            else if (disposed)
                Cancel(generation);
        }
        _batch.Clear();

        lock (_gate)
        {
            _ticking = false;
            _armedFor = long.MaxValue;
            if (_due.TryPeek(out _, out var next))
                Arm(Math.Max(next, now + _tick));
        }
    }

    public void Dispose()
    {
        Generation[] left;
        lock (_gate)
        {
            _disposed = true;
            left = [.. _queue, .. _due.UnorderedItems.Select(item => item.Element)];
        }
        _timer.Dispose();
        foreach (var generation in left)
            Cancel(generation);
    }

    private double Slowdown() => 1 + _model.LoadFactor * Busy / Slots;

    private void Start(Generation generation, long now)
    {
        _busy++;
        generation.Place = GenerationPlace.Running;
        generation.Admit(now, Slowdown());
        _due.Enqueue(generation, generation.Due);
        Arm(generation.Due);
    }

    private void Leave(Generation generation, long now)
    {
        if (generation.Place == GenerationPlace.Queued)
            _queue.Remove(generation.Waiting!);
        var hadSlot = generation.Place == GenerationPlace.Running;
        generation.Place = GenerationPlace.Left;
        if (!hadSlot)
            return;
        _busy--;
        StartWaiting(now);
    }

    private void StartWaiting(long now)
    {
        while (_busy < _slots && _queue.First is { } first && !_disposed)
        {
            _queue.RemoveFirst();
            Start(first.Value, now);
        }
    }

    /// <summary>Has the loop run at <paramref name="due"/>, unless it runs sooner anyway.</summary>
    private void Arm(long due)
    {
        if (due >= _armedFor || _ticking || _disposed)
            return;
        _armedFor = due;
        // Timers count whole milliseconds.
        var milliseconds = Math.Max(1, (due - Now + TimeSpan.TicksPerMillisecond / 2) / TimeSpan.TicksPerMillisecond);
        _timer.Change(TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);
    }
}
