using Loadline.Recording;
using Loadline.Runs;

namespace Loadline.Reports;

/// <summary>Tables of operations over the hold phase.</summary>
internal static class OperationsSection
{
    public static HtmlText Render(RunSummary summary) => Html.Of($"""
        <h3>How requests ended</h3>
        {Table("How requests ended", ["Operation", "Per second", .. Words.Outcomes.Select(outcome => outcome.Label), "Why not ok"], Html.Each(summary.Operations, Outcomes))}
        <h3>Times</h3>
        <p>Response time runs from when a request was due, service time from when it was sent; both of requests that were answered. The others' time is on a line of its own.</p>
        {Table("Times", ["Operation", "Time", "Count", "Min", "Mean", "P50", "P90", "P95", "P99", "P99.9", "Max"], Html.Each(summary.Operations, Times))}
        """);

    // The columns that hold words; the others hold numbers.
    private static readonly string[] WordColumns = ["Operation", "Time", "Why not ok"];

    private static HtmlText Table(string label, IEnumerable<string> heads, HtmlText rows) => Html.Of($"""
        <div class="scroll" tabindex="0" role="region" aria-label="{label}"><table><thead><tr>{Html.Each(heads, head => Html.Of($"<th scope=\"col\" class=\"{(WordColumns.Contains(head) ? "" : "n")}\">{head}</th>"))}</tr></thead><tbody>{rows}</tbody></table></div>
        """);

    private static HtmlText Outcomes(OperationSummary operation) => Html.Of($"""
        <tr data-operation="{operation.Name}"><th scope="row">{operation.Name}</th><td class="n">{Quantity.Format(operation.PerSecond, "1/s")}</td>{Html.Each(Words.Outcomes, outcome => Outcome(operation, outcome.Key))}<td>{Reasons(operation)}</td></tr>
        """);

    private static HtmlText Outcome(OperationSummary operation, string key)
    {
        var count = operation.Outcomes.GetValueOrDefault(key);
        return Html.Of($"<td class=\"n {(count > 0 ? "o-" + key : "none")}\">{Quantity.Count(count)}</td>");
    }

    private static string Reasons(OperationSummary operation) => operation.Reasons.Count == 0
        ? Quantity.None
        : string.Join(", ", operation.Reasons.OrderByDescending(reason => reason.Value).Select(reason => $"{reason.Key} × {Quantity.Count(reason.Value)}"));

    private static HtmlText Times(OperationSummary operation)
    {
        var rows = new (string Name, LatencySummary? Time)[]
        {
            ("response", operation.ResponseTime), ("service", operation.ServiceTime), ("not answered", operation.FailureTime),
            ("first token", operation.TimeToFirstToken), ("between tokens", operation.TimeBetweenTokens),
        }.Where(row => row.Time is not null).ToList();
        return Html.Each(rows, row => Html.Of($"<tr class=\"{(row == rows[0] ? "first" : "")}\" data-operation=\"{operation.Name}\"><th scope=\"row\">{operation.Name}</th><td>{row.Name}</td><td class=\"n\">{Quantity.Count(row.Time!.Count)}</td>{Html.Each(Values(row.Time!), value => Html.Of($"<td class=\"n\">{Quantity.Seconds(value)}</td>"))}</tr>"));
    }

    private static double[] Values(LatencySummary time) => [time.Min, time.Mean, time.P50, time.P90, time.P95, time.P99, time.P999, time.Max];
}
