using Loadline.Export;
using Loadline.Plans;
using Loadline.Probes;
using Loadline.Processes;
using Loadline.Recording;
using Loadline.Targets;
using Loadline.Users;
using Loadline.Users.Feeds;
using Loadline.Verdicts;
using Loadline.Wire;

namespace Loadline.Runs;

/// <summary>
/// One run: where plan, target, users, recording and verdict come together.
/// <code>
/// 1 folder ─▶ 2 calibration ─▶ 3 target ─▶ 4 keys ─▶ 5 corpus ─▶ 6 load (recorded second by second) ─▶ 7 verdict ─▶ 8 summary.json ─▶ 9 target stopped
/// </code>
/// </summary>
/// <param name="request">What to run.</param>
/// <param name="observer">Follows it.</param>
/// <param name="time">The clock.</param>
public sealed class LoadRun(RunRequest request, IRunObserver observer, TimeProvider time)
{
    // Seeding has users of its own where the target makes them: it must not use up the limits of those who load. With an upload and a few polls a document,
    // so many documents stay under the 100 requests a minute that a user may send by default.
    private const int DocumentsPerSeeder = 20;

    /// <summary>Runs it to the end.</summary>
    /// <param name="stop">
    /// Ends it early. Before the load has begun nothing was measured, and this throws <see cref="OperationCanceledException"/>; afterwards what was measured is kept and
    /// judged INVALID.
    /// </param>
    /// <returns>The summary, as written to the folder.</returns>
    /// <exception cref="TargetException">The target could not be started.</exception>
    /// <exception cref="TargetSetupException">The target could not be prepared: keys or corpus.</exception>
    /// <exception cref="BaselineException">The plan's baseline can't be compared with; nothing was run.</exception>
    /// <exception cref="UnusableFolderException">The folder can't be made, or is not empty; nothing was run.</exception>
    /// <exception cref="IOException">A file of the folder could not be written under way: a full disk.</exception>
    public async Task<RunSummary> ExecuteAsync(CancellationToken stop)
    {
        var baseline = request.Plan.Baseline is { } path ? Baselines.Read(path) : ((Baseline, RunSummary)?)null;
        MakeFolder();
        var calibration = await CalibrateAsync(stop).ConfigureAwait(false);
        await using var faults = new RunFaults(request.Plan, time);
        await using var traces = await RunTraces.StartAsync(request, stop).ConfigureAwait(false); // ends after the target, whose last spans come while it stops
        await using var embedded = await StartTargetAsync(faults, traces, stop).ConfigureAwait(false);
        var address = embedded?.Address ?? request.Address!;
        await using var setup = await TargetSetup.RunAsync(
            request.Profile, new WireOptions { BaseAddress = address, Timeout = request.Plan.Load.Timeout }, new RunClock(time), embedded?.AdminKey ?? request.AdminKey,
            Environment.GetEnvironmentVariable, observer.Step, observer.Warn, stop).ConfigureAwait(false);
        request = request with { Profile = setup.Profile };
        var (keys, corpusIds) = await PrepareAsync(address, embedded?.AdminKey ?? request.AdminKey, stop).ConfigureAwait(false);
        await faults.PrepareAsync(address, embedded?.AdminKey ?? request.AdminKey, () => embedded?.Processes ?? [], request.Profile.Parts, request.Folder, stop).ConfigureAwait(false);
        var metrics = request.Export is null ? null : new RunMetrics(RunFolder.IdOf(request.Folder), request.Plan, RunSummaries.LoadlineVersion);
        if (metrics is not null)
            request.Export!.Begin(metrics);
        try
        {
            var load = await LoadAsync(address, embedded, faults, traces, keys, corpusIds, metrics, baseline?.Item1, calibration, stop).ConfigureAwait(false);
            var summary = new RunJudgement(request, baseline, calibration).Summarize(load);
            metrics?.End(summary.Verdict, [.. summary.Objectives.Where(objective => objective.Result != "INVALID").Select(objective => (objective.Text, objective.Result == "PASS"))]);
            observer.Step(embedded is null ? "Writing the run folder" : "Writing the run folder, stopping the RAG system");
            RunJson.WriteSummary(request.Folder, summary);
            File.Delete(Path.Combine(request.Folder, RunFolder.State));
            return summary;
        }
        finally
        {
            foreach (var problem in request.Export is null ? [] : await request.Export.EndAsync().ConfigureAwait(false))
                observer.Warn(problem);
        }
    }

    private void MakeFolder()
    {
        var folder = request.Folder;
        try
        {
            if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
                throw new UnusableFolderException($"--out {folder}: a run folder must be new or empty; name another, or remove it");
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, RunFolder.Plan), request.Plan.Source);
        }
        catch (Exception e) when (e is not UnusableFolderException and (IOException or UnauthorizedAccessException))
        {
            throw new UnusableFolderException($"--out {folder}: the run folder can't be written: {e.Message.TrimEnd('.')}; name one that can", e);
        }
    }

    // Before the target is there: what it takes of the machine is not the generator's.
    private async Task<Calibration?> CalibrateAsync(CancellationToken stop)
    {
        if (!request.Calibrate)
            return null;
        observer.Step("Measuring what the load generator can do on this machine");
        var calibration = await Calibration.MeasureAsync(time, stop, Wires.ChoiceFor(request.Profile)).ConfigureAwait(false);
        if (RunJudgement.BeyondAbility(request.Plan, calibration) is { } warning)
            observer.Warn(warning);
        return calibration;
    }

    private async Task<EmbeddedTarget?> StartTargetAsync(RunFaults faults, RunTraces traces, CancellationToken stop)
    {
        if (request.Address is not null)
            return null;
        var shape = OwnTarget.Find(request.Plan.Target)
            ?? throw new TargetException($"the target '{request.Plan.Target}' has no address, and Loadline starts none of that name; it starts {string.Join(", ", OwnTarget.All.Select(own => own.Name))}");
        observer.Step($"Starting the RAG system, {shape.About}{(request.Plan.Llm is null ? "" : ", and its simulated LLM")}");
        return await EmbeddedTarget.StartAsync(shape, request.Plan, Path.Combine(request.Folder, RunFolder.Logs), faults.LlmThrough, traces.Environment, stop).ConfigureAwait(false);
    }

    // The preparation has a wire and a clock of its own: the load's clock begins with the load, and its connections are the users'.
    private async Task<(IReadOnlyList<string> Keys, IReadOnlyList<string>? CorpusIds)> PrepareAsync(Uri address, string? adminKey, CancellationToken stop)
    {
        var (plan, profile) = (request.Plan, request.Profile);
        var clock = new RunClock(time);
        using var wire = OpenWire(profile, new WireOptions { BaseAddress = address, Timeout = plan.Load.Timeout }, clock);
        if (profile.Keys is not KeySource.None)
            observer.Step($"Getting API keys for {plan.Load.Users} users");
        var seeders = profile.Keys is KeySource.Issued && plan.Data.Documents > 0 ? 1 + (plan.Data.Documents / DocumentsPerSeeder) : 0;
        var keys = await UserKeys.ObtainAsync(profile, wire, plan.Load.Users + seeders, adminKey, Environment.GetEnvironmentVariable, stop).ConfigureAwait(false);
        IReadOnlyList<string> userKeys = seeders > 0 ? [.. keys.Take(plan.Load.Users)] : keys;
        if (plan.Data.Documents == 0)
            return (userKeys, null);

        observer.Step($"Seeding {plan.Data.Documents} documents");
        var seeder = new CorpusSeeder(profile, wire, seeders > 0 ? [.. keys.Skip(plan.Load.Users)] : keys, new DataFeed(plan.Data, plan.Seed), clock);
        return (userKeys, await seeder.SeedAsync(plan.Data.Documents, new SeedingProgress(observer), stop).ConfigureAwait(false));
    }

    private async Task<LoadResult> LoadAsync(
        Uri address, EmbeddedTarget? embedded, RunFaults faults, RunTraces traces, IReadOnlyList<string> keys, IReadOnlyList<string>? corpusIds, RunMetrics? metrics, Baseline? baseline, Calibration? calibration,
        CancellationToken stop)
    {
        var (plan, profile) = (request.Plan, request.Profile);
        observer.Step($"Load: {RunSummaries.Load(plan)}, for {plan.Load.Duration:hh\\:mm\\:ss}");
        using var processes = new ProcessSeries(time);
        using var inside = new InsideLog(request.Folder);
        using var probe = profile.Probes is null ? null
            : new TargetProbe(profile.Probes, address, embedded?.Targets, embedded is null ? [] : InsideMetric.OfProcesses, inside, time);
        var watch = new RunWatch(
            plan, processes, () => [new WatchedProcess("loadline", Environment.ProcessId), .. embedded?.Processes ?? []], observer, embedded is null ? null : new ProcessLooks(inside));
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
                metrics?.Take(second, histograms);
            },
            Faults = faults.Watch,
            TraceUrl = profile.Traces,
        });
        traces.Wants(recorder.TracesOfSamples);
        var clock = new RunClock(time);
        using var wire = OpenWire(
            profile, new WireOptions { BaseAddress = address, Through = faults.Through, Timeout = plan.Load.Timeout, Connections = UserPopulation.ConnectionsFor(plan) }, clock);
        var pauses = new PauseGate(clock);
        population = new UserPopulation(plan, profile, keys, wire, recorder, clock, corpusIds, pauses);
        var generator = new GeneratorProbe(() => population.Gauges.InFlight, times.HoldStart, times.HoldEnd, GC.GetTotalPauseDuration);
        metrics?.Begin(new LoadView
        {
            StartedAt = startedAt,
            Now = () => clock.Now,
            Times = times,
            Gauges = population.Gauges,
            Snapshot = recorder.Snapshot,
            Generator = generator,
            Faults = () => faults.Leases,
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
        var judgement = new RunningJudgement(plan, baseline, recorder, processes, generator, population.Gauges, aborts, calibration);
        request.Control?.Begin(pauses);
        using var watching = new CancellationTokenSource();
        var users = population.RunAsync(ending.Token);
        var disturbing = faults.RunAsync(clock, request.Folder, observer.Step, ending.Token);
        var background = Task.WhenAll(
            recorder.RunAsync(time, () => clock.Now, watching.Token),
            watch.RunAsync(time, () => clock.Now, recorder.Snapshot, new RunMoment(population.Gauges, pauses, judgement), now => (state with { Now = now }).WriteTo(request.Folder), watching.Token),
            generator.RunAsync(clock, SeededRandom.Mix(plan.Seed, 300), watching.Token),
            probe?.RunAsync(() => clock.Now, plan.Load.Duration, watching.Token) ?? Task.CompletedTask);
        var gone = await FirstEndAsync(users, embedded, ending).ConfigureAwait(false);
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
            Faults = faults.Leases,
            FaultWatch = faults.Watch,
            Pauses = pauses.Pauses,
            Withheld = pauses.Withheld,
        };
    }

    private IWire OpenWire(TargetProfile profile, WireOptions options, RunClock clock)
    {
        try
        {
            return (request.OpenWire ?? TargetWire.To)(profile, options, clock);
        }
        catch (TransportException problem)
        {
            throw new TargetException($"profile '{profile.Name}': {problem.Message}", problem);
        }
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

    private sealed class SeedingProgress(IRunObserver observer) : IProgress<SeedProgress>
    {
        private readonly Lock _lock = new();

        public void Report(SeedProgress value)
        {
            lock (_lock)
            {
                if (value.Searchable == 0)
                    observer.Advance("uploaded", value.Uploaded, value.Total);
                else
                    observer.Advance("searchable", value.Searchable, value.Total);
            }
        }
    }
}
