namespace Loadline.Export;

/// <summary>What Prometheus calls a metric's type.</summary>
internal enum MetricKind
{
    /// <summary>Goes up only, and from 0 again with a new run.</summary>
    Counter,

    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>How often which values came.</summary>
    Histogram,
}

/// <summary>A metric: its name by Prometheus's conventions (base units, <c>_total</c> behind counters), its type, and what it means.</summary>
/// <param name="Name">The name; no other family has it.</param>
/// <param name="Kind">The type.</param>
/// <param name="Help">What a value means, one sentence without a line break.</param>
internal sealed record MetricFamily(string Name, MetricKind Kind, string Help);

/// <summary>One series of a family at one moment.</summary>
/// <param name="Family">The family.</param>
/// <param name="Labels">Its labels, in the order of their names; no two series of a family have the same.</param>
/// <param name="Value">The value of a counter or a gauge.</param>
/// <param name="Histogram">The value of a histogram; null for other kinds.</param>
internal sealed record Series(MetricFamily Family, IReadOnlyList<KeyValuePair<string, string>> Labels, double Value, HistogramValue? Histogram = null);
