using Loadline.Recording;
using Loadline.Targets;

namespace Loadline.Probes;

/// <summary>One look in the making: what several endpoints tell of the same is taken together.</summary>
internal sealed class InsideDraft
{
    private readonly Dictionary<string, (Together Together, double Value, int Count)> _levels = [];
    private readonly Dictionary<string, double[]> _rates = [];
    private readonly Dictionary<string, double[]> _shares = [];
    private readonly Dictionary<string, InsideBuckets> _times = [];

    /// <summary>A level of a metric.</summary>
    public void Level(string name, IEnumerable<KeyValuePair<string, string>> labels, double value) => Level(InsideMetric.Find(name)!.Together, InsideMetric.Key(name, labels), value);

    /// <summary>A level; several of the same are taken together.</summary>
    public void Level(Together together, string key, double value)
    {
        if (!double.IsFinite(value))
            return;
        var (_, so, count) = _levels.GetValueOrDefault(key);
        _levels[key] = (together, count == 0 ? value : together == Together.Greatest ? Math.Max(so, value) : so + value, count + 1);
    }

    /// <summary>Growth, and its time.</summary>
    public void Rate(string key, double growth, double seconds) => _rates[key] = _rates.TryGetValue(key, out var so) ? [so[0] + growth, Math.Max(so[1], seconds)] : [growth, seconds];

    /// <summary>Growth of a part and of the whole.</summary>
    public void Share(string key, double part, double whole) => _shares[key] = _shares.TryGetValue(key, out var so) ? [so[0] + part, so[1] + whole] : [part, whole];

    /// <summary>Growth of a histogram: how many values came in up to each bound.</summary>
    public void Times(string key, SortedDictionary<double, double> upTo, double sum)
    {
        var bounds = upTo.Keys.Where(double.IsFinite).ToArray();
        var counts = new double[bounds.Length + 1];
        var (before, i) = (0.0, 0);
        foreach (var count in upTo.Values.Take(counts.Length))
        {
            // A scrape is no moment: a bucket may have been read before one below it grew.
            counts[i++] = Math.Max(0, count - before);
            before = Math.Max(before, count);
        }
        var buckets = new InsideBuckets(bounds, counts, sum);
        _times[key] = _times.TryGetValue(key, out var so) ? so.Plus(buckets) : buckets;
    }

    /// <summary>The look as it is recorded.</summary>
    /// <param name="at">Seconds since the run's start.</param>
    /// <param name="over">Seconds since the look before.</param>
    public InsidePoint Point(double at, double over) => new()
    {
        T = Math.Round(at, 3),
        Over = Math.Round(over, 3),
        Levels = _levels.Count == 0 ? null : _levels.ToDictionary(level => level.Key, level => level.Value.Together == Together.Mean ? level.Value.Value / level.Value.Count : level.Value.Value),
        Rates = _rates.Count == 0 ? null : _rates,
        Shares = _shares.Count == 0 ? null : _shares,
        Times = _times.Count == 0 ? null : _times,
    };
}
