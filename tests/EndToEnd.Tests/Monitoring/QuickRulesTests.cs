using System.Diagnostics;
using System.Text.RegularExpressions;
using Rag.Bench.Alerts;
using Rag.Tests.Engines;
using Xunit;

namespace EndToEnd.Tests.Monitoring;

/// <summary>The bench <c>alerts</c> plays the rules that are shipped on a quicker clock; here is what that changes in them, and what it leaves.</summary>
public class QuickRulesTests
{
    [Theory]
    [InlineData("rate(x[5m]) > 2", 20, "rate(x[15s]) > 2")]
    [InlineData("rate(x[1m])", 20, "rate(x[5s])")] // 3 s would be three scrapes
    [InlineData("rate(x[3s])", 20, "rate(x[3s])")] // never longer than it was
    [InlineData("rate(x[3d])", 720, "rate(x[360s])")]
    [InlineData("rate(x[75m])", 7, "rate(x[642858ms])")] // Prometheus knows no fractions: 642857.1 ms, and never less
    [InlineData("min_over_time(x[15m] offset 1h) > 1", 30, "min_over_time(x[30s] offset 120s) > 1")]
    [InlineData("x{a=\"b\"} offset 10m", 20, "x{a=\"b\"} offset 30s")]
    [InlineData("        for: 2m", 20, "        for: 6s")]
    [InlineData("        for: 0m", 20, "        for: 0s")]
    [InlineData("        for: 2m", 720, "        for: 167ms")]
    [InlineData("        labels: { severity: page, windows: 1h/5m }", 20, "        labels: { severity: page, windows: 1h/5m }")]
    [InlineData("      - record: slo:errors:ratio_rate5m", 20, "      - record: slo:errors:ratio_rate5m")]
    [InlineData("  summary: \"for: 5m and as many in the last 5m\"", 20, "  summary: \"for: 5m and as many in the last 5m\"")]
    public void Ranges_offsets_and_waits_are_divided_and_nothing_else_is(string rule, double factor, string expected) =>
        Assert.Equal(expected, QuickRules.Of(rule, factor));

    [Fact]
    public void A_factor_below_one_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => QuickRules.Of("x", 0.5));

    [Fact]
    public void At_a_factor_of_one_only_the_units_change()
    {
        foreach (var file in Shipped())
        {
            var rules = File.ReadAllText(file);
            Assert.Equal(Words(rules), Words(QuickRules.Of(rules, 1)));
        }
    }

    [Theory]
    [InlineData(20)]
    [InlineData(720)]
    public async Task Every_shipped_rule_is_still_one_that_Prometheus_takes(double factor)
    {
        Assert.Null(EngineServer.Missing("prometheus"));
        using var folder = new TemporaryFolder();
        foreach (var file in Shipped())
            await File.WriteAllTextAsync(folder[Path.GetFileName(file)], QuickRules.Of(await File.ReadAllTextAsync(file), factor));
        using var promtool = Process.Start(new ProcessStartInfo("promtool", ["check", "rules", .. Shipped().Select(file => folder[Path.GetFileName(file)])]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (said, problems) = (promtool.StandardOutput.ReadToEndAsync(), promtool.StandardError.ReadToEndAsync());
        await promtool.WaitForExitAsync();
        Assert.True(promtool.ExitCode == 0, await said + await problems);
    }

    private static string[] Shipped() => Directory.GetFiles(Path.Combine(Binaries.Root, "deploy/prometheus/rules"), "*.yml");

    // Without durations: everything that must stay.
    private static string Words(string rules) => Regex.Replace(rules, @"(\[|offset |for: )\d+(ms|[smhd])", "$1…");
}
