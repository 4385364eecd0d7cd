using System.Diagnostics.Metrics;

namespace Rag.Gateway;

/// <summary>What the gateway itself takes of a request's time; written once per request that gets past the gate.</summary>
internal static class GatewayMetrics
{
    // Both take microseconds as a rule: a remembered key, a count.
    private static readonly InstrumentAdvice<double> Short = new()
    {
        HistogramBucketBoundaries = [0.000002, 0.000005, 0.00001, 0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
    };

    private static readonly Meter Meter = new("Rag");

    private static readonly Histogram<double> Authentication = Meter.CreateHistogram(
        "rag.gateway.auth.duration", "s", "From a request's head to its caller being known; a call to identity included where the key isn't remembered", null, Short);

    private static readonly Histogram<double> Routing = Meter.CreateHistogram(
        "rag.gateway.routing.duration", "s", "What the gateway takes before the service behind it is called: admission, limit and quota, authentication left out", null, Short);

    /// <summary>A request got past the gate.</summary>
    public static void Passed(TimeSpan authentication, TimeSpan routing)
    {
        Authentication.Record(authentication.TotalSeconds);
        Routing.Record(routing.TotalSeconds);
    }
}
