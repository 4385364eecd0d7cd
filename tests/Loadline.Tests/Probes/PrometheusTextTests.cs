using System.Text;
using Loadline.Probes;
using Xunit;

namespace Loadline.Tests.Probes;

public class PrometheusTextTests
{
    [Theory]
    // Classic text, https://prometheus.io/docs/instrumenting/exposition_formats/
    [InlineData("http_requests_total{method=\"post\",code=\"200\"} 1027 1395066363000", "http_requests_total", "method=post,code=200", 1027)]
    [InlineData("metric_without_timestamp_and_labels 12.47", "metric_without_timestamp_and_labels", "", 12.47)]
    [InlineData("msdos_file_access_time_seconds{path=\"C:\\\\DIR\\\\FILE.TXT\",error=\"Cannot find file:\\n\\\"FILE.TXT\\\"\"} 1.458255915e9", "msdos_file_access_time_seconds", "path=C:\\DIR\\FILE.TXT,error=Cannot find file:\n\"FILE.TXT\"", 1.458255915e9)]
    [InlineData("something_weird{problem=\"division by zero\"} +Inf -3982045", "something_weird", "problem=division by zero", double.PositiveInfinity)]
    [InlineData("http_request_duration_seconds_bucket{le=\"+Inf\"} 144320", "http_request_duration_seconds_bucket", "le=+Inf", 144320)]
    [InlineData("go_gc_duration_seconds{quantile=\"0\"} 4.9351e-05", "go_gc_duration_seconds", "quantile=0", 4.9351e-05)]
    [InlineData("spaced  { a = \"b\" , c=\"}\" , }   7", null, "", 0)]
    [InlineData("spaced{ a=\"b\" , c=\"} ,\" , }   7", "spaced", "a=b,c=} ,", 7)]
    [InlineData("negative -Inf", "negative", "", double.NegativeInfinity)]
    [InlineData("none NaN", "none", "", double.NaN)]
    [InlineData("plus +3.5\r", "plus", "", 3.5)]
    // OpenMetrics: an exemplar behind the value; Prometheus 3: a quoted name.
    [InlineData("foo_bucket{le=\"0.1\"} 8 # {trace_id=\"oHg5SJYRHA0\"} 0.067 1520879607.789", "foo_bucket", "le=0.1", 8)]
    [InlineData("{\"my.metric\",label=\"x\"} 5", "my.metric", "label=x", 5)]
    [InlineData("{\"my.metric\"} 5", "my.metric", "", 5)]
    [InlineData("# HELP http_requests_total The total", null, "", 0)]
    [InlineData("# EOF", null, "", 0)]
    [InlineData("", null, "", 0)]
    [InlineData("alone", null, "", 0)]
    [InlineData("open{a=\"b 3", null, "", 0)]
    [InlineData("words three", null, "", 0)]
    [InlineData("<html>", null, "", 0)]
    public void A_line_is_a_series_with_its_value_or_none(string line, string? name, string labels, double value)
    {
        var isOne = PrometheusLine.TryRead(Encoding.UTF8.GetBytes(line), out var read);
        Assert.Equal(name is not null, isOne);
        if (!isOne)
            return;
        var found = new Dictionary<string, string>();
        Assert.True(read.TryLabels(found));
        Assert.Equal((name, labels, value), (Encoding.UTF8.GetString(read.Name), string.Join(',', found.Select(label => $"{label.Key}={label.Value}")), read.Value));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    public async Task Lines_are_the_same_however_the_bytes_come(int chunk)
    {
        var text = string.Concat(Enumerable.Range(0, 300).Select(i => $"series_{i} {i}\n")) + "last 1";
        var lines = new List<string>();
        await PrometheusText.ReadAsync(new Dripping(Encoding.UTF8.GetBytes(text), chunk), line => lines.Add(Encoding.UTF8.GetString(line)), TestContext.Current.CancellationToken);
        Assert.Equal(text.Split('\n'), lines);
    }

    [Fact]
    public async Task What_has_no_end_is_given_up_within_its_bound()
    {
        var line = await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(new Dripping(new byte[PrometheusText.LongestLine * 3], 8192)));
        Assert.Contains("a line of more than 64 KiB", line.Message);
        var all = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("a 1\n", (int)(PrometheusText.MostBytes / 4) + 10)));
        Assert.Contains("more than 16 MiB", (await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(new MemoryStream(all)))).Message);

        static Task ReadAsync(Stream stream) => PrometheusText.ReadAsync(stream, _ => { }, TestContext.Current.CancellationToken);
    }

    private sealed class Dripping(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(chunk, buffer.Length)], cancellationToken);
    }
}
