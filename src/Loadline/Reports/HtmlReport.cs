using System.Text;
using Loadline.Runs;

namespace Loadline.Reports;

/// <summary>Renders <c>report.html</c>: one file that needs nothing else, on paper or without JavaScript all but its charts.</summary>
public static class HtmlReport
{
    /// <summary>Renders a run.</summary>
    public static string Render(RunRecord run)
    {
        var summary = run.Summary;
        var parts = new Dictionary<string, string>
        {
            ["title"] = Html.Escape($"{summary.Verdict} · {summary.Plan.Name} · Loadline"),
            ["style"] = Asset("report.css"),
            ["verdict"] = VerdictSection.Render(summary).Value,
            ["objectives"] = ObjectivesSection.Render(summary).Value,
            ["faults"] = FaultsSection.Render(summary).Value,
            ["faultslink"] = summary.Faults.Count == 0 ? "" : "<a href=\"#faults\">Faults</a>",
            ["charts"] = ChartsSection.Render(run).Value,
            ["operations"] = OperationsSection.Render(summary).Value,
            ["inside"] = InsideSection.Render(run).Value,
            ["insidelink"] = run.Summary.Inside.Count == 0 ? "" : "<a href=\"#inside\">Inside</a>",
            ["exchanges"] = ExchangesSection.Render(run.Exchanges, run.Traces).Value,
            ["setting"] = SettingSection.Render(summary).Value,
            ["summary"] = RunJson.Embed(summary),
            ["series"] = SeriesColumns.Render(run.Series, run.Inside),
            ["charting"] = Asset("echarts.js"),
            ["script"] = Asset("report.js"),
        };
        return Fill(Asset("report.html"), parts);
    }

    /// <summary>Replaces each <c>{{name}}</c> of the template, in one pass: what is put in is not searched again.</summary>
    internal static string Fill(string template, Dictionary<string, string> parts)
    {
        var text = new StringBuilder(2 << 20);
        var from = 0;
        for (int open; (open = template.IndexOf("{{", from, StringComparison.Ordinal)) >= 0;)
        {
            var close = template.IndexOf("}}", open, StringComparison.Ordinal);
            text.Append(template, from, open - from).Append(parts[template[(open + 2)..close]]);
            from = close + 2;
        }
        return text.Append(template, from, template.Length - from).ToString();
    }

    internal static string Asset(string name)
    {
        using var stream = typeof(HtmlReport).Assembly.GetManifestResourceStream($"Reports/{name}")
            ?? throw new InvalidOperationException($"The build left out the report's asset {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
