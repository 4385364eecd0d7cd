namespace Rag.Seams;

/// <summary>
/// The places where a service runs. A call goes to the one of two random ones that has fewer calls in flight, which is nearly as good as asking all and doesn't send
/// everybody to the same one. When all are left out, all are in: whether the service is to be asked at all is the breaker's decision.
/// </summary>
internal sealed class PeerSet<TService> where TService : class
{
    private readonly PeerSlot<TService>[] _slots;
    private readonly TimeProvider _time;
    private readonly Chance _chance;

    public PeerSet(IReadOnlyList<IPeer<TService>> peers, TimeProvider time, Chance chance)
    {
        _slots = peers.Count > 0
            ? [.. peers.Select(peer => new PeerSlot<TService>(peer, time))]
            : throw new ArgumentException("a service needs at least one peer", nameof(peers));
        (_time, _chance) = (time, chance);
    }

    /// <summary>How many there are.</summary>
    public int Count => _slots.Length;

    /// <summary>How many are left out.</summary>
    public int Out => _slots.Count(slot => slot.IsOut);

    /// <summary>Chooses one and counts a call in flight there; it must <see cref="PeerSlot{TService}.End"/>.</summary>
    /// <param name="except">One that shall not be chosen if there is another.</param>
    public PeerSlot<TService> Begin(PeerSlot<TService>? except = null)
    {
        var chosen = _slots.Length == 1 ? _slots[0] : Choose(except);
        chosen.Begin();
        return chosen;
    }

    /// <summary>One at random, with nothing counted.</summary>
    public IPeer<TService> Any() => _slots[_slots.Length == 1 ? 0 : _chance.Next(_slots.Length)].Peer;

    /// <summary>One other than <paramref name="except"/> that isn't left out, with a call counted; null when there is none.</summary>
    public PeerSlot<TService>? TryBeginOther(PeerSlot<TService> except)
    {
        if (_slots.Length == 1)
            return null;
        var other = Choose(except);
        if (other == except || other.IsOut)
            return null;
        other.Begin();
        return other;
    }

    private PeerSlot<TService> Choose(PeerSlot<TService>? except)
    {
        var now = _time.GetTimestamp();
        Span<int> open = _slots.Length <= 64 ? stackalloc int[_slots.Length] : new int[_slots.Length];
        var count = 0;
        for (var i = 0; i < _slots.Length; i++)
            if (_slots[i] != except && _slots[i].IsOpenAt(now))
                open[count++] = i;
        if (count == 0) // all are out: all are in
            for (var i = 0; i < _slots.Length; i++)
                if (_slots[i] != except)
                    open[count++] = i;
        if (count == 1)
            return _slots[open[0]];
        var first = _chance.Next(count);
        var second = _chance.Next(count - 1);
        if (second >= first)
            second++;
        var (one, other) = (_slots[open[first]], _slots[open[second]]);
        return other.InFlight < one.InFlight ? other : one;
    }
}
