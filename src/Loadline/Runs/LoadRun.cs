using Loadline.Plans;
using Loadline.Probes;
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
/// 1 folder ─▶ 2 target ─▶ 3 keys ─▶ 4 corpus ─▶ 5 load (recorded second by second) ─▶ 6 verdict ─▶ 7 summary.json ─▶ 8 target stopped
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
    /// <exception cref="UnusableFolderException">The folder can't be made, or is not empty; nothing was run.</exception>
    /// <exception cref="IOException">A file of the folder could not be written under way: a full disk.</exception>
    public async Task<RunSummary> ExecuteAsync(CancellationToken stop)
    {
        MakeFolder();
        await using var embedded = await StartTargetAsync(stop).ConfigureAwait(false);
        var address = embedded?.Address ?? request.Address!;
        await using var setup = await TargetSetup.RunAsync(
            request.Profile, new WireOptions { BaseAddress = address, Timeout = request.Plan.Load.Timeout }, new RunClock(time), embedded?.AdminKey ?? request.AdminKey,
            Environment.GetEnvironmentVariable, observer.Step, observer.Warn, stop).ConfigureAwait(false);
        request = request with { Profile = setup.Profile };
        var (keys, corpusIds) = await PrepareAsync(address, embedded?.AdminKey ?? request.AdminKey, stop).ConfigureAwait(false);
        var summary = await LoadAsync(address, embedded, keys, corpusIds, stop).ConfigureAwait(false);
        observer.Step(embedded is null ? "Writing the run folder" : "Writing the run folder, stopping the RAG system");
        RunJson.WriteSummary(request.Folder, summary);
        return summary;
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

    private async Task<EmbeddedTarget?> StartTargetAsync(CancellationToken stop)
    {
        if (request.Address is not null)
            return null;
        var shape = OwnTarget.Find(request.Plan.Target)
            ?? throw new TargetException($"the target '{request.Plan.Target}' has no address, and Loadline starts none of that name; it starts {string.Join(", ", OwnTarget.All.Select(own => own.Name))}");
        observer.Step($"Starting the RAG system, {shape.About}{(request.Plan.Llm is null ? "" : ", and its simulated LLM")}");
        return await EmbeddedTarget.StartAsync(shape, request.Plan, Path.Combine(request.Folder, RunFolder.Logs), stop).ConfigureAwait(false);
    }

    // The preparation has a wire and a clock of its own: the load's clock begins with the load, and its connections are the users'.
    private async Task<(IReadOnlyList<string> Keys, IReadOnlyList<string>? CorpusIds)> PrepareAsync(Uri address, string? adminKey, CancellationToken stop)
    {
        var (plan, profile) = (request.Plan, request.Profile);
        var clock = new RunClock(time);
        using var wire = TargetWire.To(profile, new WireOptions { BaseAddress = address, Timeout = plan.Load.Timeout }, clock);
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

    private async Task<RunSummary> LoadAsync(
        Uri address, EmbeddedTarget? embedded, IReadOnlyList<string> keys, IReadOnlyList<string>? corpusIds, CancellationToken stop)
    {
        var (plan, profile) = (request.Plan, request.Profile);
        observer.Step($"Load: {RunSummaries.Load(plan)}, for {plan.Load.Duration:hh\\:mm\\:ss}");
        using var processes = new ProcessSeries(time);
        var watch = new RunWatch(plan, processes, () => [new WatchedProcess("loadline", Environment.ProcessId), .. embedded?.Processes ?? []], observer);
        UserPopulation? population = null;
        var startedAt = time.GetUtcNow();
        var times = PhaseTimes.Of(plan.Load.Up, plan.Load.Hold, plan.Load.Down);
        using var recorder = new Recorder(new RecorderOptions
        {
            Operations = [.. plan.Load.Mix.Keys],
            Times = times,
            Folder = request.Folder,
            StartedAt = startedAt,
            Seed = plan.Seed,
            ActiveUsers = () => population?.Gauges.ActiveUsers ?? 0,
            Processes = watch.TakeProcesses,
        });
        var clock = new RunClock(time);
        using var wire = TargetWire.To(
            profile, new WireOptions { BaseAddress = address, Timeout = plan.Load.Timeout, Connections = UserPopulation.ConnectionsFor(plan) }, clock);
        population = new UserPopulation(plan, profile, keys, wire, recorder, clock, corpusIds);

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var watching = new CancellationTokenSource();
        var users = population.RunAsync(ending.Token);
        var background = Task.WhenAll(
            recorder.RunAsync(time, () => clock.Now, watching.Token), watch.RunAsync(time, () => clock.Now, recorder.Snapshot, watching.Token));
        var gone = await FirstEndAsync(users, embedded, ending).ConfigureAwait(false);
        await users.ConfigureAwait(false);
        var endedAt = clock.Now;
        await watching.CancelAsync().ConfigureAwait(false);
        await background.ConfigureAwait(false);

        var recorded = recorder.Complete(Math.Max(endedAt, stop.IsCancellationRequested || gone is not null ? 0 : times.End));
        var health = Health(recorded, population.Gauges, gone, stop.IsCancellationRequested);
        return Summary(recorded, Judge.Verdict(plan.Objectives, recorded, health), processes, RunSummaries.Scenarios(plan, population), startedAt);
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

    private static RunHealth Health(Recorded recorded, PopulationGauges gauges, ChildProcess? gone, bool interrupted)
    {
        var health = RunHealth.Assess(recorded);
        if (gone is not null)
            health = health.And($"'{gone.Name}', a process of the target, ended with exit code {gone.ExitCode} under load");
        if (interrupted)
            health = health.And("the run was interrupted");
        if (gauges.DroppedAtStop > 0)
            health = health.Note($"{gauges.DroppedAtStop} exchanges were in hand when the run was stopped; they are counted nowhere.");
        if (gauges.Unwatched > 0)
            health = health.Note($"{gauges.Unwatched} uploads that were to be watched were not, because too many were already; 'searchable' rests on the others.");
        return health;
    }

    private RunSummary Summary(Recorded recorded, Verdict verdict, ProcessSeries processes, IReadOnlyList<ScenarioSummary> scenarios, DateTimeOffset startedAt)
    {
        var phases = RunSummaries.Phases(recorded.Times, recorded.EndedAt);
        var hold = phases.FirstOrDefault(p => p.Name == "hold") ?? new PhaseSummary("hold", 0, recorded.EndedAt / 1e9);
        var use = processes.Over(hold.Start, hold.End);
        return new RunSummary
        {
            Id = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Folder))),
            LoadlineVersion = RunSummaries.LoadlineVersion,
            Plan = RunSummaries.Of(request),
            Environment = RunSummaries.Environment(use),
            StartedAt = startedAt,
            EndedAt = startedAt + TimeSpan.FromTicks(recorded.EndedAt / 100),
            Verdict = verdict.Result.Word(),
            Because = verdict.Because,
            Objectives = [.. verdict.Objectives.Select(o => new ObjectiveSummary(o.Text, o.Metric, o.Value, o.Limit, o.Unit, o.Samples, o.Result.Word(), o.Reason))],
            Phases = phases,
            Scenarios = scenarios,
            Metrics = MetricCatalog.Measure(recorded).ToDictionary(m => m.Key, m => new MetricSummary(m.Value.Value, m.Value.Unit, m.Value.Samples)),
            Operations = recorded.Summaries(),
            Notes = [.. verdict.Notes, .. RunSummaries.ArrivalNotes(scenarios), .. RunSummaries.MemoryNotes(use, TimeSpan.FromSeconds(hold.End - hold.Start))],
        };
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
