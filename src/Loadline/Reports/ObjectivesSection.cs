using System.Globalization;
using Loadline.Runs;

namespace Loadline.Reports;

/// <summary>The table of objectives.</summary>
internal static class ObjectivesSection
{
    public static HtmlText Render(RunSummary summary) => summary.Objectives.Count == 0
        ? Html.Of($"<p>The plan has no objectives.</p>")
        : Html.Of($"""
            <div class="scroll" tabindex="0" role="region" aria-label="Objectives">
            <table class="objectives judged"><thead><tr><th scope="col">Result</th><th scope="col">Objective</th><th scope="col" class="n">Measured</th><th scope="col" class="n" title="95 % confidence interval of a percentile">95 % interval</th><th scope="col" class="n">Limit</th><th scope="col">From the limit</th><th scope="col" class="n">Samples</th></tr></thead>
            <tbody>{Html.Each(summary.Objectives, Row)}</tbody></table></div>
            """);

    private static HtmlText Row(ObjectiveSummary objective) => Html.Of($"""
        <tr><td><span class="badge {objective.Result.ToLowerInvariant()}"><span aria-hidden="true">{Words.Sign(objective.Result)}</span> {objective.Result}</span></td>
        <th scope="row"><code>{objective.Text}</code>{Html.If(objective.Reason is not null, () => Html.Of($"<small>{objective.Reason}</small>"))}</th>
        <td class="n strong">{Quantity.Format(objective.Value, objective.Unit)}</td><td class="n">{Quantity.Interval(objective.Interval, objective.Unit)}</td><td class="n">{Quantity.Format(objective.Limit, objective.Unit)}</td>
        <td>{Margin.Describe(objective)}{Bar(objective)}</td><td class="n">{Quantity.Count(objective.Samples)}</td></tr>
        """);

    private static HtmlText Bar(ObjectiveSummary objective) => Margin.Bar(objective) is not { } share
        ? default
        : Html.Of($"<span class=\"bar\" aria-hidden=\"true\"><i class=\"{objective.Result.ToLowerInvariant()}\" style=\"width:{(share * 100).ToString("0.#", CultureInfo.InvariantCulture)}%\"></i></span>");
}
