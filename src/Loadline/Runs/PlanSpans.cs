using Loadline.Plans;
using Loadline.Recording;

namespace Loadline.Runs;

/// <summary>What recording and verdicts need to know of a plan's scenarios and spans.</summary>
internal static class PlanSpans
{
    /// <summary>What the plan's objectives may name.</summary>
    public static ObjectiveContext Context(this Plan plan) => new([.. plan.Load.Mix.Keys]) { HasBaseline = plan.Baseline is not null };

    /// <summary>The plan's spans, for the recorder.</summary>
    public static IReadOnlyList<RunSpan> RunSpans(this Plan plan) => [];
}
