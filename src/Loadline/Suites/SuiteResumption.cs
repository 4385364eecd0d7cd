using System.Text.Json;
using Loadline.Runs;
using Loadline.Verdicts;

namespace Loadline.Suites;

/// <summary>
/// A suite that was interrupted or killed, and is gone on with in its folder: runs with a verdict are kept, also those that failed, since a gate that may be tried until it opens is none. What was
/// INVALID, not started or not run is made.
/// </summary>
public sealed class SuiteResumption
{
    private static readonly string[] Final = [Result.Pass.Word(), Result.Warn.Word(), Result.Fail.Word()];

    private SuiteResumption(SuiteSummary suite, DateTimeOffset now) => (Suite, At) = (suite, [.. suite.ResumedAt, now]);

    /// <summary>As it was left.</summary>
    public SuiteSummary Suite { get; }

    /// <summary>When it was gone on with, now included.</summary>
    public IReadOnlyList<DateTimeOffset> At { get; }

    /// <summary>Reads what a suite left behind, and holds it against what is to be run now.</summary>
    /// <param name="folder">The suite's folder.</param>
    /// <param name="prepared">What is to be run: the same suite, with the same plans and options.</param>
    /// <param name="time">The clock.</param>
    /// <param name="problems">Why it can't be gone on with, all reasons at once; empty when it can.</param>
    public static SuiteResumption? Read(string folder, PreparedSuite prepared, TimeProvider time, out IReadOnlyList<string> problems)
    {
        try
        {
            var suite = SuiteJson.Read(folder);
            var resumption = new SuiteResumption(suite, time.GetUtcNow());
            problems = [.. Differences(folder, suite, prepared, resumption).Select(difference => $"--resume {folder}: {difference}")];
            return problems.Count == 0 ? resumption : null;
        }
        catch (SuiteFolderException problem)
        {
            problems = [$"--resume: {problem.Message}"];
            return null;
        }
    }

    /// <summary>The run of that place if it has a verdict that stands; null if it is to be made.</summary>
    public SuiteRunSummary? Kept(int index) => Suite.Runs[index] is { Folder: not null } run && Final.Contains(run.Verdict) ? run : null;

    private static IEnumerable<string> Differences(string folder, SuiteSummary suite, PreparedSuite prepared, SuiteResumption resumption)
    {
        string[] names = [.. prepared.Runs.Select(run => run.Name)], before = [.. suite.Runs.Select(run => run.Name)];
        if (suite.Name != prepared.Suite.Name || !before.SequenceEqual(names))
        {
            yield return $"this is the suite '{suite.Name}' with the runs {string.Join(", ", before)}, and '{prepared.Suite.Name}' has {string.Join(", ", names)}; name the suite that was begun, or begin anew with --out";
            yield break;
        }
        foreach (var (index, run) in prepared.Runs.Index())
            if (resumption.Kept(index) is { Folder: { } below } && Difference(Path.Combine(folder, below), run) is { } difference)
                yield return $"{run.Name} {difference}; give the options that it was begun with ({suite.CommandLine}), or begin anew with --out";
    }

    private static string? Difference(string folder, PlannedRun run)
    {
        try
        {
            if (File.ReadAllText(Path.Combine(folder, RunFolder.Plan)) != run.Plan.Source)
                return $"was run by another plan, which is in {Path.Combine(folder, RunFolder.Plan)}";
            var before = RunJson.ReadSummary(File.ReadAllText(Path.Combine(folder, RunFolder.Summary)))?.Plan ?? throw new JsonException("it is empty");
            return Same(before, RunSummaries.Of(run.Request(folder, null))) ? null : "was run with other options";
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or JsonException)
        {
            return $"can't be read: {problem.Message.TrimEnd('.')}";
        }
    }

    private static bool Same(PlanSummary one, PlanSummary other) =>
        (one.Name, one.Target, one.Seed, one.Users, one.DurationSeconds, one.TimeScale) == (other.Name, other.Target, other.Seed, other.Users, other.DurationSeconds, other.TimeScale)
        && one.Settings.OrderBy(setting => setting.Key, StringComparer.Ordinal).SequenceEqual(other.Settings.OrderBy(setting => setting.Key, StringComparer.Ordinal));
}
