using System.Globalization;
using System.Text;
using Loadline.Reports;

namespace Loadline.Suites;

/// <summary>A suite for consoles, pull requests and CI systems.</summary>
public static class SuiteText
{
    /// <summary>The verdict as plain text, a line a run; lines end with <c>\n</c>.</summary>
    public static string Console(SuiteSummary suite)
    {
        var text = new StringBuilder();
        var rows = suite.Runs.Select(run => new[] { $"{Words.Sign(run.Verdict)} {run.Verdict}", run.Name, run.Folder is null ? "–" : Quantity.Duration(run.Seconds), run.Because }).ToList();
        var widths = Enumerable.Range(0, 3).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
            text.Append("  ").AppendJoin("  ", row.Select((cell, column) => column < 3 ? cell.PadRight(widths[column]) : cell)).Append('\n');
        text.Append('\n').Append(CultureInfo.InvariantCulture, $"{Words.Sign(suite.Verdict)} {(suite.IsGo ? "GO" : "NO GO")}, {suite.Verdict}: {suite.Because}\n");
        return text.ToString();
    }

    /// <summary><c>summary.md</c>.</summary>
    internal static string Markdown(SuiteRecord record)
    {
        var suite = record.Summary;
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append('\n');

        Line($"### {MarkdownReport.Emoji(suite.Verdict)} {(suite.IsGo ? "Go" : "No go")} · {MarkdownReport.Cell(suite.Name)} · {suite.Verdict}");
        Line("");
        Line(MarkdownReport.Cell(suite.Because));
        Line("");
        Line("| | Run | Took | Why |");
        Line("|---|---|---:|---|");
        foreach (var run in suite.Runs)
        {
            var name = run.Folder is null ? MarkdownReport.Cell(run.Name) : $"[{MarkdownReport.Cell(run.Name)}]({run.Folder}/report.html)";
            Line($"| {MarkdownReport.Emoji(run.Verdict)} {run.Verdict} | {name} | {(run.Folder is null ? "–" : Quantity.Duration(run.Seconds))} | {MarkdownReport.Cell(run.Because)} |");
        }
        Line("");
        var missed = record.Missed().ToList();
        if (missed.Count > 0)
        {
            Line("| | Run | Objective | Measured |");
            Line("|---|---|---|---:|");
            foreach (var (run, objective) in missed)
                Line($"| {MarkdownReport.Emoji(objective.Result)} {objective.Result} | {MarkdownReport.Cell(run.Name)} | `{MarkdownReport.Code(objective.Text)}`{(objective.Reason is null ? "" : "<br>" + MarkdownReport.Cell(objective.Reason))} | {Quantity.Format(objective.Value, objective.Unit)} |");
            Line("");
        }
        Line($"{MarkdownReport.Cell(suite.Purpose)}{(suite.Schedule is null ? "" : $" Schedule: {MarkdownReport.Cell(suite.Schedule)}.")} Again: `{MarkdownReport.Code(suite.CommandLine)}`");
        return text.ToString();
    }

    /// <summary><c>junit.xml</c>: a test suite a run, with a test case an objective; a run that was not made is an error.</summary>
    internal static string JUnit(SuiteRecord record) => JUnitReport.Document(xml =>
    {
        foreach (var (run, summary) in record.Runs)
        {
            if (summary is not null)
                JUnitReport.Suite(xml, summary with { Plan = summary.Plan with { Name = run.Name } });
            else
                JUnitReport.Error(xml, run.Name, run.Verdict, run.Because, run.Seconds);
        }
    });
}
