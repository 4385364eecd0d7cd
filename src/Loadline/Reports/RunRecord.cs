using Loadline.Recording;
using Loadline.Runs;
using Loadline.Traces;

namespace Loadline.Reports;

/// <summary>A run as its folder tells it.</summary>
/// <param name="Summary">What it found.</param>
/// <param name="Series">Second by second.</param>
/// <param name="Exchanges">Sampled exchanges.</param>
public sealed record RunRecord(RunSummary Summary, IReadOnlyList<SeriesPoint> Series, IReadOnlyList<SampledExchange> Exchanges)
{
    /// <summary>Looks at the target from inside; none without probes.</summary>
    public IReadOnlyList<InsidePoint> Inside { get; init; } = [];

    /// <summary>Histograms of the hold phase without its warm-up: of an operation, <c>ttft</c>, <c>gap</c> and <c>searchable</c>, by part (<c>answered</c>, <c>not answered</c>); none without a histogram log.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, LatencySteps>> Spread { get; init; } = new Dictionary<string, IReadOnlyDictionary<string, LatencySteps>>();

    /// <summary>Traces of sampled exchanges, by their ids; those of targets that Loadline started.</summary>
    public IReadOnlyDictionary<string, KeptTrace> Traces { get; init; } = new Dictionary<string, KeptTrace>();
}

/// <summary>A run folder that can't be read: the message says which file, what is wrong with it, and what to do.</summary>
public sealed class RunFolderException(string message, Exception? inner = null) : Exception(message, inner);
