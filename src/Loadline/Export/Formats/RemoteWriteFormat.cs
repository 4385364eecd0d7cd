using System.Globalization;
using Snappier;

namespace Loadline.Export.Formats;

/// <summary>Prometheus remote write 1.0 (prometheus.io/docs/specs/prw/remote_write_spec, prompb/types.proto): what is the body of one push.</summary>
internal static class RemoteWriteFormat
{
    /// <summary>The value that ends a series: a NaN with bits of its own (model/value in Prometheus).</summary>
    public static readonly double Stale = BitConverter.UInt64BitsToDouble(0x7ff0000000000002);

    /// <summary>The body: a <c>WriteRequest</c>, packed with Snappy.</summary>
    /// <param name="series">The series.</param>
    /// <param name="form">How histograms are written.</param>
    /// <param name="job">Labels that every series has beside its own.</param>
    /// <param name="at">When, Unix milliseconds.</param>
    /// <param name="stale">Whether this ends the series instead of giving their values.</param>
    /// <returns>The body, and how many samples it holds.</returns>
    public static (byte[] Body, int Samples) Write(IReadOnlyList<Series> series, HistogramForm form, IReadOnlyList<KeyValuePair<string, string>> job, long at, bool stale)
    {
        var request = new ProtobufWriter();
        var samples = 0;
        foreach (var one in series)
            foreach (var written in Write(one, form, job, at, stale))
            {
                request.Message(1, written);
                samples++;
            }
        foreach (var family in stale ? [] : series.Select(one => one.Family).Distinct())
            request.Message(3, Metadata(family));
        return (Snappy.CompressToArray(request.Written.Span), samples);
    }

    private static IEnumerable<ProtobufWriter> Write(Series series, HistogramForm form, IReadOnlyList<KeyValuePair<string, string>> job, long at, bool stale)
    {
        if (series.Histogram is not { } histogram)
            yield return Sample(series.Family.Name, [.. series.Labels, .. job], stale ? Stale : series.Value, at);
        else if (form == HistogramForm.Native)
            yield return Native(series.Family.Name, [.. series.Labels, .. job], histogram, at, stale);
        else
        {
            foreach (var (bound, count) in histogram.Fixed.Append((double.PositiveInfinity, histogram.Count)))
                yield return Sample(series.Family.Name + "_bucket", [.. series.Labels, .. job, new("le", Bound(bound))], stale ? Stale : count, at);
            yield return Sample(series.Family.Name + "_sum", [.. series.Labels, .. job], stale ? Stale : histogram.Sum, at);
            yield return Sample(series.Family.Name + "_count", [.. series.Labels, .. job], stale ? Stale : histogram.Count, at);
        }
    }

    /// <summary>A bound as the label <c>le</c> has it.</summary>
    public static string Bound(double bound) => double.IsPositiveInfinity(bound) ? "+Inf" : bound.ToString("R", CultureInfo.InvariantCulture);

    private static ProtobufWriter Sample(string name, IReadOnlyList<KeyValuePair<string, string>> labels, double value, long at)
    {
        var sample = new ProtobufWriter();
        sample.Double(1, value);
        sample.Int(2, at);
        var series = Labelled(name, labels);
        series.Message(2, sample);
        return series;
    }

    private static ProtobufWriter Native(string name, IReadOnlyList<KeyValuePair<string, string>> labels, HistogramValue value, long at, bool stale)
    {
        var histogram = new ProtobufWriter();
        histogram.UInt(1, stale ? 0 : (ulong)value.Count);
        histogram.Double(3, stale ? Stale : value.Sum);
        histogram.SInt(4, ExponentialHistogram.Schema);
        histogram.Double(5, ExponentialHistogram.ZeroThreshold);
        histogram.UInt(6, stale ? 0 : (ulong)value.Zeros);
        if (!stale)
        {
            var (spans, deltas) = value.Spans();
            foreach (var span in spans)
                histogram.Message(11, Span(span));
            histogram.PackedSInts(12, deltas);
        }
        histogram.Int(15, at);
        var series = Labelled(name, labels);
        series.Message(4, histogram);
        return series;
    }

    /// <summary>A stretch of buckets: the same in both of Prometheus's formats.</summary>
    public static ProtobufWriter Span((int Offset, int Length) span)
    {
        var written = new ProtobufWriter();
        written.SInt(1, span.Offset);
        written.UInt(2, (ulong)span.Length);
        return written;
    }

    // Labels come in the order of their names, the name of the metric among them.
    private static ProtobufWriter Labelled(string name, IReadOnlyList<KeyValuePair<string, string>> labels)
    {
        var series = new ProtobufWriter();
        foreach (var (key, value) in labels.Append(new("__name__", name)).OrderBy(label => label.Key, StringComparer.Ordinal))
        {
            var label = new ProtobufWriter();
            label.Text(1, key);
            label.Text(2, value);
            series.Message(1, label);
        }
        return series;
    }

    private static ProtobufWriter Metadata(MetricFamily family)
    {
        var metadata = new ProtobufWriter();
        metadata.UInt(1, family.Kind switch { MetricKind.Counter => 1, MetricKind.Gauge => 2, _ => 3 });
        metadata.Text(2, family.Name);
        metadata.Text(4, family.Help);
        return metadata;
    }
}
