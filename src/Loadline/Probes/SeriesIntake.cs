using System.Globalization;
using System.Text;
using Loadline.Targets;

namespace Loadline.Probes;

/// <summary>
/// What one endpoint told, and what it had told before: takes its lines in, keeps those that the profile asks for, and makes growth of counters. A counter that is less than before was
/// begun anew with its process: its value is its growth. A series that was not there before, at an endpoint that answered, began at nothing.
/// </summary>
/// <param name="readings">What is asked for.</param>
/// <param name="labels">Labels of the endpoint, from its list; they win over those of series.</param>
internal sealed class SeriesIntake(IReadOnlyList<InsideReading> readings, IReadOnlyDictionary<string, string> labels)
{
    /// <summary>The most series that are kept of one endpoint.</summary>
    public const int MostSeries = 20_000;

    private readonly Dictionary<string, List<Want>> _wanted = Wanted(readings);
    private readonly Dictionary<string, string> _labels = new(StringComparer.Ordinal);
    private Dictionary<string, double> _before = [];
    private Dictionary<string, double> _now = [];
    private List<Told> _told = [];
    private double _last = -1;

    private enum Role
    {
        Value,
        Growth,
        Whole,
        Bucket,
        Sum,
        Count,
    }

    /// <summary>A series that matters.</summary>
    /// <param name="Reading">For what.</param>
    /// <param name="Key">Which metric, of what.</param>
    /// <param name="Role">As what.</param>
    /// <param name="Series">Which series it is.</param>
    /// <param name="Bound">Of a bucket, its bound.</param>
    /// <param name="Value">Its value.</param>
    private readonly record struct Told(InsideReading Reading, string Key, Role Role, string Series, double Bound, double Value);

    private readonly record struct Want(InsideReading Reading, SeriesSelector Selector, Role Role);

    /// <summary>Begins a look.</summary>
    public void Begin() => _told.Clear();

    /// <summary>Takes a line in.</summary>
    /// <exception cref="InvalidDataException">Too many series.</exception>
    public void Take(ReadOnlySpan<byte> text)
    {
        if (!PrometheusLine.TryRead(text, out var line) || line.Name.Length > 256 || double.IsNaN(line.Value))
            return;
        Span<char> name = stackalloc char[256];
        var length = Encoding.UTF8.GetChars(line.Name, name);
        if (!_wanted.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name[..length], out var wants))
            return;
        _labels.Clear();
        if (!line.TryLabels(_labels))
            return;
        foreach (var (label, value) in labels)
            _labels[label] = value;
        var bound = _labels.Remove("le", out var le) ? Bound(le) : double.NaN;
        string? series = null;
        foreach (var want in wants)
        {
            if (!want.Selector.Matches(_labels) || (want.Role == Role.Bucket && double.IsNaN(bound)))
                continue;
            if (_told.Count >= MostSeries)
                throw new InvalidDataException($"more than {MostSeries} series of the profile");
            series ??= $"{name[..length]}{{{Encoding.UTF8.GetString(line.RawLabels)}}}";
            _told.Add(new Told(want.Reading, Key(want.Reading), want.Role, series, bound, line.Value));
        }
    }

    /// <summary>Ends a look that was read to its end.</summary>
    /// <param name="at">Seconds since the run's start.</param>
    /// <param name="draft">Takes what was found.</param>
    public void End(double at, InsideDraft draft)
    {
        var isFirst = _last < 0;
        var over = isFirst ? 0 : at - _last;
        _now.Clear();
        var (averages, histograms) = (new Dictionary<string, (Together Together, double Sum, double Count)>(), new Dictionary<string, (SortedDictionary<double, double> Buckets, double Sum)>());
        foreach (var told in _told)
        {
            var scale = told.Reading.Scale;
            if (told.Reading.Form == ReadingForm.Average)
            {
                var (_, sum, count) = averages.GetValueOrDefault(told.Key);
                averages[told.Key] = told.Role == Role.Sum ? (told.Reading.Together, sum + (told.Value * scale), count) : (told.Reading.Together, sum, count + told.Value);
                continue;
            }
            if (told.Role == Role.Value)
            {
                draft.Level(told.Reading.Together, told.Key, told.Value * scale);
                continue;
            }
            _now[told.Series] = told.Value;
            if (isFirst)
                continue;
            var growth = told.Value >= _before.GetValueOrDefault(told.Series) ? told.Value - _before.GetValueOrDefault(told.Series) : told.Value;
            switch (told.Role)
            {
                case Role.Growth when told.Reading.Form == ReadingForm.Rate:
                    draft.Rate(told.Key, growth * scale, over);
                    break;
                case Role.Growth:
                    draft.Share(told.Key, growth * scale, 0);
                    break;
                case Role.Whole:
                    draft.Share(told.Key, 0, growth);
                    break;
                default:
                    if (!histograms.TryGetValue(told.Key, out var histogram))
                        histogram = ([], 0);
                    if (told.Role == Role.Bucket)
                        histogram.Buckets[told.Bound * scale] = histogram.Buckets.GetValueOrDefault(told.Bound * scale) + growth;
                    histograms[told.Key] = told.Role == Role.Sum ? (histogram.Buckets, histogram.Sum + (growth * scale)) : histogram;
                    break;
            }
        }
        foreach (var (key, (together, sum, count)) in averages)
            if (count > 0)
                draft.Level(together, key, sum / count);
        foreach (var (key, (buckets, sum)) in histograms)
            if (buckets.Count > 0)
                draft.Times(key, buckets, sum);
        (_before, _now) = (_now, _before);
        _last = at;
    }

    private string Key(InsideReading reading)
    {
        if (reading.By.Count == 0 && reading.Labels.Count == 0)
            return reading.Metric.Name;
        // A label that a series doesn't have tells it from none.
        var of = reading.By.Select(by => new KeyValuePair<string, string>(by.Key, _labels.GetValueOrDefault(by.Value, ""))).Where(label => label.Value.Length > 0).Concat(reading.Labels);
        return InsideMetric.Key(reading.Metric.Name, of);
    }

    private static double Bound(string text) => text is "+Inf" ? double.PositiveInfinity
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var bound) ? bound : double.NaN;

    private static Dictionary<string, List<Want>> Wanted(IReadOnlyList<InsideReading> readings)
    {
        var wanted = new Dictionary<string, List<Want>>(StringComparer.Ordinal);
        void Add(InsideReading reading, SeriesSelector selector, string suffix, Role role)
        {
            if (!wanted.TryGetValue(selector.Name + suffix, out var wants))
                wanted[selector.Name + suffix] = wants = [];
            wants.Add(new Want(reading, selector, role));
        }
        foreach (var reading in readings)
        {
            foreach (var series in reading.Series)
                switch (reading.Form)
                {
                    case ReadingForm.Histogram:
                        Add(reading, series, "_bucket", Role.Bucket);
                        Add(reading, series, "_sum", Role.Sum);
                        break;
                    case ReadingForm.Average:
                        Add(reading, series, "_sum", Role.Sum);
                        Add(reading, series, "_count", Role.Count);
                        break;
                    default:
                        Add(reading, series, "", reading.Form == ReadingForm.Gauge ? Role.Value : Role.Growth);
                        break;
                }
            foreach (var series in reading.Of)
                Add(reading, series, "", Role.Whole);
        }
        return wanted;
    }
}
