using Loadline.Export;
using Loadline.Export.Formats;
using Snappier;
using Xunit;

namespace Loadline.Tests.Export;

public class ExportFormatTests
{
    private static readonly MetricFamily Counter = new("loadline_requests_total", MetricKind.Counter, "Requests.");
    private static readonly MetricFamily Times = new("loadline_request_duration_seconds", MetricKind.Histogram, "Times.");

    [Fact]
    public void The_text_has_a_head_for_each_family_and_escapes_labels() => Assert.Equal(
        """
        # HELP loadline_requests_total Requests.
        # TYPE loadline_requests_total counter
        loadline_requests_total{operation="say \"a\\b\""} 3
        # HELP loadline_request_duration_seconds Times.
        # TYPE loadline_request_duration_seconds histogram
        loadline_request_duration_seconds_bucket{le="0.1"} 1
        loadline_request_duration_seconds_bucket{le="1"} 1
        loadline_request_duration_seconds_bucket{le="+Inf"} 2
        loadline_request_duration_seconds_sum 2.05
        loadline_request_duration_seconds_count 2

        """.ReplaceLineEndings("\n"),
        ExpositionFormat.Text([new(Counter, [new("operation", "say \"a\\b\"")], 3), new(Times, [], 0, Histogram((0.05, 1), (2, 1)))]));

    [Theory]
    [InlineData("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.8,text/plain;version=0.0.4;q=0.5", true)]
    [InlineData("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", false)]
    [InlineData(null, false)]
    public void Native_histograms_go_to_those_who_ask_for_messages(string? accept, bool isProtobuf) => Assert.Equal(isProtobuf, ExpositionFormat.IsProtobuf(accept));

    [Fact]
    public void The_messages_hold_native_and_fixed_buckets()
    {
        var families = ProtobufReader.Delimited(ExpositionFormat.Protobuf([new(Counter, [new("operation", "query")], 3), new(Times, [], 0, Histogram((0.05, 1), (2, 1)))]).Span);
        Assert.Equal(["loadline_requests_total", "loadline_request_duration_seconds"], families.Select(family => family.Text(1)));
        Assert.Equal(3, families[0].Messages(4).Single().Messages(3).Single().Double(1));
        var histogram = families[1].Messages(4).Single().Messages(7).Single();
        Assert.Equal((2UL, 2.05, 4L), (histogram.UInt(1), histogram.Double(2), histogram.SInt(5)));
        Assert.Equal([(1UL, 0.1), (1UL, 1.0)], histogram.Messages(3).Select(bucket => (bucket.UInt(1), bucket.Double(2))));
        // 2 is in bucket 16, and 0.05 = 2^(−69.15/16) in −69: 84 empty ones lie between them.
        Assert.Equal([(-69L, 1UL), (84L, 1UL)], histogram.Messages(12).Select(span => (span.SInt(1), span.UInt(2))));
    }

    [Fact]
    public void A_push_holds_samples_with_sorted_labels_native_histograms_and_what_they_mean()
    {
        var (body, samples) = RemoteWriteFormat.Write(
            [new(Counter, [new("operation", "query")], 3), new(Times, [new("operation", "query")], 0, Histogram((0.05, 1), (2, 1)))], HistogramForm.Native, [new("job", "loadline")], 1234, stale: false);
        var request = new ProtobufReader(Snappy.DecompressToArray(body));
        Assert.Equal(2, samples);
        var series = request.Messages(1).ToList();
        Assert.Equal([("__name__", "loadline_requests_total"), ("job", "loadline"), ("operation", "query")], series[0].Messages(1).Select(label => (label.Text(1), label.Text(2))));
        Assert.Equal((3.0, 1234UL), (series[0].Messages(2).Single().Double(1), series[0].Messages(2).Single().UInt(2)));
        var histogram = series[1].Messages(4).Single();
        Assert.Equal((2UL, 2.05, 4L, 1234UL), (histogram.UInt(1), histogram.Double(3), histogram.SInt(4), histogram.UInt(15)));
        Assert.Equal([1L, 0L], histogram.PackedSInts(12));
        Assert.Equal([("loadline_requests_total", 1UL), ("loadline_request_duration_seconds", 3UL)], request.Messages(3).Select(family => (family.Text(2), family.UInt(1))));
    }

    [Fact]
    public void Classic_histograms_are_pushed_bucket_by_bucket()
    {
        var (body, samples) = RemoteWriteFormat.Write([new(Times, [], 0, Histogram((0.05, 1), (2, 1)))], HistogramForm.Classic, [], 1, stale: false);
        var series = new ProtobufReader(Snappy.DecompressToArray(body)).Messages(1).Select(each => (
            Labels: string.Join(' ', each.Messages(1).Select(label => label.Text(2))), Value: each.Messages(2).Single().Double(1)));
        Assert.Equal(5, samples);
        Assert.Equal(
            [("loadline_request_duration_seconds_bucket 0.1", 1), ("loadline_request_duration_seconds_bucket 1", 1), ("loadline_request_duration_seconds_bucket +Inf", 2), ("loadline_request_duration_seconds_sum", 2.05), ("loadline_request_duration_seconds_count", 2)],
            series);
    }

    [Fact]
    public void The_end_of_a_series_is_the_NaN_that_Prometheus_knows()
    {
        var (body, _) = RemoteWriteFormat.Write([new(Counter, [], 3), new(Times, [], 0, Histogram((2, 1)))], HistogramForm.Native, [], 1, stale: true);
        var series = new ProtobufReader(Snappy.DecompressToArray(body)).Messages(1).ToList();
        Assert.Equal(0x7ff0000000000002UL, series[0].Messages(2).Single().UInt(1));
        Assert.Equal(0x7ff0000000000002UL, series[1].Messages(4).Single().UInt(3));
    }

    private static HistogramValue Histogram(params (double Value, long Count)[] values)
    {
        var histogram = new ExponentialHistogram([0.1, 1]);
        foreach (var (value, count) in values)
            histogram.Add(value, count);
        return histogram.Value();
    }
}
