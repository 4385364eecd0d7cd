using System.Globalization;
using Loadline.Runs;

namespace Loadline.Reports;

/// <summary>The top of the report: the verdict, why, and the figures that everybody asks for first.</summary>
internal static class VerdictSection
{
    public static HtmlText Render(RunSummary summary)
    {
        var plan = summary.Plan;
        return Html.Of($"""
            <section class="verdict {summary.Verdict.ToLowerInvariant()}" aria-labelledby="verdict">
            <h1 id="verdict"><span class="sign" aria-hidden="true">{Words.Sign(summary.Verdict)}</span> {summary.Verdict}</h1>
            <p class="because">{summary.Because}</p>
            </section>
            <p class="what"><strong>{plan.Name}</strong> — {plan.Purpose}</p>
            <p class="when"><time datetime="{summary.StartedAt.ToString("o", CultureInfo.InvariantCulture)}">{summary.StartedAt.UtcDateTime.ToString("d MMMM yyyy, HH:mm:ss", CultureInfo.InvariantCulture)} UTC</time> · {Quantity.Duration((summary.EndedAt - summary.StartedAt).TotalSeconds)} · target {plan.Target} · run {summary.Id}</p>
            <dl class="tiles">{Html.Each(Tiles(summary), tile => Html.Of($"<div><dt>{tile.Name}</dt><dd>{tile.Value}</dd></div>"))}</dl>
            {Html.If(summary.Notes.Count > 0, () => Html.Of($"<aside class=\"notes\"><h2>Noticed</h2><ul>{Html.Each(summary.Notes, note => Html.Of($"<li>{note}</li>"))}</ul></aside>"))}
            """);
    }

    private static IEnumerable<(string Name, string Value)> Tiles(RunSummary summary)
    {
        yield return ("load", summary.Plan.Load ?? $"{Quantity.Count(summary.Plan.Users)} users");
        foreach (var (metric, label) in new[] { ("rps", "throughput"), ("errors", "errors"), ("availability", "availability") })
        {
            if (summary.Metrics.TryGetValue(metric, out var found))
                yield return (label, Quantity.Format(found.Value, found.Unit));
        }
        foreach (var operation in summary.Operations.Take(4))
        {
            if (operation.ResponseTime is { } time)
                yield return ($"{operation.Name} P95", Quantity.Seconds(time.P95));
        }
    }
}
