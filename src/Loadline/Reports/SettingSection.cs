using System.Globalization;
using Loadline.Runs;

namespace Loadline.Reports;

/// <summary>What a reader needs to judge the numbers or to get them again: machine, settings, command line.</summary>
internal static class SettingSection
{
    public static HtmlText Render(RunSummary summary)
    {
        var (plan, place) = (summary.Plan, summary.Environment);
        return Html.Of($"""
            <h3>Run it again</h3>
            <div class="command"><pre tabindex="0"><code id="command">{plan.CommandLine}</code></pre><button type="button" data-copy="command">Copy</button></div>
            <div class="columns"><div><h3>Settings</h3>{Table("Settings", Settings(plan))}</div>
            <div><h3>Where it ran</h3>{Table("Where it ran",
                [("operating system", place.Os), ("runtime", place.Runtime), ("cores", Quantity.Count(place.Cores)), ("memory", Quantity.Bytes(place.MemoryBytes)), ("Loadline", summary.LoadlineVersion)])}
            {Html.If(place.Processes.Count > 0, () => Processes(place.Processes))}</div></div>
            {Html.If(summary.Generator.Count > 0, () => GeneratorSection.Render(summary))}
            """);
    }

    private static IEnumerable<(string, string)> Settings(PlanSummary plan)
    {
        yield return ("users", Quantity.Count(plan.Users));
        yield return ("duration", Quantity.Duration(plan.DurationSeconds));
        if (plan.TimeScale != 1)
            yield return ("time scale", plan.TimeScale.ToString(CultureInfo.InvariantCulture) + " (durations, not rates)");
        yield return ("seed", plan.Seed.ToString(CultureInfo.InvariantCulture));
        var weights = Math.Max(1e-9, plan.Mix.Values.Sum());
        yield return ("mix", string.Join(", ", plan.Mix.Select(part => $"{part.Key} {(part.Value / weights * 100).ToString("0.#", CultureInfo.InvariantCulture)} %")));
        foreach (var (name, value) in plan.Settings)
            yield return (name, value);
    }

    private static HtmlText Table(string label, IEnumerable<(string Name, string Value)> rows) => Html.Of($"""
        <table class="facts" aria-label="{label}"><tbody>{Html.Each(rows, row => Html.Of($"<tr><th scope=\"row\">{row.Name}</th><td>{row.Value}</td></tr>"))}</tbody></table>
        """);

    private static HtmlText Processes(IReadOnlyList<ProcessSummary> processes) => Html.Of($"""
        <h3>Processes over the hold phase</h3><div class="scroll" tabindex="0" role="region" aria-label="Processes"><table><thead><tr><th scope="col">Process</th><th scope="col" class="n">CPU cores</th><th scope="col" class="n">Memory first</th><th scope="col" class="n">last</th><th scope="col" class="n">peak</th></tr></thead>
        <tbody>{Html.Each(processes, process => Html.Of($"<tr><th scope=\"row\">{process.Name}</th><td class=\"n\">{Quantity.Format(process.CpuCores, "")}</td><td class=\"n\">{Quantity.Bytes(process.MemoryStartBytes)}</td><td class=\"n\">{Quantity.Bytes(process.MemoryEndBytes)}</td><td class=\"n\">{Quantity.Bytes(process.MemoryPeakBytes)}</td></tr>"))}</tbody></table></div>
        """);
}
