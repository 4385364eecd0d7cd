namespace Loadline.Reports;

/// <summary>Places for the charts, which <c>report.js</c> draws, and the words that stand where there is nothing to draw.</summary>
internal static class ChartsSection
{
    public static HtmlText Render(RunRecord run)
    {
        if (run.Series.Count == 0)
            return Html.Of($"<p>There is no time series: the run ended before its first second.</p>");
        var operations = SeriesColumns.OperationNames(run.Series);
        var bad = run.Series.Sum(point => point.Operations.Values.Sum(operation => operation.Degraded + operation.Throttled + operation.Failed + operation.TimedOut));
        var streams = run.Series.Any(point => point.TtftP50 is not null);
        var processes = run.Series.Any(point => point.Processes is { Count: > 0 });
        return Html.Of($"""
            {Figure("throughput", "Users and requests per second", "Requests by the second in which they ended, however they ended; the line is active users.", wide: true)}
            {Html.Each(operations, name => Figure("latency:" + name, $"{name}: response time", "P50, P95 and P99 of each second, from when a request was due, of those answered, and P95 of the service time, from when it was sent; logarithmic. Dashed: the objective."))}
            {(operations.Count == 0 ? Html.Of($"<p>No request of the run ended.</p>") : bad == 0 ? Html.Of($"<p class=\"fine\">✓ Every request of the run was answered: there are no errors to draw.</p>") : Figure("outcomes", "Requests not answered in full, per second", "By outcome; requests that were answered are left out.", wide: true))}
            {Html.If(streams, () => Html.Of($"{Figure("ttft", "Time to first token", "From sending to the first non-empty content.")}{Figure("tokens", "Tokens per second", "Received by all streams together.")}"))}
            {Html.If(run.Series.Any(point => point.SearchableP95 is not null), () => Figure("searchable", "Upload until searchable", "P95 of the documents that became searchable in each second. Dashed: the objective.", wide: true))}
            {Html.If(processes, () => Html.Of($"{Figure("cpu", "CPU cores used", "By process of the run.")}{Figure("memory", "Resident memory", "By process of the run.")}"))}
            """);
    }

    private static HtmlText Figure(string chart, string title, string caption, bool wide = false) => Html.Of($"""
        <figure class="{(wide ? "wide" : "")}"><h3>{title}</h3><div class="chart" data-chart="{chart}" role="img" aria-label="{title} over time"></div><figcaption>{caption}</figcaption></figure>
        """);
}
