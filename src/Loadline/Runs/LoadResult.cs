using Loadline.Faults;
using Loadline.Probes;
using Loadline.Processes;
using Loadline.Recording;
using Loadline.Users;
using Loadline.Verdicts;

namespace Loadline.Runs;

/// <summary>A load that is over, before it is judged.</summary>
internal sealed class LoadResult
{
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Everything, the warm-up included.</summary>
    public required Recorded Recorded { get; init; }

    public required ProcessSeries Processes { get; init; }

    public required PopulationGauges Gauges { get; init; }

    public required GeneratorProbe Generator { get; init; }

    public required AbortWatch Aborts { get; init; }

    /// <summary>The process of the target that ended under load; null when none did.</summary>
    public required ChildProcess? Gone { get; init; }

    public required bool Interrupted { get; init; }

    /// <summary>Scenario by scenario, over the whole run.</summary>
    public required IReadOnlyList<ScenarioSummary> Scenarios { get; init; }

    /// <summary>Requests sent a second time, because their connection had been closed while it was idle.</summary>
    public long SentAgain { get; init; }

    /// <summary>When a person held the load.</summary>
    public IReadOnlyList<RunSpan> Pauses { get; init; } = [];

    /// <summary>Arrivals of open loads that were due then, and were not made.</summary>
    public long Withheld { get; init; }

    /// <summary>What became of the plan's faults, in its order.</summary>
    public IReadOnlyList<FaultLease> Faults { get; init; } = [];

    /// <summary>What was recorded of them; null without faults.</summary>
    public FaultWatch? FaultWatch { get; init; }
}
