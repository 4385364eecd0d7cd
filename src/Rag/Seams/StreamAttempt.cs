using Rag.Errors;

namespace Rag.Seams;

/// <summary>One try at a stream: its items, its time limit, and how long it has been waiting.</summary>
/// <param name="call">Which call.</param>
/// <param name="slot">Where it went.</param>
/// <param name="limit">Ends it; at the latest with the request.</param>
/// <param name="first">How long until the first item.</param>
/// <param name="whole">How long in all.</param>
/// <param name="time">The clock.</param>
internal sealed class StreamAttempt<TService, TItem>(
    Call call, PeerSlot<TService> slot, TimeLimit limit, Allowance first, Allowance whole, TimeProvider time) : IWatchedStream
    where TService : class
{
    // Silence that is nothing while the service is well, and the sign of a frozen one while its circuit is open or its peer takes no call on.
    private static readonly TimeSpan SilenceWhileIll = TimeSpan.FromMilliseconds(500);

    private long _waitingSince = time.GetTimestamp();
    private bool _isAccepted;
    private Judgement? _over;

    /// <summary>The peer's stream.</summary>
    public IAsyncEnumerator<TItem> Items { get; private set; } = null!;

    public PeerSlot<TService> Slot => slot;

    public TimeLimit Limit => limit;

    /// <summary>When it was sent.</summary>
    public long Started { get; } = time.GetTimestamp();

    /// <summary>Whether an item has come.</summary>
    public bool HasItem { get; private set; }

    /// <summary>Sends the call.</summary>
    public void Open<TRequest>(StreamCall<TService, TRequest, TItem> stream, TRequest request) =>
        Items = slot.Peer.Open(stream, request, whole.Time, Accepted, limit.Token);

    /// <summary>An item is waited for.</summary>
    public void BeginWait()
    {
        var now = time.GetTimestamp();
        if (HasItem)
            slot.Heard(now);
        Volatile.Write(ref _waitingSince, now);
    }

    /// <summary>An item has come.</summary>
    public void GotItem()
    {
        HasItem = true;
        Volatile.Write(ref _waitingSince, 0);
    }

    /// <inheritdoc/>
    public bool IsOver(long now, bool open)
    {
        if (Volatile.Read(ref _waitingSince) is not (> 0 and var since))
            return false;
        var waited = time.GetElapsedTime(since, now);
        if (!HasItem && !Volatile.Read(ref _isAccepted) && waited >= call.Policy.AcceptCap)
        {
            if (_over is null)
                slot.NotTaken(since);
            _over = Late($"the call {call.Name} was not taken on within {call.Policy.AcceptCap.TotalMilliseconds:0} ms");
        }
        else if (!HasItem && waited >= first.Time)
            _over = first.Over(call, null);
        else if (HasItem && waited >= call.Policy.GapCap)
            _over = Late($"nothing came from {call.Name} for {call.Policy.GapCap.TotalSeconds:0.#} s");
        else if (waited >= SilenceWhileIll && (open || slot.IsFrozenSince(since)))
            _over = new Judgement(CallOutcome.Unavailable, new RagException(RagError.Unavailable, $"{call.Service} has failed lately, and {call.Name} has fallen silent"));
        return _over is not null;
    }

    /// <inheritdoc/>
    public void End()
    {
        try
        {
            _ = limit.CancelAsync(); // what goes on by it has threads of its own: the watch has thousands more to look at
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself in the meantime.
        }
    }

    private void Accepted()
    {
        Volatile.Write(ref _isAccepted, true);
        slot.Heard(time.GetTimestamp());
    }

    /// <summary>Judges what the peer threw.</summary>
    public Judgement Judge(Exception error, bool isCancelled, CancellationToken caller) =>
        !isCancelled && limit.IsCancellationRequested && _over is { } over ? over : Judgement.Of(error, call, caller, limit.IsCancellationRequested, HasItem || limit.IsCancellationRequested ? whole : first);

    private Judgement Late(string message) => new(CallOutcome.Late, new RagException(RagError.DeadlineExceeded, $"{call.Service}: {message}"));
}
