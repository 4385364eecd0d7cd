using Loadline.Plans;

namespace Loadline.Schedules;

/// <summary>
/// Arrivals at a rate that may change. Arrival i comes when the integral of the rate has reached i (constant arrivals) or the i-th point of a Poisson process
/// of rate 1 (Poisson arrivals: stretching the time of a homogeneous process by its integral gives the inhomogeneous one; Cinlar, "Introduction to Stochastic
/// Processes", 1975, 4.7).
/// <code>
/// integral of the rate                      rate
///  i+1 |- - - - - - - -/                        ____
///    i |- - - - - - -/ :                      /      \
///      |        __/    :                    /          \
///      |___---         :                  /              \
///      +----------------- t              +------------------- t
///                 due(i) due(i+1)
/// </code>
/// Every due time comes from its own index alone, so there is no sum that drifts: after 10⁸ arrivals it is still within one tick (seen in RateScheduleTests).
/// </summary>
public sealed class RateSchedule : Schedule
{
    private readonly RateIntegral _integral;
    private readonly PoissonPoints? _points;

    /// <summary>A schedule.</summary>
    /// <param name="rates">The rate per second: ramps one after the other.</param>
    /// <param name="poissonSeed">What Poisson arrivals are drawn from; null for evenly spaced ones.</param>
    public RateSchedule(IReadOnlyList<Ramp> rates, ulong? poissonSeed)
    {
        _integral = new RateIntegral(rates);
        _points = poissonSeed is { } seed ? new PoissonPoints(seed) : null;
        Count = _points?.CountBelow(_integral.Total) ?? _integral.WholeBelowTotal;
    }

    /// <inheritdoc/>
    public override TimeSpan Duration => _integral.Duration;

    /// <inheritdoc/>
    public override long Count { get; }

    private protected override TimeSpan At(long index) => _integral.TimeOf(_points?.At(index) ?? index);
}
