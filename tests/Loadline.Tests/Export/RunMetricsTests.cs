using System.Text.RegularExpressions;
using Loadline.Export;
using Loadline.Plans.Reading;
using Loadline.Tests.Plans;
using Xunit;

namespace Loadline.Tests.Export;

public class RunMetricsTests
{
    [Fact]
    public void The_page_on_Prometheus_has_every_metric() => Repository.AssertHoldsTable(
        "docs/prometheus.md", "families", string.Concat(RunFamilies.All.Select(family => $"| `{family.Name}` | {family.Kind.ToString().ToLowerInvariant()} | {family.Help} |\n")));

    [Fact]
    public void Names_keep_to_Prometheus_conventions() => Assert.All(RunFamilies.All, family =>
    {
        Assert.Matches("^(loadline|process)_[a-z_]+$", family.Name);
        Assert.Equal(family.Kind == MetricKind.Counter, family.Name.EndsWith("_total", StringComparison.Ordinal));
        Assert.DoesNotMatch(new Regex("milliseconds|percent|_ms$"), family.Name);
    });

    [Fact]
    public void Before_the_load_a_run_tells_who_it_is()
    {
        var plan = PlanReader.Read("name: some\npurpose: Some\ntarget: embedded\nload: { users: 7, phases: { hold: 10s }, mix: { query: 1 } }\nobjectives: [errors < 1%]", "some.yaml").Plan!;
        var metrics = new RunMetrics("some-1", plan, "1.2.3");
        var before = metrics.Collect();
        Assert.Equal(
            [("plan", "some"), ("run", "some-1"), ("target", "embedded"), ("version", "1.2.3")],
            before.Single(series => series.Family == RunFamilies.Info).Labels.Select(label => (label.Key, label.Value)));
        Assert.Equal(7, before.Single(series => series.Family == RunFamilies.PlannedUsers).Value);
        Assert.All(before, series => Assert.Contains(new("run", "some-1"), series.Labels));
        Assert.DoesNotContain(before, series => series.Family == RunFamilies.Requests);
    }
}
