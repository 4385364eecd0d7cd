namespace Loadline.Targets;

/// <summary>How the target is looked at from inside while it is loaded: <c>probes</c> of a profile.</summary>
public sealed record ProbeProfile
{
    /// <summary>How often. Default 2 s.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long one look may take. Default 2 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Where Prometheus text is read.</summary>
    public IReadOnlyList<ProbeEndpoint> Endpoints { get; init; } = [];

    /// <summary>Whether <c>nvidia-smi</c> is asked on this machine.</summary>
    public bool NvidiaSmi { get; init; }

    /// <summary>What is read of it.</summary>
    public IReadOnlyList<InsideReading> Readings { get; init; } = [];

    /// <summary>The metrics that these probes tell.</summary>
    public IEnumerable<string> Metrics => Readings.Select(reading => reading.Metric.Name).Concat(NvidiaSmi ? ["gpu.use", "gpu.memory"] : []).Distinct();
}

/// <summary>An address of Prometheus text, or of a list of such addresses (Prometheus's <c>http_sd</c>).</summary>
/// <param name="Where">A URL, or a path of the target.</param>
/// <param name="IsList">Whether it answers with a list.</param>
public sealed record ProbeEndpoint(string Where, bool IsList);

/// <summary>How a series becomes a metric.</summary>
public enum ReadingForm
{
    /// <summary>The value as it is.</summary>
    Gauge,

    /// <summary>A counter's growth per second.</summary>
    Rate,

    /// <summary>A counter's growth, of other counters' growth.</summary>
    Ratio,

    /// <summary>Growth of a histogram's buckets.</summary>
    Histogram,

    /// <summary>Sum ÷ count of a histogram or summary since its process started.</summary>
    Average,
}

/// <summary>One rule of a profile: which series make a metric.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="Form">How it is read.</param>
/// <param name="Series">The series; several are added up.</param>
/// <param name="Of">Of a ratio, the series that make the whole.</param>
/// <param name="Scale">What values are multiplied by.</param>
/// <param name="By">Labels of the metric, and the labels of the series (or of the endpoint's list) that give their values.</param>
/// <param name="Labels">Labels of the metric with a value that is the same for all of the rule's series.</param>
/// <param name="Together">How levels of series that are of the same are taken together.</param>
public sealed record InsideReading(
    InsideMetric Metric, ReadingForm Form, IReadOnlyList<SeriesSelector> Series, IReadOnlyList<SeriesSelector> Of, double Scale,
    IReadOnlyDictionary<string, string> By, IReadOnlyDictionary<string, string> Labels, Together Together);
