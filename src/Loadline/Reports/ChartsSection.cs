namespace Loadline.Reports;

/// <summary>The words that stand where there is nothing to draw; the charts themselves are the list in <c>figures.js</c>.</summary>
internal static class ChartsSection
{
    public static HtmlText Render(RunRecord run)
    {
        if (run.Series.Count == 0)
            return Html.Of($"<p>There is no time series: the run ended before its first second.</p>");
        if (run.Series.All(point => point.Operations.Count == 0))
            return Html.Of($"<p>No request of the run ended.</p>");
        var bad = run.Series.Sum(point => point.Operations.Values.Sum(operation => operation.Degraded + operation.Throttled + operation.Failed + operation.TimedOut));
        return Html.If(bad == 0, () => Html.Of($"<p class=\"fine\">✓ Every request of the run was answered: there are no errors to draw.</p>"));
    }
}
