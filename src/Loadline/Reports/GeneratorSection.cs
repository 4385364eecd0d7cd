using Loadline.Runs;

namespace Loadline.Reports;

/// <summary>What the load generator saw of itself: whether the figures can be believed.</summary>
internal static class GeneratorSection
{
    public static HtmlText Render(RunSummary summary) => Html.Of($"""
        <h3>The load generator</h3><p>A run in which one of these limits was broken is INVALID: it would tell of the load generator and not of the target.</p>
        <div class="scroll" tabindex="0" role="region" aria-label="The load generator"><table><thead><tr><th scope="col">Looked at</th><th scope="col" class="n">Measured</th><th scope="col" class="n">At most</th><th scope="col">Kept</th></tr></thead>
        <tbody>{Html.Each(summary.Generator, Row)}</tbody></table></div>
        {Html.If(summary.Environment.Calibration is not null, () => Calibration(summary.Environment.Calibration!))}
        """);

    private static HtmlText Row(GeneratorSummary check) => Html.Of($"""
        <tr><th scope="row">{check.Name}</th><td class="n">{Quantity.Format(check.Value, check.Unit)}</td><td class="n">{Quantity.Format(check.Limit, check.Unit)}</td><td><span class="badge {(check.Kept ? "pass" : "invalid")}">{(check.Kept ? "✓ yes" : "✗ no")}</span></td></tr>
        """);

    private static HtmlText Calibration(CalibrationSummary calibration) => Html.Of($"""
        <p class="fine">Measured before the load, against a server that answers at once: {Quantity.Format(calibration.RequestsPerSecond, "1/s")} plain requests, one taking {Quantity.Seconds(calibration.ServiceFloor)} (P50), sent at most {Quantity.Seconds(calibration.IdleLag)} late (P99).</p>
        """);
}
