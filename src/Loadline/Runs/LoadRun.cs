using Loadline.Export;
using Loadline.Plans;
using Loadline.Probes;
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
            var stage = new LoadStage(request, observer, time)
            {
                Address = address,
                Embedded = embedded,
                Faults = faults,
                Traces = traces,
                Keys = keys,
                CorpusIds = corpusIds,
                Metrics = metrics,
                Baseline = baseline?.Item1,
                Calibration = calibration,
            };
            var load = await stage.RunAsync(stop).ConfigureAwait(false);
            var summary = new RunJudgement(request, baseline, calibration).Summarize(load);
            metrics?.End(summary.Verdict, RunSummaries.Holding(summary.Objectives));
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
        using var wire = request.Wire(new WireOptions { BaseAddress = address, Timeout = plan.Load.Timeout }, clock);
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
