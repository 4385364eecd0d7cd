using System.Text.Json;
using Loadline.Recording;
using Loadline.Targets;

namespace Loadline.Reports;

/// <summary>Looks at the target from inside as columns for the report's charts: each metric by its parts, or as a whole where it has none. Long runs are thinned to <see cref="MostPoints"/> looks.</summary>
internal static class InsideColumns
{
    public const int MostPoints = 600;

    /// <summary>What one look tells: metric, part and value. Of times the 95th percentile; above the last bucket, where nobody knows it, nothing.</summary>
    public static IEnumerable<(InsideMetric Metric, string Of, double Value)> Values(InsidePoint look)
    {
        foreach (var (key, value) in Numbers(look))
        {
            var (name, labels) = InsideTotals.Parse(key);
            if (value is { } number && double.IsFinite(number) && InsideMetric.Find(name) is { } metric)
                yield return (metric, string.Join(", ", labels.Select(label => label.Value)), number);
        }
    }

    public static void Write(Utf8JsonWriter json, IReadOnlyList<InsidePoint> looks)
    {
        var lines = looks.SelectMany(look => Values(look).Select(value => (look.T, value.Metric, value.Of, value.Value))).ToLookup(value => value.Metric);
        json.WriteStartObject("inside");
        foreach (var metric in InsideMetric.All.Where(lines.Contains))
        {
            json.WriteStartObject(metric.Name);
            json.WriteString("unit", metric.Unit);
            json.WriteStartObject("of");
            foreach (var part in lines[metric].GroupBy(value => value.Of).OrderBy(part => part.Key, StringComparer.Ordinal))
            {
                var points = part.ToList();
                var stride = 1 + ((points.Count - 1) / MostPoints);
                json.WriteStartObject(part.Key);
                Column(json, "t", points.Where((_, at) => at % stride == 0).Select(point => point.T));
                Column(json, "v", points.Where((_, at) => at % stride == 0).Select(point => point.Value));
                json.WriteEndObject();
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static IEnumerable<(string Key, double? Value)> Numbers(InsidePoint look)
    {
        foreach (var (key, value) in look.Levels ?? new Dictionary<string, double>())
            yield return (key, value);
        foreach (var (key, pair) in look.Rates ?? new Dictionary<string, double[]>())
            yield return (key, pair[1] > 0 ? pair[0] / pair[1] : null);
        foreach (var (key, pair) in look.Shares ?? new Dictionary<string, double[]>())
            yield return (key, pair[1] > 0 ? 100 * pair[0] / pair[1] : null);
        foreach (var (key, buckets) in look.Times ?? new Dictionary<string, InsideBuckets>())
            yield return (key, buckets.Quantile(0.95));
    }

    private static void Column(Utf8JsonWriter json, string name, IEnumerable<double> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
