using System.Buffers;
using System.Diagnostics.Metrics;

namespace Rag.Host.Serving;

/// <summary>
/// What an instrument is called in Prometheus, by OpenTelemetry's rules (Prometheus and OpenMetrics compatibility, "Metric name" and "Units"): dots become underscores, the unit and, of counters,
/// <c>_total</c> come behind it unless they are there. <c>rag.query.duration</c> in <c>s</c> is <c>rag_query_duration_seconds</c>.
/// </summary>
internal static class PrometheusName
{
    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:");

    /// <summary>The instrument's name.</summary>
    public static string Of(Instrument instrument)
    {
        var name = Cleaned(instrument.Name);
        if (UnitSuffix(instrument) is { } unit && !name.EndsWith('_' + unit, StringComparison.Ordinal))
            name += '_' + unit;
        return IsCounter(instrument) && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
    }

    /// <summary>A name in which all that Prometheus does not allow is an underscore.</summary>
    public static string Cleaned(string name) => string.Create(name.Length, name, static (cleaned, from) =>
    {
        for (var at = 0; at < cleaned.Length; at++)
            cleaned[at] = Allowed.Contains(from[at]) ? from[at] : '_';
    });

    // Units in braces are notes, and those of what is counted.
    private static string? UnitSuffix(Instrument instrument) => instrument.Unit switch
    {
        "s" => "seconds",
        "By" => "bytes",
        _ => null,
    };

    private static bool IsCounter(Instrument instrument) =>
        instrument.GetType() is { IsGenericType: true } type && (type.GetGenericTypeDefinition() == typeof(Counter<>) || type.GetGenericTypeDefinition() == typeof(ObservableCounter<>));
}
