using System.Text;
using Loadline.Runs;

namespace Loadline.Reports;

/// <summary>Renders <c>summary.md</c>: a short table for a pull request.</summary>
public static class MarkdownReport
{
    /// <summary>Renders a run.</summary>
    public static string Render(RunSummary summary)
    {
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append('\n');

        Line($"### {Emoji(summary.Verdict)} {summary.Verdict} · {Cell(summary.Plan.Name)}");
        Line("");
        Line(Cell(summary.Because));
        Line("");
        if (summary.Objectives.Count > 0)
        {
            Line("| | Objective | Measured | 95 % interval | From the limit | Samples |");
            Line("|---|---|---:|---:|---:|---:|");
            foreach (var objective in summary.Objectives)
            {
                var why = objective.Result == Words.Pass || objective.Reason is null ? "" : $"<br>{Cell(objective.Reason)}";
                Line($"| {Emoji(objective.Result)} {objective.Result} | `{Code(objective.Text)}`{why} | {Quantity.Format(objective.Value, objective.Unit)} | {Quantity.Interval(objective.Interval, objective.Unit)} | {Margin.Describe(objective)} | {Quantity.Count(objective.Samples)} |");
            }
            Line("");
        }
        if (summary.Faults.Count > 0)
        {
            Line("| Fault | From | To | Users hung for | Recovered after | Queue drained after |");
            Line("|---|---:|---:|---:|---:|---:|");
            foreach (var fault in summary.Faults)
                Line($"| **{Cell(fault.Name)}** {Cell(fault.What)}{string.Concat(fault.Notes.Select(note => $"<br>{Cell(note)}"))} | {Quantity.Moment(fault.Start)} | {Quantity.Moment(fault.End)} | {Quantity.Seconds(fault.Trigger)} | {Quantity.Seconds(fault.Recovery)} | {Quantity.Seconds(fault.Drain)} |");
            Line("");
        }
        if (summary.Operations.Count > 0)
        {
            Line("| Operation | Per second | Not ok | P50 | P95 | P99 | Service P95 |");
            Line("|---|---:|---:|---:|---:|---:|---:|");
            foreach (var operation in summary.Operations)
            {
                var bad = operation.Outcomes.Where(outcome => outcome.Key != "ok").Sum(outcome => outcome.Value);
                var time = operation.ResponseTime;
                Line($"| {Cell(operation.Name)} | {Quantity.Format(operation.PerSecond, "1/s")} | {Quantity.Count(bad)} | {Quantity.Seconds(time?.P50)} | {Quantity.Seconds(time?.P95)} | {Quantity.Seconds(time?.P99)} | {Quantity.Seconds(operation.ServiceTime?.P95)} |");
            }
            Line("");
        }
        foreach (var note in summary.Notes)
            Line($"- {Cell(note)}");
        if (summary.Notes.Count > 0)
            Line("");
        Line($"{Cell(summary.Plan.Load ?? $"{summary.Plan.Users} users")}, {Quantity.Duration(summary.Plan.DurationSeconds)}, target {Cell(summary.Plan.Target)}, {summary.Environment.Cores} cores; response times from when a request was due, service times from when it was sent. Again: `{Code(summary.Plan.CommandLine)}`");
        return text.ToString();
    }

    internal static string Emoji(string result) => result switch { Words.Pass => "✅", Words.Warn => "⚠️", Words.Fail => "❌", _ => "❓" };

    /// <summary>Text that can't end its table cell, open HTML, or become a link, an image, emphasis or a mention.</summary>
    internal static string Cell(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text.ReplaceLineEndings(" "))
        {
            if (c is '|' or '*' or '_' or '[' or ']' or '`' or '\\' or '#' or '~')
                escaped.Append('\\');
            escaped.Append(c switch { '<' => "&lt;", '>' => "&gt;", '&' => "&amp;", '@' => "&#64;", _ => c.ToString() });
        }
        return escaped.ToString();
    }

    internal static string Code(string text) => text.ReplaceLineEndings(" ").Replace('`', '\'').Replace("|", "\\|");
}
