using System.Globalization;
using System.Text;
using Loadline.Recording;
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
            $"{Words.Sign(objective.Result)} {objective.Result}", objective.Text, Quantity.Format(objective.Value, objective.Unit), Quantity.Interval(objective.Interval, objective.Unit),
            Margin.Describe(objective), Samples(objective), objective.Result == Words.Pass ? "" : objective.Reason ?? "",
        }).ToList();
        var text = new StringBuilder();
        if (rows.Count > 0)
        {
            rows.Insert(0, ["", "objective", "measured", "95 % interval", "from the limit", "samples", ""]);
            var widths = Enumerable.Range(0, 7).Select(column => rows.Max(row => row[column].Length)).ToArray();
            foreach (var row in rows)
            {
                var line = new StringBuilder("  ");
                for (var column = 0; column < row.Length; column++)
                    line.Append(column == 5 ? row[column].PadLeft(widths[column]) : row[column].PadRight(widths[column])).Append("  ");
                text.Append(line.ToString().TrimEnd()).Append('\n');
            }
            text.Append('\n');
        }
        text.Append(CultureInfo.InvariantCulture, $"{Words.Sign(summary.Verdict)} {summary.Verdict}: {summary.Because}\n");
        foreach (var note in summary.Notes)
            text.Append("  note: ").Append(note).Append('\n');
        Faults(text, summary.Faults);
        Operations(text, summary.Operations);
        Generator(text, summary);
        Processes(text, summary.Environment.Processes);
        return text.ToString();
    }

    private static void Faults(StringBuilder text, IReadOnlyList<FaultSummary> faults)
    {
        Table(text, ["fault", "from", "to", "users hung for", "recovered after", "queue drained after"],
            [.. faults.Select(fault => new[]
            {
                $"{fault.Name}: {fault.What}", Quantity.Moment(fault.Start), Quantity.Moment(fault.End), Quantity.Seconds(fault.Trigger), Quantity.Seconds(fault.Recovery), Quantity.Seconds(fault.Drain),
            })]);
        foreach (var fault in faults)
            foreach (var note in fault.Notes)
                text.Append(CultureInfo.InvariantCulture, $"  {fault.Name}: {note}\n");
    }

    private static void Operations(StringBuilder text, IReadOnlyList<OperationSummary> operations) => Table(text,
        ["operation", "per second", "not ok", "response P50", "P95", "P99", "service P50", "P95", "P99"],
        [.. operations.Select(operation => new[]
        {
            operation.Name, Quantity.Format(operation.PerSecond, "1/s"), Quantity.Count(operation.Outcomes.Where(outcome => outcome.Key != "ok").Sum(outcome => outcome.Value)),
            Quantity.Seconds(operation.ResponseTime?.P50), Quantity.Seconds(operation.ResponseTime?.P95), Quantity.Seconds(operation.ResponseTime?.P99),
            Quantity.Seconds(operation.ServiceTime?.P50), Quantity.Seconds(operation.ServiceTime?.P95), Quantity.Seconds(operation.ServiceTime?.P99),
        })]);

    private static void Generator(StringBuilder text, RunSummary summary) => Table(text,
        ["load generator", "measured", "at most", ""],
        [.. summary.Generator.Select(check => new[] { check.Name, Quantity.Format(check.Value, check.Unit), Quantity.Format(check.Limit, check.Unit), check.Kept ? "✓" : "✗" })]);

    private static void Processes(StringBuilder text, IReadOnlyList<ProcessSummary> processes) => Table(text,
        ["process", "CPU cores", "memory, peak"],
        [.. processes.Select(process => new[] { process.Name, Quantity.Format(process.CpuCores, ""), Quantity.Bytes(process.MemoryPeakBytes) })]);

    private static void Table(StringBuilder text, string[] heads, IReadOnlyList<string[]> rows)
    {
        if (rows.Count == 0)
            return;
        var widths = heads.Select((head, column) => rows.Max(row => Math.Max(head.Length, row[column].Length))).ToArray();
        text.Append('\n');
        foreach (var row in rows.Prepend(heads))
            text.Append("  ").Append(string.Join("  ", row.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]))).TrimEnd()).Append('\n');
    }

    /// <summary>One objective in a sentence: value, limit, samples and the reason why it does not pass.</summary>
    internal static string Explain(ObjectiveSummary objective)
    {
        var measured = objective.Value is null
            ? $"{objective.Metric} was not measured"
            : $"{objective.Metric} was {Quantity.Format(objective.Value, objective.Unit)}";
        var interval = objective.Interval is null ? "" : $", 95 % interval {Quantity.Interval(objective.Interval, objective.Unit)}";
        var reason = objective.Reason is null ? "" : $". {objective.Reason}";
        return $"{measured}, the objective is {objective.Text} ({Samples(objective)} samples{interval}){reason}";
    }

    private static string Samples(ObjectiveSummary objective) => Quantity.Count(objective.Samples);
}
