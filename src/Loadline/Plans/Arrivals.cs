namespace Loadline.Plans;

/// <summary>When requests come in an open load: whatever the target does, and whether or not earlier ones were answered.</summary>
public abstract record Arrivals;

/// <summary>Arrivals at a rate.</summary>
/// <param name="Rates">The rate over time, per second: ramps one after the other.</param>
/// <param name="Law">How single arrivals lie about the rate.</param>
public sealed record RateArrivals(IReadOnlyList<Ramp> Rates, ArrivalLaw Law) : Arrivals;

/// <summary>A number of arrivals in a time, in groups that come at once.</summary>
/// <param name="Requests">How many in all; at least 1.</param>
/// <param name="Within">The time that they are spread over.</param>
/// <param name="AtOnce">The least that come in the same moment; 1 to <paramref name="Requests"/>.</param>
public sealed record BurstArrivals(int Requests, TimeSpan Within, int AtOnce) : Arrivals;

/// <summary>The arrivals of a recorded trace, with its own times.</summary>
/// <param name="File">The trace's name, as the plan has it.</param>
/// <param name="Times">When each is due since the load's start, in order; the trace's speed is in them.</param>
/// <param name="Length">The length of the load.</param>
public sealed record ReplayArrivals(string File, IReadOnlyList<TimeSpan> Times, TimeSpan Length) : Arrivals;

/// <summary>How single arrivals lie about a rate.</summary>
public enum ArrivalLaw
{
    /// <summary>As independent people come: the gaps are exponential, and now and then several come close together.</summary>
    Poisson,

    /// <summary>Evenly: every gap is one over the rate.</summary>
    Constant,
}
