using Loadline.Runs;

namespace Loadline.Reports;

/// <summary>Writes every report of a run from its folder alone.</summary>
public static class ReportWriter
{
    /// <summary>Writes <c>report.html</c>, <c>junit.xml</c> and <c>summary.md</c> into the folder, each whole or not at all; returns the run.</summary>
    /// <param name="folder">The run folder.</param>
    /// <exception cref="RunFolderException">A file is missing, damaged, or of a newer Loadline.</exception>
    public static RunRecord WriteAll(string folder)
    {
        var run = RunReader.Load(folder);
        Write(folder, RunFolder.Report, HtmlReport.Render(run));
        Write(folder, RunFolder.JUnit, JUnitReport.Render(run.Summary));
        Write(folder, RunFolder.Markdown, MarkdownReport.Render(run.Summary));
        return run;
    }

    private static void Write(string folder, string file, string text)
    {
        var path = Path.Combine(folder, file);
        var unfinished = path + ".tmp";
        File.WriteAllText(unfinished, text);
        File.Move(unfinished, path, overwrite: true);
    }
}
