using System.Globalization;
using Loadline.Reports;
using Loadline.Runs;
using Loadline.Users;
using Loadline.Verdicts;

namespace Loadline.Suites;

/// <summary>
/// Runs a suite: one plan after another, each into a folder of its own below the suite's, and one verdict at the end. After each run <c>suite.json</c> and the pages
/// are written anew, so a suite that is killed keeps what it has.
/// </summary>
/// <param name="prepared">What to run.</param>
/// <param name="folder">The suite's folder, new or empty.</param>
/// <param name="commandLine">The command line, to be shown with the results.</param>
/// <param name="execute">Makes one run: <see cref="LoadRun"/>, which tests replace. It writes the run's folder.</param>
/// <param name="observer">Follows it.</param>
/// <param name="time">The clock.</param>
/// <param name="resumed">A suite in the same folder that came to no end and is gone on with; null for a new one.</param>
public sealed class SuiteRun(
    PreparedSuite prepared, string folder, string commandLine, Func<RunRequest, CancellationToken, Task<RunSummary>> execute, IRunObserver observer, TimeProvider time,
    SuiteResumption? resumed = null)
{
    private readonly List<SuiteRunSummary> _done = [];

    /// <summary>Runs it to the end.</summary>
    /// <param name="adminKey">The key that may create users at targets that Loadline did not start.</param>
    /// <param name="stop">Ends the run in hand early, which is then INVALID, and makes none of those after it.</param>
    /// <exception cref="UnusableFolderException">The suite's folder can't be made, or is not empty; nothing was run.</exception>
    /// <exception cref="IOException">A file of the suite's folder could not be written.</exception>
    public async Task<SuiteSummary> ExecuteAsync(string? adminKey, CancellationToken stop)
    {
        if (resumed is null)
            MakeFolder();
        var startedAt = resumed?.Suite.StartedAt ?? time.GetUtcNow();
        string? ended = null;
        var made = 0;
        foreach (var (index, run) in prepared.Runs.Index())
        {
            if (ended is null && resumed?.Kept(index) is { } kept)
            {
                observer.Step($"Run {index + 1} of {prepared.Runs.Count}: {run.Name} is {kept.Verdict} from before, and kept");
                _done.Add(kept);
                ended = EndedBy(run, kept);
                continue;
            }
            if (made > 0 && ended is null && !stop.IsCancellationRequested)
                await PauseAsync(stop).ConfigureAwait(false);
            if (stop.IsCancellationRequested)
                ended ??= "the suite was interrupted";
            if (ended is not null)
            {
                _done.Add(new(run.Name, run.Plan.Name, SuiteRunSummary.NotRun, $"It was not run: {ended}.", null, 0));
                continue;
            }
            observer.Step($"Run {index + 1} of {prepared.Runs.Count}: {run.Name}");
            made++;
            var done = await OneAsync(run, index, adminKey, stop).ConfigureAwait(false);
            _done.Add(done);
            ended = stop.IsCancellationRequested ? "the suite was interrupted" : EndedBy(run, done);
            Write(startedAt, isOver: false);
        }
        return Write(startedAt, isOver: true);
    }

    private static string? EndedBy(PlannedRun run, SuiteRunSummary done) => !done.Passed && run.StopsOnFailure ? $"{run.Name} was {done.Verdict}, and the suite stops then" : null;

    private async Task<SuiteRunSummary> OneAsync(PlannedRun run, int index, string? adminKey, CancellationToken stop)
    {
        var below = Below(run, index);
        var began = time.GetTimestamp();
        SuiteRunSummary Done(string verdict, string because, bool hasFolder) =>
            new(run.Name, run.Plan.Name, verdict, because, hasFolder ? below : null, Math.Round(time.GetElapsedTime(began).TotalSeconds, 1));
        try
        {
            var summary = await execute(run.Request(Path.Combine(folder, below), adminKey), stop).ConfigureAwait(false);
            observer.Step($"{run.Name}: {summary.Verdict}. {summary.Because}");
            return Done(summary.Verdict, summary.Because, true);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return Done(SuiteRunSummary.NotRun, "It was interrupted before its load began: nothing was measured.", false);
        }
        // What stops one plan need not stop the next: a port may be taken, or a target down for a while.
        catch (Exception problem) when (problem is TargetException or TargetSetupException or BaselineException or UnusableFolderException or RunFolderException or IOException or UnauthorizedAccessException)
        {
            observer.Warn($"{run.Name} could not be run: {problem.Message}");
            return Done(SuiteRunSummary.NotStarted, problem.Message, false);
        }
    }

    // What a run left that came to no end stays beside the one that is made in its place.
    private string Below(PlannedRun run, int index)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{index + 1:00}-{run.Name}");
        return Enumerable.Range(2, int.MaxValue - 2).Select(number => string.Create(CultureInfo.InvariantCulture, $"{name}-{number}")).Prepend(name).First(below => !Path.Exists(Path.Combine(folder, below)));
    }

    private async Task PauseAsync(CancellationToken stop)
    {
        if (prepared.Pause <= TimeSpan.Zero)
            return;
        observer.Step($"Pause of {prepared.Pause.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s");
        await Task.Delay(prepared.Pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void MakeFolder()
    {
        try
        {
            if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
                throw new UnusableFolderException($"--out {folder}: a suite's folder must be new or empty; name another, or remove it");
            Directory.CreateDirectory(folder);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new UnusableFolderException($"--out {folder}: the suite's folder can't be made: {problem.Message.TrimEnd('.')}; name one that can", problem);
        }
    }

    private SuiteSummary Write(DateTimeOffset startedAt, bool isOver)
    {
        var runs = isOver ? _done : [.. _done, .. prepared.Runs.Skip(_done.Count).Select(run => new SuiteRunSummary(run.Name, run.Plan.Name, SuiteRunSummary.NotRun, "It was not run yet.", null, 0))];
        var (verdict, because) = SuiteVerdict.Of(runs);
        var summary = new SuiteSummary
        {
            Id = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            Name = prepared.Suite.Name,
            Purpose = prepared.Suite.Purpose,
            Schedule = prepared.Suite.Schedule,
            LoadlineVersion = RunSummaries.LoadlineVersion,
            StartedAt = startedAt,
            ResumedAt = resumed?.At ?? [],
            EndedAt = time.GetUtcNow(),
            Verdict = verdict.Word(),
            Because = because,
            CommandLine = commandLine,
            Runs = runs,
        };
        SuiteJson.Write(folder, summary);
        SuiteReport.WriteAll(folder);
        return summary;
    }
}
