using System.Text.Json;
using Loadline.Verdicts;

namespace Loadline.Runs;

/// <summary>An earlier run that can't be compared with: the message says which file, what is wrong with it, and what to do.</summary>
public sealed class BaselineException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Reads earlier runs to compare with.</summary>
public static class Baselines
{
    /// <summary>Reads a run's metrics.</summary>
    /// <param name="path">The run's folder, or its <c>summary.json</c>.</param>
    /// <exception cref="BaselineException">It is missing, damaged, of a newer Loadline, or of a run that can't be believed.</exception>
    public static (Baseline Baseline, RunSummary Summary) Read(string path)
    {
        var file = Directory.Exists(path) ? Path.Combine(path, RunFolder.Summary) : path;
        RunSummary summary;
        try
        {
            summary = RunJson.ReadSummary(File.ReadAllText(file)) ?? throw new JsonException("it is empty");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or JsonException or NotSupportedException)
        {
            throw new BaselineException($"baseline: '{path}' is no run that can be read: {problem.Message.TrimEnd('.')}; give the folder of an earlier run, or its summary.json", problem);
        }
        if (summary.SchemaVersion > RunJson.NewestSchema)
            throw new BaselineException($"baseline: '{path}' has 'schemaVersion' {summary.SchemaVersion}; this Loadline reads 1 to {RunJson.NewestSchema}. Use the Loadline that wrote it, or a newer one");
        if (summary.Verdict == Result.Invalid.Word())
            throw new BaselineException($"baseline: '{path}' is a run that is INVALID ({summary.Because.TrimEnd('.')}); compare with one whose figures can be believed");
        return (new Baseline(summary.Id, summary.Metrics.ToDictionary(metric => metric.Key, metric => metric.Value.Value)), summary);
    }

    /// <summary>What is not alike in two runs, so that their difference may have another reason than the target.</summary>
    public static IEnumerable<string> Differences(RunSummary baseline, RunSummary run)
    {
        if (baseline.Plan.Name != run.Plan.Name)
            yield return $"The baseline {baseline.Id} is of the plan '{baseline.Plan.Name}'.";
        if (baseline.Plan.Users != run.Plan.Users)
            yield return $"The baseline {baseline.Id} had {baseline.Plan.Users} users, this run has {run.Plan.Users}.";
        if (baseline.Environment.Cores != run.Environment.Cores)
            yield return $"The baseline {baseline.Id} ran on {baseline.Environment.Cores} cores, this run on {run.Environment.Cores}.";
    }
}
