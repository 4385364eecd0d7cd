using Loadline.Targets;

namespace Loadline.Recording;

/// <summary>One metric of the inside over a stretch of the run: of the whole, or of the parts that its labels choose.</summary>
/// <param name="metric">The metric.</param>
/// <param name="labels">What its parts must be; empty for all of them together.</param>
public sealed class InsideTotals(InsideMetric metric, IReadOnlyCollection<KeyValuePair<string, string>> labels)
{
    private readonly List<double> _values = [];
    private readonly Dictionary<string, bool> _isMine = new(StringComparer.Ordinal);
    private double _part, _whole;
    private InsideBuckets? _buckets;

    /// <summary>The value of each look, in order: a level, or the rate or share since the look before. Empty for times.</summary>
    public IReadOnlyList<double> Values => _values;

    /// <summary>Of a rate, what was counted; of a share, its part.</summary>
    public double Part => _part;

    /// <summary>Of a rate, the seconds; of a share, how many there were in all.</summary>
    public double Whole => _whole;

    /// <summary>All values of times together; null without any.</summary>
    public InsideBuckets? Buckets => _buckets;

    /// <summary>The mean: of growth over all of the stretch, of levels over its looks; null when there was nothing.</summary>
    public double? Mean => _buckets is { Count: > 0 } buckets ? buckets.Sum / buckets.Count
        : _whole > 0 ? _part / _whole * Percent
        : _values.Count > 0 ? _values.Average() : null;

    /// <summary>The keys of which something was taken in.</summary>
    public IEnumerable<string> Keys => _isMine.Where(key => key.Value).Select(key => key.Key);

    private double Percent => metric.Kind == InsideKind.Share ? 100 : 1;

    /// <summary>Takes a look in.</summary>
    /// <returns>Whether there was something of the metric in it.</returns>
    public bool Add(InsidePoint point)
    {
        var any = false;
        if (point.Levels is { } levels && Mine(levels) is { Count: > 0 } values)
        {
            _values.Add(metric.Together switch { Together.Sum => values.Sum(), Together.Greatest => values.Max(), _ => values.Average() });
            any = true;
        }
        // The parts of a rate took their time side by side; those of a share have each their own whole.
        if (point.Rates is { } rates && Mine(rates) is { Count: > 0 } growing)
            any |= AddGrowth(growing.Sum(pair => pair[0]), growing.Max(pair => pair[1]));
        if (point.Shares is { } shares && Mine(shares) is { Count: > 0 } parts)
            any |= AddGrowth(parts.Sum(pair => pair[0]), parts.Sum(pair => pair[1]));
        if (point.Times is { } times)
            foreach (var buckets in Mine(times))
                (_buckets, any) = (_buckets is null ? buckets : _buckets.Plus(buckets), true);
        return any;
    }

    /// <summary>Reads a key of a recording: <c>cpu{service:embedding}</c>.</summary>
    public static (string Name, IReadOnlyList<KeyValuePair<string, string>> Labels) Parse(string key)
    {
        var open = key.IndexOf('{', StringComparison.Ordinal);
        if (open < 0)
            return (key, []);
        return (key[..open], [.. key[(open + 1)..^1].Split(',').Select(pair => pair.Split(':', 2)).Select(pair => new KeyValuePair<string, string>(pair[0], pair[^1]))]);
    }

    private bool AddGrowth(double part, double whole)
    {
        _part += part;
        _whole += whole;
        if (whole > 0)
            _values.Add(part / whole * Percent);
        return true;
    }

    private List<T> Mine<T>(IReadOnlyDictionary<string, T> entries)
    {
        var mine = new List<T>();
        foreach (var (key, value) in entries)
        {
            if (!_isMine.TryGetValue(key, out var isMine))
            {
                var (name, of) = Parse(key);
                _isMine[key] = isMine = name == metric.Name && labels.All(of.Contains);
            }
            if (isMine)
                mine.Add(value);
        }
        return mine;
    }
}
