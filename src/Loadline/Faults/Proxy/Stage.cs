namespace Loadline.Faults.Proxy;

/// <summary>
/// One toxic's place in a stream: keeps what it delays, in order, each with the time at which it goes on to the next stage. Everything happens under the
/// connection's lock.
/// <code>
/// source ─▶ stage ─▶ stage ─▶ Outgoing ─▶ destination
///            │ bytes, due │
/// </code>
/// </summary>
internal sealed class Stage(IStageHost host, long id, Behaviour behaviour) : IStageOutput, IDisposable
{
    // What an entry costs beside its bytes.
    private const int EntryWeight = 24;

    private readonly HeldBytes _bytes = new();
    private readonly Queue<Entry> _entries = new();

    private enum Kind
    {
        Bytes,
        End,
        Close,
        Reset,
    }

    /// <summary>Whose it is.</summary>
    internal long Id => id;

    /// <summary>The version of its toxic's settings.</summary>
    internal int Version { get; set; }

    internal Behaviour Behaviour { get; private set; } = behaviour;

    /// <summary>The stage after it; null when it is the last.</summary>
    internal Stage? Next { get; set; }

    /// <summary>What it holds, in bytes of memory.</summary>
    internal int Weight => _bytes.Length + (_entries.Count * EntryWeight);

    /// <summary>When the first of what it holds goes on; <see cref="Behaviour.Never"/> when nothing does.</summary>
    internal long Due => _entries.TryPeek(out var first) ? first.Due : Behaviour.Never;

    internal void Start() => Behaviour.Start(host.Now, this);

    internal void Take(ReadOnlySpan<byte> bytes) => Behaviour.Take(bytes, host.Now, this);

    internal void End() => Behaviour.End(host.Now, this);

    /// <summary>Lets go what is due.</summary>
    internal void Pump()
    {
        while (_entries.TryPeek(out var first) && first.Due <= host.Now)
        {
            _entries.Dequeue();
            Forward(first);
        }
    }

    /// <summary>Its toxic's settings are others from now on: what it holds goes on at once, unless the new ones hold everything.</summary>
    internal void Change(Behaviour behaviour, int version)
    {
        var holds = Behaviour.Holds && behaviour.Holds;
        if (!holds)
            Behaviour.Stop(host.Now, this);
        behaviour.Follow(Behaviour);
        (Behaviour, Version) = (behaviour, version);
        if (holds)
            Forget(entry => entry.Kind is Kind.Close or Kind.Reset);
        else
            Release();
        Start();
    }

    /// <summary>Its toxic is gone: what it holds goes on at once. A close or a reset that was to come doesn't.</summary>
    internal void Leave()
    {
        Behaviour.Stop(host.Now, this);
        Release();
    }

    /// <summary>Lets everything go on at once.</summary>
    internal void Release()
    {
        while (_entries.TryDequeue(out var entry))
        {
            if (entry.Kind is Kind.Bytes or Kind.End)
                Forward(entry);
        }
    }

    public void Pass(ReadOnlySpan<byte> bytes, long due)
    {
        if (bytes.IsEmpty)
            return;
        if (_entries.Count == 0 && due <= host.Now)
        {
            Onward(bytes);
            return;
        }
        _bytes.Append(bytes);
        Keep(new Entry(Kind.Bytes, due, bytes.Length));
    }

    public void End(long due) => Keep(new Entry(Kind.End, due, 0));

    public void Close(long due) => Keep(new Entry(Kind.Close, due, 0));

    public void Reset(long due) => Keep(new Entry(Kind.Reset, due, 0));

    public void Dispose()
    {
        _entries.Clear();
        _bytes.Dispose();
    }

    private void Keep(Entry entry)
    {
        if (entry.Kind != Kind.Bytes && _entries.Count == 0 && entry.Due <= host.Now)
        {
            Forward(entry);
            return;
        }
        // A close's time runs from its toxic's start, whatever was held before it.
        if (entry.Kind is Kind.Close or Kind.Reset && entry.Due > host.Now && _entries.Count > 0)
            Forget(static _ => false, entry);
        else
            _entries.Enqueue(entry);
    }

    /// <summary>Takes entries out, and puts one before the first that isn't due before it.</summary>
    private void Forget(Func<Entry, bool> which, Entry? added = null)
    {
        var kept = _entries.Where(entry => !which(entry)).ToList();
        if (added is { } entry)
            kept.Insert(kept.FindIndex(each => each.Due > entry.Due) is >= 0 and var at ? at : kept.Count, entry);
        _entries.Clear();
        foreach (var each in kept)
            _entries.Enqueue(each);
    }

    private void Forward(Entry entry)
    {
        switch (entry.Kind)
        {
            case Kind.Bytes:
                Onward(_bytes.First(entry.Length));
                _bytes.Take(entry.Length);
                break;
            case Kind.End when Next is { } next:
                next.End();
                break;
            case Kind.End:
                host.End();
                break;
            case Kind.Close:
                host.Finish(reset: false);
                break;
            default:
                host.Finish(reset: true);
                break;
        }
    }

    private void Onward(ReadOnlySpan<byte> bytes)
    {
        if (Next is { } next)
            next.Take(bytes);
        else
            host.Emit(bytes);
    }

    private readonly record struct Entry(Kind Kind, long Due, int Length);
}

/// <summary>What stages stand in.</summary>
internal interface IStageHost
{
    /// <summary>The time of what happens now, in ticks on the proxy's clock.</summary>
    long Now { get; }

    /// <summary>Bytes have passed all stages.</summary>
    void Emit(ReadOnlySpan<byte> bytes);

    /// <summary>The stream's end has passed all stages.</summary>
    void End();

    /// <summary>The connection ends behind what has passed all stages.</summary>
    void Finish(bool reset);
}
