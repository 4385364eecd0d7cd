using System.Diagnostics.Metrics;

namespace Rag.Engines.Onnx;

/// <summary>What is measured of models that run in this process, by seam. Embeddings a second are the rate of <c>rag.model.texts</c>.</summary>
internal sealed class OnnxMetrics(string seam)
{
    private static readonly Meter Meter = new("Rag");
    private static readonly Histogram<double> LoadTime = Meter.CreateHistogram<double>("rag.model.load.duration", "s", "Time to load a model: files, hash, sessions and a first computation, by seam");
    private static readonly Counter<long> Loads = Meter.CreateCounter<long>("rag.model.loads", "{load}", "Models loaded, by seam and result (loaded, refused)");
    private static readonly UpDownCounter<long> Open = Meter.CreateUpDownCounter<long>("rag.model.open", "{model}", "Models in memory, by seam; two while a changed one takes over");
    private static readonly Counter<long> Texts = Meter.CreateCounter<long>("rag.model.texts", "{text}", "Texts computed, by seam");
    private static readonly Histogram<int> BatchTexts = Meter.CreateHistogram<int>("rag.model.batch.texts", "{text}", "Texts of a batch, by seam");
    private static readonly Histogram<double> BatchFill = Meter.CreateHistogram<double>("rag.model.batch.fill", "1", "Share of a batch's tokens that are no padding, by seam");
    private static readonly Histogram<double> BatchTime = Meter.CreateHistogram<double>("rag.model.batch.duration", "s", "Time to compute a batch, by seam");
    private static readonly UpDownCounter<long> Waiting = Meter.CreateUpDownCounter<long>("rag.model.queue", "{text}", "Texts that wait for a batch, by seam");

    private readonly KeyValuePair<string, object?> _seam = new("seam", seam);

    public void Loaded(TimeSpan took)
    {
        LoadTime.Record(took.TotalSeconds, _seam);
        Loads.Add(1, _seam, new("result", "loaded"));
        Open.Add(1, _seam);
    }

    public void Refused() => Loads.Add(1, _seam, new("result", "refused"));

    public void Closed() => Open.Add(-1, _seam);

    public void Queued(int texts) => Waiting.Add(texts, _seam);

    public void Computed(int texts, int tokens, int padded, TimeSpan took)
    {
        Texts.Add(texts, _seam);
        BatchTexts.Record(texts, _seam);
        BatchFill.Record((double)tokens / padded, _seam);
        BatchTime.Record(took.TotalSeconds, _seam);
    }
}
