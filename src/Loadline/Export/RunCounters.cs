using System.Runtime.InteropServices;
using Loadline.Recording;
using Loadline.Wire;

namespace Loadline.Export;

/// <summary>
/// Counters and histograms of a run, summed from its seconds as the recorder logs them. A series is a scenario, an operation and an outcome of the plan, so that no target can make
/// their number grow: at most operations × scenarios × (five outcomes + seven histograms).
/// </summary>
internal sealed class RunCounters
{
    private static readonly double[] Seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
    private static readonly double[] Speeds = [1, 2, 5, 10, 20, 30, 50, 75, 100, 200, 500, 1000];

    private readonly Dictionary<Key, ExponentialHistogram> _histograms = [];
    private readonly Dictionary<Key, long> _counters = [];

    /// <summary>Takes in a second that is over.</summary>
    public void Take(IReadOnlyList<LoggedHistogram> histograms)
    {
        foreach (var logged in histograms)
        {
            var tag = logged.Tag;
            if (tag.Measure <= Measure.ResponseTimedOut)
                Add(KeyOf(RunFamilies.Requests, tag, Outcome(tag)), logged.Count());
            if (RunFamilies.Of(tag.Measure) is var (family, unit))
                Add(KeyOf(family, tag, tag.Measure <= Measure.ResponseTimedOut ? Outcome(tag) : null), logged, unit);
            else if (tag.Measure == Measure.Correct)
                foreach (var (value, count) in logged.Values())
                    Add(KeyOf(RunFamilies.Checked, tag, value >= 1 ? "right" : "wrong"), count);
            else if (tag.Measure == Measure.Arrival)
                foreach (var (value, count) in logged.Values())
                    Add(KeyOf(RunFamilies.Arrivals, tag, value >= 1 ? "sent" : "dropped"), count);
            else if (tag.Measure == Measure.NotSearchable)
                Add(KeyOf(RunFamilies.NotSearchable, tag, null), logged.Count());
        }
    }

    /// <summary>All series as they are now.</summary>
    public IEnumerable<Series> Now() =>
        _counters.Select(pair => new Series(pair.Key.Family, pair.Key.Labels(), pair.Value))
            .Concat(_histograms.Select(pair => new Series(pair.Key.Family, pair.Key.Labels(), 0, pair.Value.Value())));

    private static string Outcome(LogTag tag) => Measures.Name((Outcome)tag.Measure);

    private static Key KeyOf(MetricFamily family, LogTag tag, string? outcome) =>
        tag.Operation == LogTag.Everything ? new(family, null, null, outcome) : new(family, tag.Scenario, tag.Operation, outcome);

    private void Add(Key key, long count) => CollectionsMarshal.GetValueRefOrAddDefault(_counters, key, out _) += count;

    private void Add(Key key, LoggedHistogram logged, double unit)
    {
        if (!_histograms.TryGetValue(key, out var histogram))
            _histograms[key] = histogram = new(key.Family == RunFamilies.Speed ? Speeds : Seconds);
        foreach (var (value, count) in logged.Values())
            histogram.Add(value * unit, count);
    }

    private sealed record Key(MetricFamily Family, string? Scenario, string? Operation, string? Outcome)
    {
        private string OutcomeLabel => Family == RunFamilies.Checked || Family == RunFamilies.Arrivals ? "result" : "outcome";

        public IReadOnlyList<KeyValuePair<string, string>> Labels() =>
        [
            .. from label in new (string Name, string? Value)[] { ("operation", Operation), (OutcomeLabel, Outcome), ("scenario", Scenario) }
               where label.Value is not null
               select KeyValuePair.Create(label.Name, label.Value!),
        ];
    }
}
