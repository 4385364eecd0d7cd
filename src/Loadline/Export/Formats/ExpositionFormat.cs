using System.Globalization;
using System.Text;

namespace Loadline.Export.Formats;

/// <summary>What <c>/metrics</c> answers: Prometheus's text, or, to those who ask for it, its protobuf messages with native histograms in them.</summary>
internal static class ExpositionFormat
{
    /// <summary>The media type of the text.</summary>
    public const string TextType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>The media type of the messages.</summary>
    public const string ProtobufType = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

    /// <summary>Whether an Accept header asks for the messages.</summary>
    public static bool IsProtobuf(string? accept) =>
        accept?.Contains("application/vnd.google.protobuf", StringComparison.Ordinal) == true && accept.Contains("encoding=delimited", StringComparison.Ordinal);

    /// <summary>As text, histograms with their fixed buckets.</summary>
    public static string Text(IReadOnlyList<Series> series)
    {
        var text = new StringBuilder(8192);
        foreach (var family in series.GroupBy(one => one.Family))
        {
            text.Append("# HELP ").Append(family.Key.Name).Append(' ').Append(family.Key.Help.Replace("\\", "\\\\", StringComparison.Ordinal)).Append('\n');
            text.Append("# TYPE ").Append(family.Key.Name).Append(' ').Append(family.Key.Kind.ToString().ToLowerInvariant()).Append('\n');
            foreach (var one in family)
                Append(text, one);
        }
        return text.ToString();
    }

    /// <summary>As messages (io.prometheus.client.MetricFamily, each behind its length).</summary>
    public static ReadOnlyMemory<byte> Protobuf(IReadOnlyList<Series> series)
    {
        var all = new ProtobufWriter();
        foreach (var family in series.GroupBy(one => one.Family))
        {
            var message = new ProtobufWriter();
            message.Text(1, family.Key.Name);
            message.Text(2, family.Key.Help);
            message.UInt(3, family.Key.Kind switch { MetricKind.Counter => 0, MetricKind.Gauge => 1, _ => 4 });
            foreach (var one in family)
                message.Message(4, Metric(one));
            all.Delimited(message);
        }
        return all.Written;
    }

    private static void Append(StringBuilder text, Series series)
    {
        if (series.Histogram is not { } histogram)
        {
            Line(text, series.Family.Name, series.Labels, series.Value);
            return;
        }
        foreach (var (bound, count) in histogram.Fixed.Append((double.PositiveInfinity, histogram.Count)))
            Line(text, series.Family.Name + "_bucket", [.. series.Labels, new("le", RemoteWriteFormat.Bound(bound))], count);
        Line(text, series.Family.Name + "_sum", series.Labels, histogram.Sum);
        Line(text, series.Family.Name + "_count", series.Labels, histogram.Count);
    }

    private static void Line(StringBuilder text, string name, IReadOnlyList<KeyValuePair<string, string>> labels, double value)
    {
        text.Append(name);
        if (labels.Count > 0)
            text.Append('{').AppendJoin(',', labels.Select(label => $"{label.Key}=\"{Escaped(label.Value)}\"")).Append('}');
        text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
    }

    private static string Escaped(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static ProtobufWriter Metric(Series series)
    {
        var metric = new ProtobufWriter();
        foreach (var (key, value) in series.Labels)
        {
            var label = new ProtobufWriter();
            label.Text(1, key);
            label.Text(2, value);
            metric.Message(1, label);
        }
        if (series.Histogram is { } histogram)
            metric.Message(7, Histogram(histogram));
        else
        {
            var number = new ProtobufWriter();
            number.Double(1, series.Value);
            metric.Message(series.Family.Kind == MetricKind.Counter ? 3 : 2, number);
        }
        return metric;
    }

    private static ProtobufWriter Histogram(HistogramValue value)
    {
        var histogram = new ProtobufWriter();
        histogram.UInt(1, (ulong)value.Count);
        histogram.Double(2, value.Sum);
        foreach (var (bound, count) in value.Fixed)
        {
            var bucket = new ProtobufWriter();
            bucket.UInt(1, (ulong)count);
            bucket.Double(2, bound);
            histogram.Message(3, bucket);
        }
        histogram.SInt(5, ExponentialHistogram.Schema);
        histogram.Double(6, ExponentialHistogram.ZeroThreshold);
        histogram.UInt(7, (ulong)value.Zeros);
        var (spans, deltas) = value.Spans();
        foreach (var span in spans)
            histogram.Message(12, RemoteWriteFormat.Span(span));
        foreach (var delta in deltas)
            histogram.SInt(13, delta);
        return histogram;
    }
}
