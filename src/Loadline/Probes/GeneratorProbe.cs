using Loadline.Verdicts;

namespace Loadline.Probes;

/// <summary>
/// Watches the load generator from inside while it loads: samples the exchanges in flight, and notes when the process did not run although it was due to. A timer of
/// 100 ms that comes a quarter of a second late or more is a standstill; garbage collection and a busy scheduler stay below. Keeps at most
/// <see cref="MostSamples"/> samples: past them every second one is dropped.
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
    private long _before = -1;
    private long _stalled;
    private long _longest;
    private (long At, TimeSpan Paused)? _first, _last;

    /// <summary>Looks each 100 ms until cancelled.</summary>
    /// <param name="time">The timer's clock.</param>
    /// <param name="now">Nanoseconds since the run's start.</param>
    /// <param name="cancellationToken">Ends it, without an exception.</param>
    public async Task RunAsync(TimeProvider time, Func<long> now, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100), time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
                Look(now());
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The load is over.
        }
    }

    /// <summary>Looks now.</summary>
    /// <param name="now">Nanoseconds since the run's start.</param>
    public void Look(long now)
    {
        lock (_gate)
            Take(now);
    }

    /// <summary>Adds what was seen to what is known otherwise.</summary>
    /// <param name="use">What is known otherwise.</param>
    public GeneratorUse AddTo(GeneratorUse use)
    {
        lock (_gate)
            return Added(use);
    }

    private void Take(long now)
    {
        var begun = Math.Max(_before < 0 ? now : _before, from);
        var late = Math.Min(now, to) - begun - Period;
        if (late >= Standstill)
        {
            _stalled += late;
            _longest = Math.Max(_longest, late);
        }
        _before = now;
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
