using Loadline.Runs;

namespace Loadline.Reports;

/// <summary>The table of faults and how the target got over them; nothing for a run without.</summary>
internal static class FaultsSection
{
    public static HtmlText Render(RunSummary summary) => summary.Faults.Count == 0 ? default : Html.Of($"""
        <section aria-labelledby="faults"><h2 id="faults">Faults</h2>
        <p>What was broken on purpose, and how the target got over it, as its users saw it.</p>
        <div class="scroll" tabindex="0" role="region" aria-label="Faults">
        <table><thead><tr><th scope="col">Fault</th><th scope="col" class="n">From</th><th scope="col" class="n">To</th><th scope="col" class="n" title="breaker.trigger: until nobody was left hanging any more">Hung for</th><th scope="col" class="n" title="recovery: from its end until all objectives held for 5 s">Recovered after</th><th scope="col" class="n" title="queue.drain: from its end until uploads waited no longer than before">Drained after</th></tr></thead>
        <tbody>{Html.Each(summary.Faults, Row)}</tbody></table></div>
        </section>
        """);

    private static HtmlText Row(FaultSummary fault) => Html.Of($"""
        <tr><td><strong>{fault.Name}</strong> {fault.What}{Html.Each(fault.Notes, note => Html.Of($"<small>{note}</small>"))}</td>
        <td class="n">{Quantity.Moment(fault.Start)}</td><td class="n">{Quantity.Moment(fault.End)}</td>
        <td class="n strong">{Quantity.Seconds(fault.Trigger)}</td><td class="n strong">{Quantity.Seconds(fault.Recovery)}</td><td class="n strong">{Quantity.Seconds(fault.Drain)}</td></tr>
        """);
}
