using System.Text.Json;
using Loadline.Recording;
using Loadline.Targets;

namespace Loadline.Reports;

/// <summary>Looks at the target from inside as columns for the report's charts: each metric by its parts, or as a whole where it has none. Long runs are thinned to <see cref="MostPoints"/> looks.</summary>
internal static class InsideColumns
{
    public const int MostPoints = 600;

    public static void Write(Utf8JsonWriter json, IReadOnlyList<InsidePoint> looks)
    {
        json.WriteStartObject("inside");
        var lines = Lines(looks);
        foreach (var metric in InsideMetric.All)
        {
            var mine = lines.Where(line => line.Key.Name == metric.Name).OrderBy(line => line.Key.Of, StringComparer.Ordinal).ToList();
            if (mine.Count == 0)
                continue;
            json.WriteStartObject(metric.Name);
            json.WriteString("unit", metric.Unit);
            json.WriteStartObject("of");
            foreach (var (key, points) in mine)
            {
                var stride = 1 + ((points.Count - 1) / MostPoints);
                json.WriteStartObject(key.Of);
                Column(json, "t", points.Where((_, at) => at % stride == 0).Select(point => point.At));
                Column(json, "v", points.Where((_, at) => at % stride == 0).Select(point => point.Value));
                json.WriteEndObject();
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static Dictionary<(string Name, string Of), List<(double At, double Value)>> Lines(IReadOnlyList<InsidePoint> looks)
    {
        var lines = new Dictionary<(string, string), List<(double, double)>>();
        foreach (var look in looks)
        {
            foreach (var (key, value) in look.Levels ?? new Dictionary<string, double>())
                Add(key, value);
            foreach (var (key, pair) in look.Rates ?? new Dictionary<string, double[]>())
                Add(key, pair[1] > 0 ? pair[0] / pair[1] : null);
            foreach (var (key, pair) in look.Shares ?? new Dictionary<string, double[]>())
                Add(key, pair[1] > 0 ? 100 * pair[0] / pair[1] : null);
            foreach (var (key, buckets) in look.Times ?? new Dictionary<string, InsideBuckets>())
                Add(key, buckets.Quantile(0.95) is { } value && double.IsFinite(value) ? value : null);

            void Add(string key, double? value)
            {
                if (value is not { } number)
                    return;
                var (name, labels) = InsideTotals.Parse(key);
                var of = string.Join(", ", labels.Select(label => label.Value));
                if (!lines.TryGetValue((name, of), out var line))
                    lines[(name, of)] = line = [];
                line.Add((look.T, number));
            }
        }
        return lines;
    }

    private static void Column(Utf8JsonWriter json, string name, IEnumerable<double> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
