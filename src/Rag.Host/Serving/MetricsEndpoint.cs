using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;
using Prometheus;

namespace Rag.Host.Serving;

/// <summary><c>GET /metrics</c>: our meter and the runtime's basic numbers, in Prometheus's text format.</summary>
internal sealed class MetricsEndpoint : IDisposable
{
    private static readonly double[] Seconds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 3, 5, 10, 30, 60, 120];

    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly ConcurrentDictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly IDisposable _listener;

    public MetricsEndpoint()
    {
        DotNetStats.Register(_registry);
        // Only our own meter: the framework's would cost a measurement per request and connection that nobody asked for.
        _listener = MeterAdapter.StartListening(new MeterAdapterOptions
        {
            Registry = _registry,
            MetricFactory = Metrics.WithCustomRegistry(_registry),
            InstrumentFilterPredicate = instrument => instrument.Meter.Name == "Rag" && Note(instrument),
            ResolveHistogramBuckets = instrument => Advised(instrument) ?? (instrument.Unit == "s" ? Seconds : Prometheus.Histogram.ExponentialBuckets(1, 2, 16)),
        });
    }

    // What an instrument advises, it knows better: a key is looked up in microseconds, an answer takes seconds.
    private static double[]? Advised(Instrument instrument) => instrument switch
    {
        Instrument<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        Instrument<long> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(bound => (double)bound)],
        _ => null,
    };

    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapMethods("/metrics", ["GET"], WriteAsync)
        .WithMetadata(((RequestDelegate)WriteAsync).Method, new EndpointSummaryAttribute("Metrics in Prometheus's text format"), new TagsAttribute("Operation"))
        .WithMetadata(new EndpointNameMetadata("get_metrics"), new ProducesResponseTypeMetadata(200, typeof(string), ["text/plain"]));

    public void Dispose() => _listener.Dispose();

    private async Task WriteAsync(HttpContext context)
    {
        using var collected = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(collected, context.RequestAborted).ConfigureAwait(false);
        var text = Renamed(Encoding.UTF8.GetString(collected.GetBuffer(), 0, (int)collected.Length));
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        await context.Response.WriteAsync(text, context.RequestAborted).ConfigureAwait(false);
    }

    private bool Note(Instrument instrument)
    {
        _names[AdapterName(instrument)] = PrometheusName.Of(instrument);
        return true;
    }

    // The adapter puts the meter's name before an instrument's, and neither unit nor _total behind it.
    private static string AdapterName(Instrument instrument) => PrometheusName.Cleaned($"{instrument.Meter.Name}_{instrument.Name}").ToLowerInvariant();

    private string Renamed(string text)
    {
        var written = new StringBuilder(text.Length + (text.Length >> 3));
        var (given, wanted) = ("", "");
        foreach (var range in text.AsSpan().Split('\n'))
        {
            var line = text.AsSpan(range);
            if (line.IsEmpty)
                continue;
            var comment = line.StartsWith("# ", StringComparison.Ordinal) ? "# HELP ".Length : 0;
            var rest = line[comment..];
            if (comment > 0)
            {
                given = rest[..rest.IndexOf(' ')].ToString();
                wanted = _names.GetValueOrDefault(given, given);
            }
            written.Append(line[..comment]);
            // Of a family's samples each begins with its name, and its comments come first.
            if (rest.StartsWith(given, StringComparison.Ordinal))
                written.Append(wanted).Append(rest[given.Length..]);
            else
                written.Append(rest);
            written.Append('\n');
        }
        return written.ToString();
    }
}
