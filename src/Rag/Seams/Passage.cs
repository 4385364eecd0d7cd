namespace Rag.Seams;

/// <summary>One call on its way through a seam.</summary>
/// <param name="Meter">Counts it.</param>
/// <param name="Scope">The request that it belongs to.</param>
/// <param name="Started">When it came.</param>
/// <param name="Caller">Whoever waits for it.</param>
internal readonly record struct Passage(CallMeter Meter, CallScope? Scope, long Started, CancellationToken Caller)
{
    /// <summary>How urgent it is.</summary>
    public Priority Priority => Scope?.Priority ?? Priority.Interactive;

    /// <summary>The breaker's permission; null for an exempt call, and for one that didn't get it.</summary>
    public BreakerTicket? Ticket { get; init; }

    /// <summary>When it got its place in the bulkhead; 0 without one.</summary>
    public long Entered { get; init; }

    /// <summary>The same call, with its place.</summary>
    public Passage Enter(long now) => this with { Entered = now };
}

/// <summary>One try at a call.</summary>
/// <param name="Reply">Its reply; awaited once.</param>
/// <param name="Slot">Where it went.</param>
/// <param name="Limit">Ends it; null when nothing but the caller does.</param>
/// <param name="Allowance">How long it may take.</param>
/// <param name="Started">When it was sent.</param>
internal readonly record struct Attempt<TService, TReply>(
    ValueTask<TReply> Reply, PeerSlot<TService> Slot, TimeLimit? Limit, Allowance Allowance, long Started)
    where TService : class
{
    /// <summary>Whether its time is over, or its caller went.</summary>
    public bool IsOver => Limit is { IsCancellationRequested: true };
}
