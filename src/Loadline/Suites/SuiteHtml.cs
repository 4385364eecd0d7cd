using System.Globalization;
using Loadline.Reports;
using Loadline.Runs;

namespace Loadline.Suites;

/// <summary>Renders <c>suite.html</c>: one page that says go, or which run gave way and why, with links to the runs' reports beside it.</summary>
internal static class SuiteHtml
{
    public static string Render(SuiteRecord record)
    {
        var suite = record.Summary;
        return PageAssets.Fill("suite.html", new()
        {
            ["head"] = PageAssets.Head($"{Word(suite)} · {suite.Name} · Loadline"),
            ["verdict"] = Verdict(suite).Value,
            ["runs"] = Runs(record).Value,
            ["missed"] = Missed(record).Value,
            ["again"] = Html.Of($"<div class=\"command\"><pre tabindex=\"0\"><code>{suite.CommandLine}</code></pre></div>").Value,
        });
    }

    private static string Word(SuiteSummary suite) => suite.IsGo ? "Go" : "No go";

    private static HtmlText Verdict(SuiteSummary suite) => Html.Of($"""
        <section class="verdict {suite.Verdict.ToLowerInvariant()}" aria-labelledby="verdict">
        <h1 id="verdict"><span class="sign" aria-hidden="true">{Words.Sign(suite.Verdict)}</span> {Word(suite)}</h1>
        <p class="because">{suite.Because}</p>
        </section>
        <p class="what"><strong>{suite.Name}</strong> — {suite.Purpose}</p>
        <p class="when"><time datetime="{suite.StartedAt.ToString("o", CultureInfo.InvariantCulture)}">{suite.StartedAt.UtcDateTime.ToString("d MMMM yyyy, HH:mm:ss", CultureInfo.InvariantCulture)} UTC</time> · {Quantity.Duration((suite.EndedAt - suite.StartedAt).TotalSeconds)} · verdict {suite.Verdict}{Html.If(suite.Schedule is not null, () => Html.Of($" · {suite.Schedule}"))} · suite {suite.Id}{Html.Each(suite.ResumedAt, at => Html.Of($" · gone on with {at.UtcDateTime.ToString("d MMMM, HH:mm:ss", CultureInfo.InvariantCulture)}"))}</p>
        <dl class="tiles">{Html.Each(Tiles(suite), tile => Html.Of($"<div><dt>{tile.Name}</dt><dd>{tile.Count}</dd></div>"))}</dl>
        """);

    private static IEnumerable<(string Name, int Count)> Tiles(SuiteSummary suite)
    {
        yield return ("runs", suite.Runs.Count);
        yield return ("passed", suite.Runs.Count(run => run.Passed));
        foreach (var others in suite.Runs.Where(run => !run.Passed).GroupBy(run => run.Verdict))
            yield return (others.Key.ToLowerInvariant(), others.Count());
    }

    private static HtmlText Runs(SuiteRecord record) => Html.Of($"""
        <div class="scroll" tabindex="0" role="region" aria-label="Runs">
        <table class="objectives"><thead><tr><th scope="col">Verdict</th><th scope="col">Run</th><th scope="col" class="n">Took</th><th scope="col" class="n">Throughput</th><th scope="col" class="n">Errors</th><th scope="col" class="n">Query P95</th></tr></thead>
        <tbody>{Html.Each(record.Runs, Row)}</tbody></table></div>
        """);

    private static HtmlText Row((SuiteRunSummary Run, RunSummary? Summary) of) => Html.Of($"""
        <tr><td>{Badge(of.Run.Verdict)}</td>
        <th scope="row">{Name(of.Run)}<small>{of.Run.Because}</small></th>
        <td class="n">{(of.Run.Folder is null ? "–" : Quantity.Duration(of.Run.Seconds))}</td><td class="n">{Metric(of.Summary, "rps")}</td><td class="n">{Metric(of.Summary, "errors")}</td><td class="n">{Metric(of.Summary, "query.p95")}</td></tr>
        """);

    // A verdict of two words is no class of the stylesheet, and looks as INVALID does.
    private static HtmlText Badge(string verdict) => Html.Of($"<span class=\"badge {verdict.ToLowerInvariant()}\"><span aria-hidden=\"true\">{Words.Sign(verdict)}</span> {verdict}</span>");

    private static HtmlText Name(SuiteRunSummary run) => run.Folder is null ? Html.Of($"{run.Name}") : Html.Of($"<a href=\"{run.Folder}/report.html\">{run.Name}</a>");

    private static string Metric(RunSummary? summary, string name) => summary?.Metrics.TryGetValue(name, out var found) == true ? Quantity.Format(found.Value, found.Unit) : "–";

    private static HtmlText Missed(SuiteRecord record)
    {
        var missed = record.Missed().ToList();
        return Html.If(missed.Count > 0, () => Html.Of($"""
            <section aria-labelledby="missed"><h2 id="missed">What gave way</h2>
            <div class="scroll" tabindex="0" role="region" aria-label="Objectives that did not hold">
            <table class="objectives"><thead><tr><th scope="col">Result</th><th scope="col">Objective</th><th scope="col">Run</th><th scope="col" class="n">Measured</th></tr></thead>
            <tbody>{Html.Each(missed, of => Html.Of($"<tr><td>{Badge(of.Objective.Result)}</td><th scope=\"row\"><code>{of.Objective.Text}</code>{Html.If(of.Objective.Reason is not null, () => Html.Of($"<small>{of.Objective.Reason}</small>"))}</th><td>{Name(of.Run)}</td><td class=\"n\">{Quantity.Format(of.Objective.Value, of.Objective.Unit)}</td></tr>"))}</tbody></table></div></section>
            """));
    }
}
