using Loadline.Plans;

namespace Loadline.Schedules;

/// <summary>The schedules of a plan's loads.</summary>
public static class LoadSchedules
{
    /// <summary>When the arrivals of an open load are due.</summary>
    /// <param name="arrivals">The load's arrivals.</param>
    /// <param name="seed">What Poisson arrivals are drawn from.</param>
    public static Schedule Of(Arrivals arrivals, ulong seed) => arrivals switch
    {
        RateArrivals rate => new RateSchedule(rate.Rates, rate.Law == ArrivalLaw.Poisson ? seed : null),
        BurstArrivals burst => new BurstSchedule(burst.Requests, burst.Within, burst.AtOnce),
        ReplayArrivals replay => new ReplaySchedule(replay.Times, replay.Length),
        _ => throw new ArgumentException($"{arrivals.GetType().Name} has no schedule", nameof(arrivals)),
    };

    /// <summary>When the users of a closed load come and go.</summary>
    public static IUserSchedule Of(Load load) => load.Stages.Count > 0
        ? new RampingPopulation(load.Stages)
        : new ClosedPopulation(load.Users, load.Up, load.Hold, load.Down);
}
