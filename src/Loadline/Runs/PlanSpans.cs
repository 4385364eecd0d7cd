using Loadline.Plans;
using Loadline.Recording;
using Loadline.Wire;

namespace Loadline.Runs;

/// <summary>What recording and verdicts need to know of a plan's scenarios and spans.</summary>
internal static class PlanSpans
{
    /// <summary>What the plan's objectives may name.</summary>
    public static ObjectiveContext Context(this Plan plan) => ObjectiveContext.Of(plan.Load.Mix.Keys, plan.Scenarios, plan.Faults, plan.Baseline is not null);

    /// <summary>The plan's spans, for the recorder.</summary>
    public static IReadOnlyList<RunSpan> RunSpans(this Plan plan) =>
        [.. plan.Spans.Where(span => span.Name != Scenario.Default).Select(span => new RunSpan(span.Name, RunClock.Nanoseconds(span.Start), RunClock.Nanoseconds(span.End)))];

    /// <summary>The mean time that a scenario's users leave between an answer and their next request, or between requests where they pace; zero with an open load.</summary>
    public static TimeSpan Think(this Scenario scenario) => scenario.Load.Arrivals is not null
        ? TimeSpan.Zero
        : TimeSpan.FromSeconds((scenario.Load.Pace ?? scenario.Load.Think).Mean / scenario.Load.Intensity);
}
