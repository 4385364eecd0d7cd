using Loadline.Runs;

namespace Loadline.Reports;

/// <summary>Renders <c>report.html</c>: one file that needs nothing else, on paper or without JavaScript all but its charts.</summary>
public static class HtmlReport
{
    /// <summary>Renders a run.</summary>
    public static string Render(RunRecord run)
    {
        var summary = run.Summary;
        return PageAssets.Fill("report.html", new()
        {
            ["head"] = PageAssets.Head($"{summary.Verdict} · {summary.Plan.Name} · Loadline"),
            ["verdict"] = VerdictSection.Render(summary).Value,
            ["objectives"] = ObjectivesSection.Render(summary).Value,
            ["faults"] = FaultsSection.Render(summary).Value,
            ["faultslink"] = summary.Faults.Count == 0 ? "" : "<a href=\"#faults\">Faults</a>",
            ["charts"] = ChartsSection.Render(run).Value,
            ["operations"] = OperationsSection.Render(summary).Value,
            ["spread"] = SpreadSection.Render(run).Value,
            ["spreadlink"] = run.Spread.Count == 0 ? "" : "<a href=\"#spread\">Histograms</a>",
            ["inside"] = InsideSection.Render(run).Value,
            ["insidelink"] = summary.Inside.Count == 0 ? "" : "<a href=\"#inside\">Inside</a>",
            ["exchanges"] = ExchangesSection.Render(run.Exchanges, run.Traces).Value,
            ["setting"] = SettingSection.Render(summary).Value,
            ["summary"] = RunJson.Embed(summary),
            ["series"] = SeriesColumns.Render(run.Series, run.Inside),
            ["spreaddata"] = SpreadSection.Data(run),
            ["charting"] = PageAssets.Charting,
            ["script"] = PageAssets.Scripts("report.js"),
        });
    }
}
