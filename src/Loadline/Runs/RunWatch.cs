using Loadline.Plans;
using Loadline.Probes;
using Loadline.Recording;

namespace Loadline.Runs;

/// <summary>Watches a load while it goes on: looks at the processes and tells the observer once a second.</summary>
/// <param name="plan">What is run.</param>
/// <param name="processes">Where what is seen of processes is kept.</param>
/// <param name="running">Which processes there are at this moment.</param>
/// <param name="observer">Is told.</param>
/// <param name="looks">Writes down what is seen of the target's processes; null for nothing.</param>
internal sealed class RunWatch(Plan plan, ProcessSeries processes, Func<IReadOnlyList<WatchedProcess>> running, IRunObserver observer, ProcessLooks? looks = null)
{
    // CPU over a longer stretch is steadier, and a look costs a few file reads.
    private const int SecondsBetweenLooks = 2;

    // Percentiles of the whole hold phase cost milliseconds of the load generator's time.
    private const int SecondsBetweenJudgements = 5;

    private IReadOnlyDictionary<string, SeriesProcess>? _unread;

    /// <summary>What the processes did since it was last asked; null when there is nothing new. For the recorder.</summary>
    public IReadOnlyDictionary<string, SeriesProcess>? TakeProcesses() => Interlocked.Exchange(ref _unread, null);

    /// <summary>Goes on until cancelled.</summary>
    /// <param name="time">The timer's clock.</param>
    /// <param name="now">Nanoseconds since the run's start.</param>
    /// <param name="snapshot">The recorder's live view.</param>
    /// <param name="moment">What else there is to tell of a moment.</param>
    /// <param name="keep">Takes each moment, for the run folder.</param>
    /// <param name="cancellationToken">Ends the watch, without an exception.</param>
    public async Task RunAsync(TimeProvider time, Func<long> now, Func<LiveSnapshot> snapshot, RunMoment moment, Action<RunProgress> keep, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        try
        {
            for (var tick = 0; await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false); tick++)
            {
                var elapsed = TimeSpan.FromTicks(now() / 100);
                if (tick % SecondsBetweenLooks == 0)
                    Look(elapsed.TotalSeconds);
                var progress = moment.Complete(Progress(elapsed, snapshot()), judge: tick % SecondsBetweenJudgements == 0);
                keep(progress);
                observer.Progress(progress);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The load is over.
        }
    }

    private void Look(double at)
    {
        var now = running();
        var samples = processes.Look(at, now);
        looks?.Take(at, now, samples);
        _unread = samples.ToDictionary(p => p.Key, p => new SeriesProcess(Math.Round(p.Value.CpuCores, 3), p.Value.MemoryBytes));
    }

    private RunProgress Progress(TimeSpan elapsed, LiveSnapshot live)
    {
        var load = plan.Load;
        var phase = elapsed < load.Up ? "up" : elapsed < load.Up + load.Hold ? "hold" : "down";
        var errors = live.Operations.Sum(o => o.Now.Errors);
        return new RunProgress(
            phase, elapsed, load.Duration - elapsed, live.Users, load.Users, live.PerSecond, live.PerSecond == 0 ? 0 : (double)errors / live.PerSecond,
            [.. live.Operations.Select(o => new OperationProgress(
                o.Name, o.Now.Count, o.Total.Count - o.Total.Errors, o.Total.Errors, o.Total.P50, o.Total.P95, o.Total.P99, o.Total.ServiceP95))]);
    }
}
