using System.Diagnostics.Metrics;

namespace Rag.Documents;

/// <summary>What the queue measures. Co-hosted services share the meter called <c>Rag</c>.</summary>
internal static class DocumentsMetrics
{
    private static readonly Meter Meter = new("Rag");

    /// <summary>From acknowledged to searchable, durable in all indexes; retries and waits included.</summary>
    public static readonly Histogram<double> Lag = Meter.CreateHistogram(
        "rag.ingestion.lag", "s", "Seconds from acknowledged to searchable",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800] });

    private static readonly Counter<long> Documents = Meter.CreateCounter<long>(
        "rag.ingestion.documents", null, "Jobs ended, by outcome: searchable, deleted, superseded, failed, retried, deferred");

    private static readonly Counter<long> Versions = Meter.CreateCounter<long>(
        "rag.documents.overtaken", "{version}", "Versions that the next upload came after before they were searchable");

    private static readonly List<WeakReference<DocumentMemory>> Queues = [];

    static DocumentsMetrics()
    {
        Meter.CreateObservableGauge("rag.documents.queue_depth", () => Sum(m => m.Board.Depth), null, "Jobs not yet finished, those in hand included");
        Meter.CreateObservableGauge("rag.documents.queue_lag", () => Greatest(m => m.Board.Lag().TotalSeconds), "s", "Age of the oldest job that no worker has; uploads are refused past documents:max_lag_seconds");
    }

    public static void Ended(string outcome) => Documents.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>A version was followed by another before it was searchable. Most are never indexed, as the newer takes their place in the queue: no job of theirs ends.</summary>
    public static void Overtaken() => Versions.Add(1);

    /// <summary>Counts a service's queue in from now on, until it is disposed of.</summary>
    public static void Watch(DocumentMemory memory)
    {
        lock (Queues)
            Queues.Add(new WeakReference<DocumentMemory>(memory));
    }

    public static void Forget(DocumentMemory memory)
    {
        lock (Queues)
            Queues.RemoveAll(q => !q.TryGetTarget(out var watched) || ReferenceEquals(watched, memory));
    }

    private static double Greatest(Func<DocumentMemory, double> value)
    {
        lock (Queues)
            return Queues.Select(q => q.TryGetTarget(out var memory) ? value(memory) : 0).DefaultIfEmpty().Max();
    }

    private static long Sum(Func<DocumentMemory, long> value)
    {
        lock (Queues)
            return Queues.Sum(q => q.TryGetTarget(out var memory) ? value(memory) : 0);
    }
}
