using Loadline.Runs;
namespace Loadline.Reports;

/// <summary>The target from inside: what it and its machine told over the hold phase, and how that went over time. Nothing where nobody told anything.</summary>
internal static class InsideSection
{
    public static HtmlText Render(RunRecord run)
    {
        // Where there is one part alone, all of them together say the same.
        var values = run.Summary.Inside.Where(value => value.Of is not null || run.Summary.Inside.Count(other => other.Metric == value.Metric) != 2).ToList();
        if (values.Count == 0)
            return default;
        return Html.Of($"""
            <section aria-labelledby="inside"><h2 id="inside">The target from inside</h2>
            <p>What only the target and its machine can tell, over the hold phase: looked at every few seconds, beside the load. Growth (rates, shares, times) is of all of the phase; levels are of the looks.</p>
            <div class="scroll" tabindex="0" role="region" aria-label="The target from inside"><table><thead><tr><th scope="col">Metric</th><th scope="col">Of</th><th scope="col" class="n">Min</th><th scope="col" class="n">Mean</th><th scope="col" class="n">P95</th><th scope="col" class="n">Max</th><th scope="col" class="n">Samples</th></tr></thead>
            <tbody>{Html.Each(values, value => Row(value, ReferenceEquals(value, values.First(first => first.Metric == value.Metric))))}</tbody></table></div>
            {Html.If(run.Inside.Count > 1, () => Html.Of($"<h3>Over time</h3><div class=\"charts\" data-figures=\"inside\"></div>"))}
            </section>
            """);
    }

    private static HtmlText Row(InsideSummary value, bool isFirst) => Html.Of($"""
        <tr class="{(isFirst ? "first" : "")}"><th scope="row">{(isFirst ? value.Metric : "")}</th><td>{value.Of?.Replace(":", " ", StringComparison.Ordinal).Replace(",", ", ", StringComparison.Ordinal) ?? "all"}</td>{Html.Each([value.Min, value.Mean, value.P95, value.Max], number => Html.Of($"<td class=\"n\">{Quantity.Format(number, value.Unit)}</td>"))}<td class="n">{Quantity.Count(value.Samples)}</td></tr>
        """);
}
