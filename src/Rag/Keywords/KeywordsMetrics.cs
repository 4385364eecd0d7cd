using System.Diagnostics.Metrics;

namespace Rag.Keywords;

/// <summary>What every engine of keywords tells, on the meter <c>Rag</c>.</summary>
public static class KeywordsMetrics
{
    private static readonly Meter Meter = new("Rag");
    private static readonly Histogram<double> SearchDuration = Meter.CreateHistogram<double>("rag.keywords.search.duration", "s", "Time of one keyword search");
    private static readonly Histogram<double> WriteDuration = Meter.CreateHistogram<double>("rag.keywords.write.duration", "s", "Time from the call until a write is durable and searchable");
    private static KeywordsState? _seen;

    static KeywordsMetrics()
    {
        Meter.CreateObservableGauge("rag.keywords.chunks", () => Told(state => state.Chunks), "{chunk}", "Chunks that searches see; every process that shares an index tells of all of it");
        Meter.CreateObservableGauge("rag.keywords.terms", () => Told(state => state.Terms), "{term}", "Different terms; 0 where the engine does not count them");
        Meter.CreateObservableGauge("rag.keywords.size", () => Told(state => state.Bytes), "By", "Size of the index: in memory, or with an engine on a server there");
    }

    /// <summary>A search has ended well.</summary>
    public static void Searched(TimeSpan took) => SearchDuration.Record(took.TotalSeconds);

    /// <summary>A write has ended well.</summary>
    public static void Written(TimeSpan took) => WriteDuration.Record(took.TotalSeconds);

    /// <summary>Sees how large an index is.</summary>
    internal static async Task LookAsync(IKeywords keywords, CancellationToken cancellationToken)
    {
        try
        {
            Volatile.Write(ref _seen, await keywords.DescribeAsync(cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            Volatile.Write(ref _seen, null); // no number rather than an old one
            throw;
        }
    }

    private static IEnumerable<Measurement<long>> Told(Func<KeywordsState, long> value) => Volatile.Read(ref _seen) is { } state ? [new Measurement<long>(value(state))] : [];
}
