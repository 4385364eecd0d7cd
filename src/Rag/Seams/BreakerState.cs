namespace Rag.Seams;

/// <summary>What a circuit breaker lets pass; the numbers are those of the metric <c>rag.seam.breaker.state</c>.</summary>
public enum BreakerState
{
    /// <summary>All calls.</summary>
    Closed = 0,

    /// <summary>One call, the probe, is on its way; no other.</summary>
    HalfOpen = 1,

    /// <summary>None.</summary>
    Open = 2,
}
