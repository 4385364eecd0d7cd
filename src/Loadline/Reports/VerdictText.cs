using System.Globalization;
using System.Text;
using Loadline.Runs;

namespace Loadline.Reports;

/// <summary>The verdict as plain text for a console: objective by objective, aligned; no colours, so it can be piped.</summary>
public static class VerdictText
{
    /// <summary>Renders a run's verdict; lines end with <c>\n</c>.</summary>
    public static string Render(RunSummary summary)
    {
        var rows = summary.Objectives.Select(objective => new[]
        {
            $"{Words.Sign(objective.Result)} {objective.Result}", objective.Text, Quantity.Format(objective.Value, objective.Unit),
            Margin.Describe(objective), Samples(objective), objective.Result == Words.Pass ? "" : objective.Reason ?? "",
        }).ToList();
        var text = new StringBuilder();
        if (rows.Count > 0)
        {
            rows.Insert(0, ["", "objective", "measured", "from the limit", "samples", ""]);
            var widths = Enumerable.Range(0, 6).Select(column => rows.Max(row => row[column].Length)).ToArray();
            foreach (var row in rows)
            {
                var line = new StringBuilder("  ");
                for (var column = 0; column < row.Length; column++)
                    line.Append(column == 4 ? row[column].PadLeft(widths[column]) : row[column].PadRight(widths[column])).Append("  ");
                text.Append(line.ToString().TrimEnd()).Append('\n');
            }
            text.Append('\n');
        }
        text.Append(CultureInfo.InvariantCulture, $"{Words.Sign(summary.Verdict)} {summary.Verdict}: {summary.Because}\n");
        foreach (var note in summary.Notes)
            text.Append("  note: ").Append(note).Append('\n');
        Processes(text, summary.Environment.Processes);
        return text.ToString();
    }

    private static void Processes(StringBuilder text, IReadOnlyList<ProcessSummary> processes)
    {
        if (processes.Count == 0)
            return;
        var rows = processes.Select(process => new[] { process.Name, Quantity.Format(process.CpuCores, ""), Quantity.Bytes(process.MemoryPeakBytes) })
            .Prepend(["process", "CPU cores", "memory, peak"]).ToList();
        var widths = Enumerable.Range(0, 3).Select(column => rows.Max(row => row[column].Length)).ToArray();
        text.Append('\n');
        foreach (var row in rows)
            text.Append("  ").Append(row[0].PadRight(widths[0])).Append("  ").Append(row[1].PadLeft(widths[1])).Append("  ").Append(row[2].PadLeft(widths[2])).Append('\n');
    }

    /// <summary>One objective in a sentence: value, limit, samples and the reason why it does not pass.</summary>
    internal static string Explain(ObjectiveSummary objective)
    {
        var measured = objective.Value is null
            ? $"{objective.Metric} was not measured"
            : $"{objective.Metric} was {Quantity.Format(objective.Value, objective.Unit)}";
        var reason = objective.Reason is null ? "" : $". {objective.Reason}";
        return $"{measured}, the objective is {objective.Text} ({Samples(objective)} samples){reason}";
    }

    private static string Samples(ObjectiveSummary objective) => Quantity.Count(objective.Samples);
}
