using HdrHistogram;
using Loadline.Wire;

namespace Loadline.Recording;

/// <summary>Turns a second that is over into a line of the series, lines of the histogram log, totals and the live view. Called under the recorder's flush lock.</summary>
internal sealed class SecondFlusher
{
    private static readonly Phase[] Phases = [Phase.Up, Phase.Hold, Phase.Down];

    private readonly RecorderOptions _options;
    private readonly HistogramPool _pool;
    private readonly RunFiles? _files;
    private readonly PhaseTotals[] _totals;
    private readonly LongHistogram?[] _answered;
    private readonly (long Count, long Errors)[] _running;
    private readonly string[] _tags;
    private int _users;

    public SecondFlusher(RecorderOptions options, HistogramPool pool, RunFiles? files)
    {
        (_options, _pool, _files) = (options, pool, files);
        var operations = options.Operations.Count;
        _totals = [.. Phases.Select(phase => new PhaseTotals(phase, options.Operations))];
        _answered = new LongHistogram?[operations];
        _running = new (long, long)[operations];
        _tags = [.. from phase in Phases from operation in options.Operations.Append("all") from measure in Enum.GetValues<Measure>() select Measures.Tag(operation, measure, phase)];
        Snapshot = new LiveSnapshot(-1, 0, [.. options.Operations.Select(name => new LiveOperation(name, new(0, 0, null, null, null), new(0, 0, null, null, null)))]);
    }

    /// <summary>As of the last second taken; replaced as a whole.</summary>
    public LiveSnapshot Snapshot { get; private set; }

    /// <summary>Notes how many users are active now.</summary>
    public void SampleUsers(long now, int users)
    {
        _users = users;
        var times = _options.Times;
        // The last users start as the phase begins, and may do so a moment late.
        if (now < times.HoldStart + 1_000_000_000 || now >= times.HoldEnd)
            return;
        var hold = _totals[(int)Phase.Hold];
        hold.LeastUsers = Math.Min(hold.LeastUsers ?? int.MaxValue, users);
        hold.UserSamples++;
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
            using var latency = new Merged(_pool, interval, i, Measure.ResponseOk, Measure.ResponseDegraded);
            var (p50, p95, p99) = Percentiles(latency.Histogram);
            if (latency.Histogram is { } times)
                (_answered[i] ??= Histograms.NewTotal()).Add(times);
            _running[i] = (_running[i].Count + counts.Total, _running[i].Errors + counts.Errors);
            var (t50, t95, t99) = Percentiles(_answered[i]);
            live[i] = new LiveOperation(name, new(counts.Total, counts.Errors, p50, p95, p99), new(_running[i].Count, _running[i].Errors, t50, t95, t99));
            if (counts.Total > 0)
                series[name] = new SeriesOperation(counts[Outcome.Ok], counts[Outcome.Degraded], counts[Outcome.Throttled], counts[Outcome.Failed], counts[Outcome.TimedOut], p50, p95, p99);
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

    private static OperationCounts Counts(Interval? interval, int operation)
    {
        var sum = new OperationCounts();
        foreach (var phase in Phases)
            if (interval?.Counts(phase, operation) is { } counts)
                sum.Add(counts);
        return sum;
    }

    private static (double?, double?, double?) Percentiles(HistogramBase? histogram) => (histogram.Seconds(50), histogram.Seconds(95), histogram.Seconds(99));

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
        using var firstToken = new Merged(_pool, interval, Enumerable.Range(0, _options.Operations.Count), Measure.FirstToken);
        using var searchable = new Merged(_pool, interval, _options.Operations.Count, Measure.Searchable);
        _files.Write(new SeriesPoint
        {
            T = (int)second,
            Users = _users,
            Operations = operations,
            Tokens = tokens,
            TtftP50 = firstToken.Histogram.Seconds(50),
            TtftP95 = firstToken.Histogram.Seconds(95),
            SearchableP95 = searchable.Histogram.Seconds(95),
            Processes = processes,
        });
    }

    private void AddToTotals(long second, Interval? interval)
    {
        if (interval is null)
            return;
        var tag = 0;
        foreach (var phase in Phases)
            for (var operation = 0; operation <= _options.Operations.Count; operation++)
            {
                var totals = _totals[(int)phase].At(operation);
                if (interval.Counts(phase, operation) is { } counts)
                    totals.Counts.Add(counts);
                for (var measure = 0; measure < Measures.Count; measure++, tag++)
                {
                    if (interval.Histogram(phase, operation, (Measure)measure) is not { } histogram)
                        continue;
                    totals.Add((Measure)measure, histogram);
                    _files?.Histograms.Write(second, _tags[tag], histogram);
                }
            }
    }

    /// <summary>The sum of some of a second's histograms, of all phases. Borrows one histogram only when there is more than one to add.</summary>
    private sealed class Merged : IDisposable
    {
        private readonly HistogramPool _pool;
        private IntHistogram? _borrowed;

        public Merged(HistogramPool pool, Interval? interval, int operation, params ReadOnlySpan<Measure> measures)
        {
            _pool = pool;
            foreach (var measure in measures)
                Add(interval, operation, measure);
        }

        public Merged(HistogramPool pool, Interval? interval, IEnumerable<int> operations, Measure measure)
        {
            _pool = pool;
            foreach (var operation in operations)
                Add(interval, operation, measure);
        }

        public IntHistogram? Histogram { get; private set; }

        public void Dispose()
        {
            if (_borrowed is not null)
                _pool.Return(_borrowed);
        }

        private void Add(Interval? interval, int operation, Measure measure)
        {
            foreach (var phase in Phases)
            {
                if (interval?.Histogram(phase, operation, measure) is not { } part)
                    continue;
                if (Histogram is null)
                {
                    Histogram = part;
                    continue;
                }
                if (_borrowed is null)
                {
                    _borrowed = _pool.Rent();
                    _borrowed.Add(Histogram);
                    Histogram = _borrowed;
                }
                _borrowed.Add(part);
            }
        }
    }
}
