using Loadline.Export;
using Loadline.Probes;
using Loadline.Processes;
using Loadline.Recording;
using Loadline.Targets;
using Loadline.Users;
using Loadline.Verdicts;
using Loadline.Wire;

namespace Loadline.Runs;

/// <summary>The load of a run: its users, faults, recording and watches from the first arrival to the last user's end.</summary>
/// <param name="request">What is run, its target prepared.</param>
/// <param name="observer">Follows it.</param>
/// <param name="time">The clock.</param>
internal sealed class LoadStage(RunRequest request, IRunObserver observer, TimeProvider time)
{
    /// <summary>Where the target is.</summary>
    public required Uri Address { get; init; }

    /// <summary>The target, if Loadline started it.</summary>
    public required EmbeddedTarget? Embedded { get; init; }

    /// <summary>The plan's faults, ready to be injected.</summary>
    public required RunFaults Faults { get; init; }

    /// <summary>Where spans of the target come in.</summary>
    public required RunTraces Traces { get; init; }

    /// <summary>The users' keys; fewer than users are shared.</summary>
    public required IReadOnlyList<string> Keys { get; init; }

    /// <summary>The documents that were seeded, by the corpus's order; null where there are none.</summary>
    public required IReadOnlyList<string>? CorpusIds { get; init; }

    /// <summary>What is exported; null for nothing.</summary>
    public required RunMetrics? Metrics { get; init; }

    /// <summary>What the run is compared with; null for nothing.</summary>
    public required Baseline? Baseline { get; init; }

    /// <summary>What the load generator can do here; null where it was not measured.</summary>
    public required Calibration? Calibration { get; init; }

    /// <summary>Runs it to its end.</summary>
    /// <param name="stop">Ends it early; what was measured until then is in the result.</param>
    /// <exception cref="TargetException">The target can't be spoken to as its profile says.</exception>
    /// <exception cref="IOException">A file of the run folder could not be written: a full disk.</exception>
    public async Task<LoadResult> RunAsync(CancellationToken stop)
    {
        var (plan, profile) = (request.Plan, request.Profile);
        observer.Step($"Load: {RunSummaries.Load(plan)}, for {plan.Load.Duration:hh\\:mm\\:ss}");
        using var processes = new ProcessSeries(time);
        using var inside = new InsideLog(request.Folder);
        using var probe = profile.Probes is null ? null
            : new TargetProbe(profile.Probes, Address, Embedded?.Targets, Embedded is null ? [] : InsideMetric.OfProcesses, inside, time);
        var watch = new RunWatch(
            plan, processes, () => [new WatchedProcess("loadline", Environment.ProcessId), .. Embedded?.Processes ?? []], observer, Embedded is null ? null : new ProcessLooks(inside));
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        UserPopulation? population = null;
        var startedAt = time.GetUtcNow();
        var times = PhaseTimes.Of(plan.Load.Up, plan.Load.Hold, plan.Load.Down);
        var context = plan.Context();
        var aborts = new AbortWatch(plan.Objectives, context, () => ending.CancelAfter(TimeSpan.Zero));
        using var recorder = new Recorder(new RecorderOptions
        {
            Operations = [.. plan.Load.Mix.Keys],
            Scenarios = [.. context.Scenarios.Keys],
            Spans = plan.RunSpans(),
            Times = times,
            Folder = request.Folder,
            StartedAt = startedAt,
            Seed = plan.Seed,
            ActiveUsers = () => population?.Gauges.ActiveUsers ?? 0,
            Processes = watch.TakeProcesses,
            SecondIsOver = (second, histograms) =>
            {
                aborts.Take(second, histograms);
                Metrics?.Take(second, histograms);
            },
            Faults = Faults.Watch,
            TraceUrl = profile.Traces,
        });
        Traces.Wants(recorder.TracesOfSamples);
        var clock = new RunClock(time);
        using var wire = request.Wire(
            new WireOptions { BaseAddress = Address, Through = Faults.Through, Timeout = plan.Load.Timeout, Connections = UserPopulation.ConnectionsFor(plan) }, clock);
        var pauses = new PauseGate(clock);
        population = new UserPopulation(plan, profile, Keys, wire, recorder, clock, CorpusIds, pauses);
        var generator = new GeneratorProbe(() => population.Gauges.InFlight, times.HoldStart, times.HoldEnd, GC.GetTotalPauseDuration);
        Metrics?.Begin(new LoadView
        {
            StartedAt = startedAt,
            Now = () => clock.Now,
            Times = times,
            Gauges = population.Gauges,
            Snapshot = recorder.Snapshot,
            Generator = generator,
            Faults = () => Faults.Leases,
        });

        var state = new RunState
        {
            Id = RunFolder.IdOf(request.Folder),
            Plan = RunSummaries.Of(request),
            StartedAt = startedAt,
            Phases = RunSummaries.Phases(times, times.End),
            Faults = RunSummaries.Planned(plan.Faults),
            Now = new RunProgress("up", TimeSpan.Zero, plan.Load.Duration, 0, plan.Load.Users, 0, 0, []),
        };
        void Keep(RunProgress now)
        {
            (state with { Now = now }).WriteTo(request.Folder);
            Metrics?.Judged(RunSummaries.Holding(now.Objectives));
        }

        var judgement = new RunningJudgement(plan, Baseline, recorder, processes, generator, population.Gauges, aborts, Calibration);
        request.Control?.Begin(pauses);
        using var watching = new CancellationTokenSource();
        var users = population.RunAsync(ending.Token);
        var disturbing = Faults.RunAsync(clock, request.Folder, observer.Step, ending.Token);
        var background = Task.WhenAll(
            recorder.RunAsync(time, () => clock.Now, watching.Token),
            watch.RunAsync(time, () => clock.Now, recorder.Snapshot, new RunMoment(population.Gauges, pauses, judgement), Keep, watching.Token),
            generator.RunAsync(clock, SeededRandom.Mix(plan.Seed, 300), watching.Token),
            probe?.RunAsync(() => clock.Now, plan.Load.Duration, watching.Token) ?? Task.CompletedTask);
        var gone = await FirstEndAsync(users, Embedded, ending).ConfigureAwait(false);
        await users.ConfigureAwait(false);
        request.Control?.End();
        var endedAt = clock.Now;
        // Users leave with the load's end, and a fault with its own, which is no later; a run that is stopped ends both.
        await disturbing.ConfigureAwait(false);
        if (aborts.Crossed is { } why)
            observer.Warn($"{why}; the run ends");
        await watching.CancelAsync().ConfigureAwait(false);
        await background.ConfigureAwait(false);

        var cut = stop.IsCancellationRequested || gone is not null || aborts.Crossed is not null;
        return new LoadResult
        {
            StartedAt = startedAt,
            Recorded = recorder.Complete(Math.Max(endedAt, cut ? 0 : times.End)),
            Processes = processes,
            Gauges = population.Gauges,
            Generator = generator,
            Aborts = aborts,
            Gone = gone,
            Interrupted = stop.IsCancellationRequested,
            Scenarios = RunSummaries.Scenarios(plan, population),
            SentAgain = wire.SentAgain,
            Faults = Faults.Leases,
            FaultWatch = Faults.Watch,
            Pauses = pauses.Pauses,
            Withheld = pauses.Withheld,
        };
    }

    // The load ends with its last user, or when a process of the target does.
    private async Task<ChildProcess?> FirstEndAsync(Task users, EmbeddedTarget? embedded, CancellationTokenSource ending)
    {
        if (embedded is null)
            return null;
        var exit = embedded.FirstExitAsync();
        if (await Task.WhenAny(users, exit).ConfigureAwait(false) == users || ending.IsCancellationRequested)
            return null;
        var gone = await exit.ConfigureAwait(false);
        observer.Warn($"'{gone.Name}' ended with exit code {gone.ExitCode} under load; the run ends. Its last lines:\n{string.Join('\n', gone.LastLines.TakeLast(10))}");
        await ending.CancelAsync().ConfigureAwait(false);
        return gone;
    }
}
