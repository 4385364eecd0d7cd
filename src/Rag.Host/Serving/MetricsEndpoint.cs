using System.Diagnostics.Metrics;
using System.Text;
using Prometheus;

namespace Rag.Host.Serving;

/// <summary><c>GET /metrics</c>: our meter and the runtime's basic numbers, in Prometheus's text format.</summary>
internal sealed class MetricsEndpoint : IDisposable
{
    private static readonly double[] Seconds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 3, 5, 10, 30, 60, 120];

    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly IDisposable _listener;

    public MetricsEndpoint()
    {
        DotNetStats.Register(_registry);
        // Only our own meter: the framework's would cost a measurement per request and connection that nobody asked for.
        _listener = MeterAdapter.StartListening(new MeterAdapterOptions
        {
            Registry = _registry,
            MetricFactory = Metrics.WithCustomRegistry(_registry),
            InstrumentFilterPredicate = instrument => instrument.Meter.Name == "Rag",
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
        // The adapter puts the meter's name before names that have it already (rag.query.duration of the meter Rag), and before those of OpenTelemetry's conventions.
        var text = Encoding.UTF8.GetString(collected.GetBuffer(), 0, (int)collected.Length)
            .Replace("rag_rag_", "rag_", StringComparison.Ordinal).Replace("rag_gen_ai_", "gen_ai_", StringComparison.Ordinal);
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        await context.Response.WriteAsync(text, context.RequestAborted).ConfigureAwait(false);
    }
}
