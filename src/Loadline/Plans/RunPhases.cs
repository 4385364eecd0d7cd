namespace Loadline.Plans;

/// <summary>
/// How the phases of a run come about from those of its scenarios. Those that begin with the run decide: <c>up</c> ends when the last of them is up, and
/// <c>hold</c> when the first of them begins to go down. Who begins later is a part of what the others are judged under.
/// <code>
/// readers  __/‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾\__
/// writers  ____/‾‾‾‾‾‾‾‾‾‾\____
/// spike              /\
/// run      up  │ hold     │ down
/// </code>
/// (seen in RunPhasesTests)
/// </summary>
public static class RunPhases
{
    /// <summary>The end of <c>up</c>, the end of <c>hold</c>, and the end of the run.</summary>
    public static (TimeSpan HoldStart, TimeSpan HoldEnd, TimeSpan End) Of(IReadOnlyList<Scenario> scenarios)
    {
        var first = scenarios.Min(scenario => scenario.Start);
        var leading = scenarios.Where(scenario => scenario.Start == first).ToList();
        return (
            leading.Max(scenario => scenario.Start + scenario.Load.Up),
            leading.Min(scenario => scenario.Start + scenario.Load.Up + scenario.Load.Hold),
            scenarios.Max(scenario => scenario.End));
    }

    /// <summary>The load of the run as a whole; of a single scenario that begins with the run, its own.</summary>
    internal static Load Sum(IReadOnlyList<Scenario> scenarios)
    {
        if (scenarios.Count == 0)
            throw new ArgumentException("a plan has at least one load", nameof(scenarios));
        var load = scenarios[0].Load;
        if (scenarios is [{ Start.Ticks: 0 }])
            return load;
        var (holdStart, holdEnd, end) = Of(scenarios);
        return load with
        {
            Users = scenarios.Sum(scenario => scenario.Load.Users),
            Up = holdStart,
            Hold = holdEnd - holdStart,
            Down = end - holdEnd,
            Mix = scenarios
                .SelectMany(scenario => scenario.Load.Mix.Select(weight => (weight.Key, Share: weight.Value / scenario.Load.Mix.Values.Sum())))
                .GroupBy(weight => weight.Key)
                .ToDictionary(weights => weights.Key, weights => weights.Sum(weight => weight.Share)),
            Timeout = scenarios.Max(scenario => scenario.Load.Timeout),
            DocumentsPerUser = scenarios.Max(scenario => scenario.Load.DocumentsPerUser),
        };
    }
}
