namespace Loadline.Users;

/// <summary>What a scenario, or all of them together, is doing at this moment. Reading costs nothing; values of one moment need not fit together to the last one.</summary>
public sealed class PopulationGauges
{
    private const long Millisecond = 1_000_000;

    private readonly PopulationGauges? _whole;
    private int _active;
    private int _inFlight;
    private long _sent;
    private long _dropped;
    private long _late1;
    private long _late10;
    private long _arrivals;
    private long _arrivalsSent;
    private long _arrivalsDropped;
    private long _waited;
    private long _longestWait;

    /// <summary>Gauges of the whole.</summary>
    public PopulationGauges()
    {
    }

    internal PopulationGauges(PopulationGauges whole) => _whole = whole;

    /// <summary>Exchanges that the generator itself sent more than 1 ms after they were due; waits for a free user don't count.</summary>
    public long LateByOneMillisecond => Volatile.Read(ref _late1);

    /// <summary>Those of <see cref="LateByOneMillisecond"/> that were more than 10 ms late.</summary>
    public long LateByTenMilliseconds => Volatile.Read(ref _late10);

    /// <summary>Arrivals of open loads that have been due.</summary>
    public long Arrivals => Volatile.Read(ref _arrivals);

    /// <summary>Arrivals that a user took.</summary>
    public long ArrivalsSent => Volatile.Read(ref _arrivalsSent);

    /// <summary>Arrivals that were dropped, because too many waited, or because the load was over before a user was free.</summary>
    public long ArrivalsDropped => Volatile.Read(ref _arrivalsDropped);

    /// <summary>Arrivals that waited for a user, all having been busy.</summary>
    public long ArrivalsWaited => Volatile.Read(ref _waited);

    /// <summary>The longest that one waited.</summary>
    public TimeSpan LongestWait => new(Volatile.Read(ref _longestWait) / 100);

    /// <summary>Users that have started and not left.</summary>
    public int ActiveUsers => Volatile.Read(ref _active);

    /// <summary>Exchanges sent and not ended. Polls are not counted.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Exchanges sent. Polls are not counted.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Exchanges in hand when the run was stopped: neither success nor failure, recorded nowhere.</summary>
    public long DroppedAtStop => Volatile.Read(ref _dropped);

    /// <summary>Uploads watched until they are searchable.</summary>
    public int WatchesPending => Watch?.Pending ?? 0;

    /// <summary>Uploads that were to be watched and were not, because too many were: above zero, searchable times rest on fewer uploads than asked for.</summary>
    public long Unwatched => Watch?.Unwatched ?? 0;

    internal UploadWatch? Watch { private get; set; }

    internal void Entered()
    {
        Interlocked.Increment(ref _active);
        _whole?.Entered();
    }

    internal void Left()
    {
        Interlocked.Decrement(ref _active);
        _whole?.Left();
    }

    internal void Sending()
    {
        Interlocked.Increment(ref _inFlight);
        Interlocked.Increment(ref _sent);
        _whole?.Sending();
    }

    internal void Ended(bool dropped)
    {
        Interlocked.Decrement(ref _inFlight);
        if (dropped)
            Interlocked.Increment(ref _dropped);
        _whole?.Ended(dropped);
    }

    internal void SentLate(long nanoseconds)
    {
        if (nanoseconds <= Millisecond)
            return;
        Interlocked.Increment(ref _late1);
        if (nanoseconds > 10 * Millisecond)
            Interlocked.Increment(ref _late10);
        _whole?.SentLate(nanoseconds);
    }

    internal void Arrived()
    {
        Interlocked.Increment(ref _arrivals);
        _whole?.Arrived();
    }

    /// <summary>An arrival's end: a user took it, after a wait or at once, or it was dropped.</summary>
    internal void Took(bool sent, long waited)
    {
        Interlocked.Increment(ref (sent ? ref _arrivalsSent : ref _arrivalsDropped));
        if (sent && waited > 0)
        {
            Interlocked.Increment(ref _waited);
            for (var longest = Volatile.Read(ref _longestWait); waited > longest; longest = Volatile.Read(ref _longestWait))
                Interlocked.CompareExchange(ref _longestWait, waited, longest);
        }
        _whole?.Took(sent, waited);
    }
}
