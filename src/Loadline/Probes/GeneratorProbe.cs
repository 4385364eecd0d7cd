using Loadline.Users;
using Loadline.Verdicts;
using Loadline.Wire;

namespace Loadline.Probes;

/// <summary>
/// Watches the load generator from inside while it loads: samples the exchanges in flight, and notes when the process did not run although it was due to. It looks once in
/// every 100 ms, at a moment drawn by chance: looks in step with users who pace would see always the same of them. A look that comes a quarter of a second late or more is a
/// standstill; garbage collection and a busy scheduler stay below. Keeps at most <see cref="MostSamples"/> samples: past them every second one is dropped.
/// </summary>
/// <param name="inFlight">Exchanges in flight at this moment.</param>
/// <param name="from">The hold phase's first moment, nanoseconds since the run's start.</param>
/// <param name="to">The first moment after it.</param>
/// <param name="paused">How long garbage collection has held the process so far.</param>
public sealed class GeneratorProbe(Func<int> inFlight, long from, long to, Func<TimeSpan> paused)
{
    /// <summary>The most samples kept.</summary>
    public const int MostSamples = 20_000;

    private const long Period = 100_000_000, Standstill = 250_000_000;

    private readonly Lock _gate = new();
    private readonly List<int> _samples = [];
    private int _stride = 1;
    private int _looks;
    private long _stalled;
    private long _longest;
    private (long At, TimeSpan Paused)? _first, _last;

    /// <summary>How long the process has stood still in the hold phase so far, seconds.</summary>
    public double StoodStill => Volatile.Read(ref _stalled) / 1e9;

    /// <summary>Looks once in each 100 ms until cancelled; then returns normally.</summary>
    /// <param name="clock">The run's clock.</param>
    /// <param name="seed">Draws the moments.</param>
    /// <param name="cancellationToken">Ends it, without an exception.</param>
    public async Task RunAsync(RunClock clock, ulong seed, CancellationToken cancellationToken)
    {
        var random = new SeededRandom(seed);
        for (var begin = clock.Now; !cancellationToken.IsCancellationRequested; begin = Math.Max(begin + Period, clock.Now))
        {
            var due = begin + random.NextInt64(Period);
            await clock.UntilAsync(due, cancellationToken).ConfigureAwait(false);
            if (!cancellationToken.IsCancellationRequested)
                Look(due, clock.Now);
            await clock.UntilAsync(begin + Period, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Looks now.</summary>
    /// <param name="due">When it was to look, nanoseconds since the run's start.</param>
    /// <param name="now">The present moment, on the same clock.</param>
    public void Look(long due, long now)
    {
        lock (_gate)
            Take(due, now);
    }

    /// <summary>Adds what was seen to what is known otherwise.</summary>
    /// <param name="use">What is known otherwise.</param>
    public GeneratorUse AddTo(GeneratorUse use)
    {
        lock (_gate)
            return Added(use);
    }

    private void Take(long due, long now)
    {
        var late = Math.Min(now, to) - Math.Max(due, from);
        if (late >= Standstill)
        {
            _stalled += late;
            _longest = Math.Max(_longest, late);
        }
        if (now < from || now >= to)
            return;
        _first ??= (now, paused());
        _last = (now, paused());
        if (_looks++ % _stride == 0)
            _samples.Add(inFlight());
        if (_samples.Count < MostSamples)
            return;
        _stride *= 2;
        for (var i = _samples.Count - 1; i >= 0; i -= 2)
            _samples.RemoveAt(i);
    }

    private GeneratorUse Added(GeneratorUse use)
    {
        if (_first is not { } first || _last is not { } last || last.At <= first.At)
            return use;
        return use with
        {
            GcPauses = (last.Paused - first.Paused).TotalSeconds / ((last.At - first.At) / 1e9),
            Stalls = (double)_stalled / (to - from),
            LongestStall = _longest / 1e9,
            Concurrency = Concurrency.Of(_samples),
        };
    }
}
