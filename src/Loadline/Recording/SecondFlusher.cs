using HdrHistogram;
using Loadline.Wire;

namespace Loadline.Recording;

/// <summary>Turns a second that is over into a line of the series, lines of the histogram log, totals and the live view. Called under the recorder's flush lock.</summary>
internal sealed class SecondFlusher
{
    private static readonly Phase[] Phases = [Phase.Up, Phase.Hold, Phase.Down];
    private static readonly LiveFigures Nothing = new(0, 0, null, null, null, null);

    private readonly RecorderOptions _options;
    private readonly HistogramPool _pool;
    private readonly RunFiles? _files;
    private readonly PhaseTotals[] _totals;
    private readonly LongHistogram?[] _answered;
    private readonly LongHistogram?[] _served;
    private readonly (long Count, long Errors, long Tokens)[] _running;
    private readonly IReadOnlyList<Slice> _slices;
    private readonly LogTag[] _tags;
    private readonly string[] _tagTexts;
    private readonly int _rest;
    private readonly Queue<(long At, int Users)> _samples = [];
    private int _users;
    private int? _usersThen;

    public SecondFlusher(RecorderOptions options, Timeline timeline, HistogramPool pool, RunFiles? files)
    {
        (_options, _pool, _files) = (options, pool, files);
        var operations = options.Operations.Count;
        _slices = timeline.Slices;
        _rest = operations * options.Scenarios.Count;
        _totals = [.. Phases.Select(phase => new PhaseTotals(phase, options.Operations))];
        _answered = new LongHistogram?[operations];
        _served = new LongHistogram?[operations];
        _running = new (long, long, long)[operations];
        var keys = options.Scenarios.SelectMany(scenario => options.Operations.Select(operation => (scenario, operation))).Append((scenario: LogTag.DefaultScenario, operation: LogTag.Everything)).ToList();
        _tags = [.. from slice in _slices from key in keys from measure in Enum.GetValues<Measure>() select new LogTag(key.scenario, key.operation, measure, slice.Phase, slice.Spans)];
        _tagTexts = [.. _tags.Select(tag => tag.Text)];
        Snapshot = new LiveSnapshot(-1, 0, [.. options.Operations.Select(name => new LiveOperation(name, Nothing, Nothing))]);
    }

    /// <summary>As of the last second taken; replaced as a whole.</summary>
    public LiveSnapshot Snapshot { get; private set; }

    /// <summary>Notes how many users are active now.</summary>
    public void SampleUsers(long now, int users)
    {
        ShowUsers(now, users);
        var times = _options.Times;
        // The last users start as the phase begins, and may do so a moment late.
        if (now < times.HoldStart + 1_000_000_000 || now >= times.HoldEnd)
            return;
        var hold = _totals[(int)Phase.Hold];
        hold.LeastUsers = Math.Min(hold.LeastUsers ?? int.MaxValue, users);
        hold.UserSamples++;
    }

    /// <summary>Notes how many are active for the series alone: at the end all have left, and that is no sight of the phase.</summary>
    public void ShowUsers(long now, int users)
    {
        _users = users;
        if (_files is not null) // who writes no seconds takes no sample out again
            _samples.Enqueue((now, users));
    }

    /// <summary>Takes in a second; null when nothing ended in it.</summary>
    public void Take(long second, Interval? interval)
    {
        var count = _options.Operations.Count;
        var series = new Dictionary<string, SeriesOperation>(count);
        var live = new LiveOperation[count];
        var (answered, asked, tokens) = (0L, 0L, 0L);
        for (var i = 0; i < count; i++)
        {
            var name = _options.Operations[i];
            var counts = Counts(interval, i);
            using var response = Merge(interval, KeysOf(i), Measure.ResponseOk, Measure.ResponseDegraded);
            using var service = Merge(interval, KeysOf(i), Measure.ServiceOk, Measure.ServiceDegraded);
            Add(ref _answered[i], response.Histogram);
            Add(ref _served[i], service.Histogram);
            _running[i] = (_running[i].Count + counts.Total, _running[i].Errors + counts.Errors, _running[i].Tokens + counts.Tokens);
            live[i] = new LiveOperation(
                name, Figures((counts.Total, counts.Errors, counts.Tokens), response.Histogram, service.Histogram), Figures(_running[i], _answered[i], _served[i]));
            if (counts.Total > 0)
            {
                var (now, served) = (live[i].Now, service.Histogram);
                series[name] = new SeriesOperation(
                    counts[Outcome.Ok], counts[Outcome.Degraded], counts[Outcome.Throttled], counts[Outcome.Failed], counts[Outcome.TimedOut],
                    now.P50, now.P95, now.P99, served.Seconds(50), served.Seconds(95), served.Seconds(99));
            }
            answered += counts.Answered;
            asked += counts.Total - counts[Outcome.Throttled];
            tokens += counts.Tokens;
        }
        CountAvailability(second, answered, asked);
        WriteSeries(second, interval, series, tokens);
        AddToTotals(second, interval);
        interval?.Release();
        Snapshot = new LiveSnapshot(second, _users, live);
    }

    public Recorded Recorded(long end)
    {
        foreach (var totals in _totals)
            totals.Seconds = _options.Times.SecondsUntil(totals.Phase, end);
        return new Recorded(_options.Operations, _options.Times, end, _totals[0], _totals[1], _totals[2]);
    }

    /// <summary>An operation's keys, one a scenario.</summary>
    private IEnumerable<int> KeysOf(int operation) => Enumerable.Range(0, _options.Scenarios.Count).Select(scenario => (scenario * _options.Operations.Count) + operation);

    private OperationCounts Counts(Interval? interval, int operation)
    {
        var sum = new OperationCounts();
        for (var slice = 0; slice < _slices.Count; slice++)
            if (interval?.Has(slice) == true)
                foreach (var key in KeysOf(operation))
                    if (interval.Counts(slice, key) is { } counts)
                        sum.Add(counts);
        return sum;
    }

    private static void Add(ref LongHistogram? total, IntHistogram? part)
    {
        if (part is not null)
            (total ??= Histograms.NewTotal()).Add(part);
    }

    private static LiveFigures Figures((long Count, long Errors, long Tokens) of, HistogramBase? response, HistogramBase? service) =>
        new(of.Count, of.Errors, response.Seconds(50), response.Seconds(95), response.Seconds(99), service.Seconds(95), of.Tokens);

    private Merged Merge(Interval? interval, IEnumerable<int> keys, params ReadOnlySpan<Measure> measures)
    {
        var merged = new Merged(_pool);
        if (interval is null)
            return merged;
        for (var slice = 0; slice < _slices.Count; slice++)
            if (interval.Has(slice))
                foreach (var key in keys)
                    foreach (var measure in measures)
                        merged.Add(interval.Histogram(slice, key, measure));
        return merged;
    }

    private void CountAvailability(long second, long answered, long asked)
    {
        var start = second * 1_000_000_000;
        if (start < _options.Times.HoldStart || start + 1_000_000_000 > _options.Times.HoldEnd || asked == 0)
            return;
        var hold = _totals[(int)Phase.Hold];
        hold.CountedSeconds++;
        if (answered * 2 >= asked)
            hold.AvailableSeconds++;
    }

    private void WriteSeries(long second, Interval? interval, Dictionary<string, SeriesOperation> operations, long tokens)
    {
        var processes = _options.Processes();
        if (_files is null)
            return;
        using var firstToken = Merge(interval, Enumerable.Range(0, _rest), Measure.FirstToken);
        using var gap = Merge(interval, Enumerable.Range(0, _rest), Measure.TokenGap);
        using var searchable = Merge(interval, [_rest], Measure.Searchable);
        _files.Write(new SeriesPoint
        {
            T = (int)second,
            Users = UsersIn(second),
            Operations = operations,
            Tokens = tokens,
            TtftP50 = firstToken.Histogram.Seconds(50),
            TtftP95 = firstToken.Histogram.Seconds(95),
            GapP50 = gap.Histogram.Seconds(50),
            GapP95 = gap.Histogram.Seconds(95),
            SearchableP95 = searchable.Histogram.Seconds(95),
            Processes = processes,
        });
    }

    // A second is written a good second later: by then another number of users may be there.
    private int UsersIn(long second)
    {
        while (_samples.TryPeek(out var sample) && (sample.At < (second + 1) * 1_000_000_000 || _usersThen is null))
            _usersThen = _samples.Dequeue().Users;
        return _usersThen ?? 0;
    }

    private void AddToTotals(long second, Interval? interval)
    {
        if (interval is null)
        {
            if (_files is not null)
                _options.SecondIsOver?.Invoke(second, []);
            return;
        }
        var logged = _options.SecondIsOver is null ? null : new List<LoggedHistogram>();
        for (var slice = 0; slice < _slices.Count; slice++)
        {
            if (!interval.Has(slice))
                continue;
            for (var key = 0; key <= _rest; key++)
            {
                var totals = _totals[(int)_slices[slice].Phase].At(key == _rest ? _options.Operations.Count : key % _options.Operations.Count);
                if (interval.Counts(slice, key) is { } counts)
                    totals.Counts.Add(counts);
                for (var measure = 0; measure < Measures.Count; measure++)
                    if (interval.Histogram(slice, key, (Measure)measure) is { } histogram)
                    {
                        totals.Add((Measure)measure, histogram);
                        Log(second, (((slice * (_rest + 1)) + key) * Measures.Count) + measure, histogram, logged);
                    }
            }
        }
        if (_files is not null && logged is not null)
            _options.SecondIsOver!(second, logged);
    }

    private void Log(long second, int tag, IntHistogram histogram, List<LoggedHistogram>? logged)
    {
        if (_files is null)
            return;
        var payload = _files.Histograms.Write(second, _tagTexts[tag], histogram);
        logged?.Add(new LoggedHistogram(second, _tags[tag], payload.ToArray()));
    }

    /// <summary>The sum of some of a second's histograms. Borrows one histogram only when there is more than one to add.</summary>
    private sealed class Merged(HistogramPool pool) : IDisposable
    {
        private IntHistogram? _borrowed;

        public IntHistogram? Histogram { get; private set; }

        public void Dispose()
        {
            if (_borrowed is not null)
                pool.Return(_borrowed);
        }

        public void Add(IntHistogram? part)
        {
            if (part is null)
                return;
            if (Histogram is null)
            {
                Histogram = part;
                return;
            }
            if (_borrowed is null)
            {
                _borrowed = pool.Rent();
                _borrowed.Add(Histogram);
                Histogram = _borrowed;
            }
            _borrowed.Add(part);
        }
    }
}
