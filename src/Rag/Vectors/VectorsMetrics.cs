using System.Diagnostics.Metrics;

namespace Rag.Vectors;

/// <summary>What the service tells about itself, on the meter <c>Rag</c>.</summary>
internal sealed class VectorsMetrics : IDisposable
{
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        // Up to what a call's time allows: a percentile is never told above the last bound, and alerts ask for more than a second.
        HistogramBucketBoundaries = [0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10, 30],
    };

    private readonly Meter _meter = new("Rag");
    private readonly Counter<long> _inserts, _deletes, _reused;
    private readonly Histogram<double> _search, _replace, _repair, _snapshot;

    /// <param name="state">What the gauges tell; null where nobody knows, and they tell nothing.</param>
    /// <param name="number">Which index it is: while the embedding model changes there are two. The first has no label, others have their number as <c>index</c>.</param>
    public VectorsMetrics(Func<VectorsState?> state, int number)
    {
        KeyValuePair<string, object?>[] labels = number == 1 ? [] : [new("index", number)];
        _search = _meter.CreateHistogram("rag.vectors.search.duration", "s", "One search, inside the index; those that were given up with the time until then.", null, Seconds);
        _replace = _meter.CreateHistogram("rag.vectors.replace.duration", "s", "One replacement or deletion until it is durable and visible; those that were given up with the time until then.", null, Seconds);
        _repair = _meter.CreateHistogram<double>("rag.vectors.repair.duration", "s", "One repair of a tenant's graph, in the background.");
        _snapshot = _meter.CreateHistogram<double>("rag.vectors.snapshot.duration", "s", "One snapshot, in the background.");
        _inserts = _meter.CreateCounter<long>("rag.vectors.inserts", "{chunk}", "Chunks inserted.");
        _deletes = _meter.CreateCounter<long>("rag.vectors.deletes", "{chunk}", "Chunks deleted or replaced.");
        _reused = _meter.CreateCounter<long>("rag.vectors.reclaimed", "{chunk}", "Places of deleted chunks that repairs gave back.");
        _meter.CreateObservableGauge("rag.vectors.chunks", () => Told(seen => seen.Chunks), "{chunk}", "Chunks that searches see.");
        _meter.CreateObservableGauge("rag.vectors.deleted", () => Told(seen => seen.Deleted), "{chunk}", "Deleted chunks whose places aren't reused yet.");
        _meter.CreateObservableGauge("rag.vectors.memory", () => Told(seen => seen.Bytes), "By", "Memory of vectors and graph; with an engine on a server its size there.");

        IEnumerable<Measurement<long>> Told(Func<VectorsState, long> value) => state() is { } seen ? [new Measurement<long>(value(seen), labels)] : [];
    }

    public void Searched(TimeSpan took) => _search.Record(took.TotalSeconds);

    public void Replaced(TimeSpan took) => _replace.Record(took.TotalSeconds);

    public void Inserted(int chunks) => _inserts.Add(chunks);

    public void Deleted(int chunks) => _deletes.Add(chunks);

    public void Repaired(int slots, TimeSpan took)
    {
        _reused.Add(slots);
        _repair.Record(took.TotalSeconds);
    }

    public void Snapshotted(TimeSpan took) => _snapshot.Record(took.TotalSeconds);

    public void Dispose() => _meter.Dispose();
}
