using Loadline.Reports;
using Loadline.Runs;

namespace Loadline.Suites;

/// <summary>A suite with the summaries of its runs, as its folder has them.</summary>
/// <param name="Summary">The suite.</param>
/// <param name="Runs">Run by run, in its order; a summary is null where there is no run.</param>
internal sealed record SuiteRecord(SuiteSummary Summary, IReadOnlyList<(SuiteRunSummary Run, RunSummary? Summary)> Runs)
{
    /// <summary>Reads a suite's folder.</summary>
    /// <exception cref="SuiteFolderException"><c>suite.json</c> is missing, damaged, or of a newer Loadline.</exception>
    /// <exception cref="RunFolderException">A run that it names is.</exception>
    public static SuiteRecord Load(string folder)
    {
        var summary = SuiteJson.Read(folder);
        return new(summary, [.. summary.Runs.Select(run => (run, run.Folder is null ? null : RunReader.LoadSummary(Path.Combine(folder, run.Folder))))]);
    }

    /// <summary>Objectives that did not hold, or could not be judged, run by run.</summary>
    public IEnumerable<(SuiteRunSummary Run, ObjectiveSummary Objective)> Missed() =>
        from run in Runs
        from objective in run.Summary?.Objectives ?? []
        where objective.Result != "PASS"
        select (run.Run, objective);
}

/// <summary>Writes the pages of a suite from its folder alone.</summary>
public static class SuiteReport
{
    /// <summary>The page that says go, or what gave way.</summary>
    public const string Page = "suite.html";

    /// <summary>Writes <c>suite.html</c>, <c>junit.xml</c> and <c>summary.md</c> into the folder, each whole or not at all.</summary>
    /// <param name="folder">The suite's folder.</param>
    /// <exception cref="SuiteFolderException">A file is missing, damaged, or of a newer Loadline.</exception>
    /// <exception cref="RunFolderException">One of a run is.</exception>
    public static SuiteSummary WriteAll(string folder)
    {
        var record = SuiteRecord.Load(folder);
        Write(folder, Page, SuiteHtml.Render(record));
        Write(folder, RunFolder.JUnit, SuiteText.JUnit(record));
        Write(folder, RunFolder.Markdown, SuiteText.Markdown(record));
        return record.Summary;
    }

    private static void Write(string folder, string file, string text)
    {
        var path = Path.Combine(folder, file);
        File.WriteAllText(path + ".tmp", text);
        File.Move(path + ".tmp", path, overwrite: true);
    }
}
