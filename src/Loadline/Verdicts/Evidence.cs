using Loadline.Plans;
using Loadline.Recording;

namespace Loadline.Verdicts;

/// <summary>What objectives are judged by.</summary>
/// <param name="Recorded">What was recorded, the hold phase without its warm-up.</param>
public sealed record Evidence(Recorded Recorded)
{
    /// <summary>What the plan has that its objectives name.</summary>
    public ObjectiveContext Context { get; init; } = new(Recorded.Operations);

    /// <summary>The run folder's recording, for windows, spans and scenarios; null where there is none: objectives that need it can't be judged then.</summary>
    public RecordedLog? Log { get; init; }

    /// <summary>The hold phase's first second behind its warm-up; 0 without one.</summary>
    public long JudgedFrom { get; init; }

    /// <summary>The earlier run that is compared with; null for none.</summary>
    public Baseline? Baseline { get; init; }

    /// <summary>How the run's faults were got over, in their order.</summary>
    public IReadOnlyList<Recovery.FaultFigures> Faults { get; init; } = [];

    /// <summary>What <c>abort when</c> saw while the run went on; null where nothing watched.</summary>
    public AbortWatch? Aborts { get; init; }
}

/// <summary>An earlier run.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Metrics">Its metrics over its hold phase, by full name.</param>
public sealed record Baseline(string Id, IReadOnlyDictionary<string, double> Metrics);
