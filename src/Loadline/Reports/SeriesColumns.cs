using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Loadline.Recording;

namespace Loadline.Reports;

/// <summary>The time series as columns of numbers for the report's charts: a third of the size of its rows. Values are exact; only names are not repeated.</summary>
internal static class SeriesColumns
{
    public static IReadOnlyList<string> OperationNames(IReadOnlyList<SeriesPoint> series) =>
        [.. series.SelectMany(point => point.Operations.Keys).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>JSON that is safe inside an HTML script element: the writer's default encoder escapes <c>&lt;</c>, <c>&gt;</c> and <c>&amp;</c>.</summary>
    public static string Render(IReadOnlyList<SeriesPoint> series, IReadOnlyList<InsidePoint> inside)
    {
        var buffer = new ArrayBufferWriter<byte>(1 << 16);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            Column(json, "t", series, point => point.T);
            Column(json, "users", series, point => point.Users);
            Column(json, "tokens", series, point => point.Tokens);
            Column(json, "ttftP50", series, point => point.TtftP50);
            Column(json, "ttftP95", series, point => point.TtftP95);
            Column(json, "gapP50", series, point => point.GapP50);
            Column(json, "gapP95", series, point => point.GapP95);
            Column(json, "searchableP95", series, point => point.SearchableP95);
            json.WriteStartObject("operations");
            foreach (var name in OperationNames(series))
                Operation(json, name, series);
            json.WriteEndObject();
            Processes(json, series);
            InsideColumns.Write(json, inside);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Operation(Utf8JsonWriter json, string name, IReadOnlyList<SeriesPoint> series)
    {
        json.WriteStartObject(name);
        void Of(string column, Func<SeriesOperation, double?> value, double? none) =>
            Column(json, column, series, point => point.Operations.TryGetValue(name, out var operation) ? value(operation) : none);
        Of("ok", operation => operation.Ok, 0);
        Of("degraded", operation => operation.Degraded, 0);
        Of("throttled", operation => operation.Throttled, 0);
        Of("failed", operation => operation.Failed, 0);
        Of("timed_out", operation => operation.TimedOut, 0);
        Of("p50", operation => operation.P50, null);
        Of("p95", operation => operation.P95, null);
        Of("p99", operation => operation.P99, null);
        Of("serviceP95", operation => operation.ServiceP95, null);
        json.WriteEndObject();
    }

    private static void Processes(Utf8JsonWriter json, IReadOnlyList<SeriesPoint> series)
    {
        // Sampled every few seconds: only the seconds with a sample.
        var sampled = series.Where(point => point.Processes is { Count: > 0 }).ToList();
        json.WriteStartObject("processes");
        Column(json, "t", sampled, point => point.T);
        json.WriteStartObject("of");
        foreach (var name in sampled.SelectMany(point => point.Processes!.Keys).Distinct().Order(StringComparer.Ordinal))
        {
            json.WriteStartObject(name);
            Column(json, "cpu", sampled, point => point.Processes!.GetValueOrDefault(name)?.CpuCores);
            Column(json, "memory", sampled, point => point.Processes!.GetValueOrDefault(name)?.MemoryBytes);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Column(Utf8JsonWriter json, string name, IReadOnlyList<SeriesPoint> series, Func<SeriesPoint, double?> value)
    {
        json.WriteStartArray(name);
        foreach (var point in series)
        {
            if (value(point) is { } number)
                json.WriteRawValue(number.ToString("R", CultureInfo.InvariantCulture), skipInputValidation: true);
            else
                json.WriteNullValue();
        }
        json.WriteEndArray();
    }
}
