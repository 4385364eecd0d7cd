namespace Loadline.Users;

/// <summary>What a population is doing at this moment. Reading costs nothing; values of one moment need not fit together to the last one.</summary>
public sealed class PopulationGauges
{
    private int _active;
    private int _inFlight;
    private long _sent;
    private long _dropped;

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

    internal void Entered() => Interlocked.Increment(ref _active);

    internal void Left() => Interlocked.Decrement(ref _active);

    internal void Sending()
    {
        Interlocked.Increment(ref _inFlight);
        Interlocked.Increment(ref _sent);
    }

    internal void Ended(bool dropped)
    {
        Interlocked.Decrement(ref _inFlight);
        if (dropped)
            Interlocked.Increment(ref _dropped);
    }
}
