using System.Collections.Frozen;
using Loadline.Wire;

namespace Loadline.Recording;

/// <summary>
/// Records exchanges: a few histogram increments under a lock that threads seldom share. Once a second <see cref="Flush"/> takes the seconds that are over
/// out of all stripes, adds them up, writes them and adds them to the totals. Memory is bounded however long the run: one-second histograms are recycled.
/// <code>
/// threads ─▶ stripe per processor ─▶ [second n, n+1, …] ─┐
///                                                        ├─ Flush ─▶ totals per phase ─▶ Complete
/// threads ─▶ stripe per processor ─▶ [second n, n+1, …] ─┘       └─▶ series.jsonl, histograms.hlog
/// </code>
/// </summary>
public sealed class Recorder : IExchangeSink, IDisposable
{
    // An exchange is recorded just after it ended: by then the threads that were at it have come through.
    private const long Grace = 200_000_000;
    private const long Second = 1_000_000_000;
    private const int SecondsBetweenSamples = 10;

    private readonly RecorderOptions _options;
    private readonly FrozenDictionary<string, int> _index;
    private readonly FrozenDictionary<string, int> _scenarios;
    private readonly Timeline _timeline;
    private readonly int _keys;
    private readonly Stripe[] _stripes;
    private readonly ExchangeSampler _sampler;
    private readonly SecondFlusher _flusher;
    private readonly RunFiles? _files;
    private readonly Lock _flushing = new();
    private long _nextSecond;
    private long _writtenVersion = -1;
    private bool _complete;

    /// <summary>Makes a recorder and, with a folder, its files.</summary>
    public Recorder(RecorderOptions options)
    {
        _options = options;
        var operations = options.Operations.Count;
        _index = options.Operations.Select((name, i) => KeyValuePair.Create(name, i)).ToFrozenDictionary();
        _scenarios = options.Scenarios.Select((name, i) => KeyValuePair.Create(name, i)).ToFrozenDictionary();
        _timeline = new Timeline(options.Times, options.Spans);
        _keys = operations * options.Scenarios.Count;
        Pool = new HistogramPool();
        _stripes = [.. Enumerable.Range(0, options.Stripes).Select(_ => new Stripe(_timeline.Slices.Count, _keys, Pool))];
        _sampler = new ExchangeSampler(operations, options.Seed, options.TraceUrl);
        _files = options.Folder is { } folder ? new RunFiles(folder, options.StartedAt) : null;
        _flusher = new SecondFlusher(options, _timeline, Pool, _files);
    }

    /// <summary>Where one-second histograms come from.</summary>
    internal HistogramPool Pool { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The operation is not one of the plan's mix, or the scenario is none of the plan's.</exception>
    public void Record(Exchange exchange)
    {
        var key = KeyOf(exchange.Scenario, exchange.Operation);
        var slice = _timeline.At(exchange.Due >= 0 ? exchange.Due : Math.Max(0, exchange.Sent));
        Here().Record(slice, key, exchange);
        _sampler.Offer(key % _options.Operations.Count, exchange);
        _options.Faults?.Record(exchange);
    }

    /// <inheritdoc/>
    public void RecordSearchable(long nanoseconds, Outcome outcome, long at)
    {
        var measure = outcome is Outcome.Ok or Outcome.Degraded ? Measure.Searchable : Measure.NotSearchable;
        // Like an exchange it belongs to the slice in which it began.
        Here().RecordTime(_timeline.At(Math.Max(0, at - nanoseconds)), _keys, measure, nanoseconds, at);
        _options.Faults?.RecordSearchable(at - nanoseconds, at);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The operation is not one of the plan's mix, or the scenario is none of the plan's.</exception>
    public void RecordFelt(Felt felt) => Here().RecordFelt(_timeline.At(Math.Max(0, felt.Due)), KeyOf(felt.Scenario, felt.Operation), felt);

    /// <inheritdoc/>
    public void RecordArrival(long due, long at, bool sent) => Here().RecordArrival(_timeline.At(Math.Max(0, due)), _keys, at, sent);

    /// <inheritdoc/>
    public void RecordGranted(long minute, long at, int requests) => Here().RecordGranted(_timeline.At(Math.Max(0, minute)), _keys, at, requests);

    /// <summary>Takes in and writes all seconds that are over. To be called about once a second; late calls catch up.</summary>
    /// <param name="now">Nanoseconds since the run's start, on the exchanges' clock.</param>
    public void Flush(long now)
    {
        lock (_flushing)
        {
            if (_complete)
                return;
            _flusher.SampleUsers(now, _options.ActiveUsers());
            FlushThrough((now - Grace) / Second - 1);
        }
    }

    /// <summary>Calls <see cref="Flush"/> each second until cancelled.</summary>
    /// <param name="time">The timer's clock.</param>
    /// <param name="now">Nanoseconds since the run's start, on the exchanges' clock.</param>
    /// <param name="cancellation">Ends the loop, without an exception.</param>
    public async Task RunAsync(TimeProvider time, Func<long> now, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false))
                Flush(now());
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The run is over: Complete takes in what is left.
        }
    }

    /// <summary>The last whole second and everything so far. Cheap: it was made when the second was flushed.</summary>
    public LiveSnapshot Snapshot() => _flusher.Snapshot;

    /// <summary>Looks at what has been recorded through the last whole second. Recording goes on meanwhile; only the next <see cref="Flush"/> waits.</summary>
    /// <param name="look">Must not keep what it is given.</param>
    public T Look<T>(Func<Recorded, T> look)
    {
        lock (_flushing)
            return look(_flusher.Recorded(_nextSecond * Second));
    }

    /// <summary>Ends recording: takes in what is left, writes it and closes the files. What is recorded afterwards is lost.</summary>
    /// <param name="end">When the load ended, nanoseconds since the run's start.</param>
    public Recorded Complete(long end)
    {
        lock (_flushing)
        {
            if (!_complete)
            {
                _flusher.ShowUsers(end, _options.ActiveUsers());
                FlushThrough(end / Second);
                // What threads recorded past the end, or while the flusher lagged, is in the ring's later seconds.
                for (var i = 0; i < 4; i++)
                    FlushThrough(_nextSecond, onlyIfAny: true);
                WriteSamples();
                _files?.Dispose();
                _complete = true;
            }
            return _flusher.Recorded(end);
        }
    }

    /// <summary>Closes the files; what was recorded stays in them.</summary>
    public void Dispose()
    {
        lock (_flushing)
        {
            _complete = true;
            _files?.Dispose();
        }
    }

    private int KeyOf(string scenario, string operation)
    {
        if (!_index.TryGetValue(operation, out var column))
            throw new ArgumentException($"'{operation}' is not an operation that this recorder was made for: {string.Join(", ", _options.Operations)}");
        if (!_scenarios.TryGetValue(scenario, out var row))
            throw new ArgumentException($"'{scenario}' is not a scenario that this recorder was made for: {string.Join(", ", _options.Scenarios)}");
        return (row * _options.Operations.Count) + column;
    }

    private Stripe Here() => _stripes[Thread.GetCurrentProcessorId() % _stripes.Length];

    private void FlushThrough(long last, bool onlyIfAny = false)
    {
        for (; _nextSecond <= last; _nextSecond++)
        {
            Interval? merged = null;
            foreach (var stripe in _stripes)
            {
                if (stripe.Close(_nextSecond) is not { } interval)
                    continue;
                if (merged is null)
                    merged = interval;
                else
                    merged.Absorb(interval);
            }
            if (merged is not null || !onlyIfAny)
                _flusher.Take(_nextSecond, merged);
            if (_nextSecond % SecondsBetweenSamples == 0)
                WriteSamples();
        }
        _files?.Flush();
    }

    /// <summary>The traces of the exchanges that are kept so far.</summary>
    public IReadOnlySet<string> TracesOfSamples() => _sampler.Samples().Select(sample => sample.TraceId).OfType<string>().ToHashSet();

    private void WriteSamples()
    {
        if (_files is null || _sampler.Version == _writtenVersion)
            return;
        _writtenVersion = _sampler.Version;
        _files.Replace(_sampler.Samples());
    }
}
