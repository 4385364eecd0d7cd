using Loadline.Recording;
using Loadline.Targets;

namespace Loadline.Verdicts;

/// <summary>A metric of the inside over a part of the run.</summary>
/// <param name="Metric">Its name.</param>
/// <param name="Selector">What it is of, such as <c>service:embedding</c>; null for all parts together.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Min">The least look; null of times.</param>
/// <param name="Mean">Of growth over all of the part, of levels over the looks.</param>
/// <param name="P95">The 95th percentile: of times of the values, otherwise of the looks; null when it lies above the last bucket.</param>
/// <param name="Max">The greatest look; null of times.</param>
/// <param name="Samples">Values, lookups or looks that it rests on.</param>
public sealed record ToldValue(string Metric, string? Selector, string Unit, double? Min, double Mean, double? P95, double? Max, long Samples);

/// <summary>Every metric of the inside over a part of a run.</summary>
public static class ToldMeasures
{
    private static readonly Statistic[] Reported = [Statistic.Read("min")!, Statistic.Read("mean")!, Statistic.Of(50), Statistic.Of(95), Statistic.Of(99), Statistic.Read("max")!];

    /// <summary>The looks of a part of the run: levels belong to their moment, growth to the middle of its time.</summary>
    /// <param name="points">All looks.</param>
    /// <param name="start">The part's first moment, seconds since the run's start.</param>
    /// <param name="end">The first moment after it.</param>
    public static IEnumerable<InsidePoint> Within(IEnumerable<InsidePoint> points, double start, double end)
    {
        foreach (var point in points)
        {
            var (levels, growth) = (point.T >= start && point.T < end, point.T - (point.Over / 2) is var middle && middle >= start && middle < end);
            if (levels || growth)
                yield return levels && growth ? point : point with
                {
                    Levels = levels ? point.Levels : null,
                    Rates = growth ? point.Rates : null,
                    Shares = growth ? point.Shares : null,
                    Times = growth ? point.Times : null,
                    Asked = levels ? point.Asked : 0,
                    Failed = levels ? point.Failed : null,
                };
        }
    }

    /// <summary>Measures everything that was seen: each part, and where there are several all of them together.</summary>
    /// <param name="points">The looks of the part.</param>
    /// <returns>The values, and all that a summary lists by full name.</returns>
    public static (IReadOnlyList<ToldValue> Values, IReadOnlyDictionary<string, MetricValue> Metrics) Measure(IEnumerable<InsidePoint> points)
    {
        var totals = new Dictionary<string, (ToldMetric Metric, string? Selector, InsideTotals Totals)>(StringComparer.Ordinal);
        var known = MetricCatalog.All.OfType<ToldMetric>().ToDictionary(metric => metric.Name, StringComparer.Ordinal);
        // Twice through the file: a long run's looks don't fit into the memory that a report may take.
        foreach (var point in points)
            foreach (var key in new[] { point.Levels?.Keys, point.Rates?.Keys, point.Shares?.Keys, point.Times?.Keys }.OfType<IEnumerable<string>>().SelectMany(keys => keys))
            {
                var (name, labels) = InsideTotals.Parse(key);
                if (!known.TryGetValue(name, out var metric))
                    continue;
                totals.TryAdd(name, (metric, null, new InsideTotals(metric.Of, [])));
                totals.TryAdd(key, (metric, labels.Count == 0 ? null : key[(name.Length + 1)..^1], new InsideTotals(metric.Of, labels)));
            }
        foreach (var point in points)
            foreach (var one in totals.Values)
                one.Totals.Add(point);
        var order = known.Keys.Select((name, at) => (name, at)).ToDictionary(entry => entry.name, entry => entry.at);
        var values = new List<ToldValue>();
        var metrics = new Dictionary<string, MetricValue>(StringComparer.Ordinal);
        foreach (var (metric, selector, of) in totals.Values.OrderBy(one => order[one.Metric.Name]).ThenBy(one => one.Selector, StringComparer.Ordinal))
        {
            if (of.Mean is not { } mean)
                continue;
            double? Take(int at) => metric.Measure(of, Reported[at]).Value is { } value && double.IsFinite(value) ? value : null;
            var isTimes = metric.Of.Kind == InsideKind.Times;
            values.Add(new(metric.Name, selector, metric.Unit.Symbol, isTimes ? null : Take(0), mean, Take(3), isTimes ? null : Take(5), metric.Measure(of, Reported[1]).Samples));
            foreach (var statistic in Reported)
                if (!(isTimes && statistic.Percentile is 0 or 100) && metric.Measure(of, statistic) is { Value: { } value } measured && double.IsFinite(value))
                    metrics[metric.FullName(null, statistic) + (selector is null ? "" : $"{{{selector}}}")] = new MetricValue(value, metric.Unit.Symbol, measured.Samples);
        }
        return (values, metrics);
    }
}
