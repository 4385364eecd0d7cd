using Loadline.Targets;
using Xunit;

namespace Loadline.Tests.Targets;

public class ProbeReaderTests
{
    [Fact]
    public void What_is_left_out_has_its_default_and_rules_may_be_several()
    {
        var probes = Read("""
              prometheus: [/metrics, "http://redis:9121/metrics", { targets: "https://status/targets" }]
              metrics:
                queue.depth: { gauge: [jobs_waiting, jobs_in_hand], by: { queue: name } }
                cache.hit:
                  - { ratio: hits, of: [hits, misses], labels: { level: local } }
                  - { ratio: 'lookups{result="hit"}', of: lookups, labels: { level: redis } }
            """).Probes!;
        Assert.Equal((2, 2, false), (probes.Every.TotalSeconds, probes.Timeout.TotalSeconds, probes.NvidiaSmi));
        Assert.Equal([new("/metrics", false), new("http://redis:9121/metrics", false), new ProbeEndpoint("https://status/targets", true)], probes.Endpoints);
        Assert.Equal(["queue.depth", "cache.hit"], probes.Metrics);
        Assert.Equal([2, 1, 1], probes.Readings.Select(reading => reading.Series.Count));
        Assert.Equal([0, 2, 1], probes.Readings.Select(reading => reading.Of.Count));
    }

    [Fact]
    public void All_mistakes_are_told_at_once_with_their_lines_and_remedies()
    {
        var problems = Assert.Throws<TargetProfileException>(() => Read("""
              every: 10ms
              prometheus: [metrics, "http://user:secret@host/metrics"]
              gpu: amd
              metrics:
                queue.dept: { gauge: jobs }
                queue.depth: { histogram: jobs }
                queue.lag: { gauge: 'jobs{a=b}' }
                cpu: { rate: seconds, by: { servce: s } }
                memory: resident
                cache.hit: { ratio: hits }
                embedding.rate: { rate: a, gauge: b }
                model.load: { average: load, of: b }
                vectors.size: { scale: -1, gauge: size }
                vectors.search: { histogram: 'took{a=~"("}' }
            """)).Problems;
        var text = string.Join('\n', problems);
        foreach (var part in new[]
        {
            "probes.every: '10ms': must be from 500ms to 1m; write every: 2s",
            "probes.prometheus: 'metrics': must be a path of the target or a URL without user name and password",
            "probes.gpu: 'amd': is not one of the legal words; write nvidia-smi or none",
            "probes.metrics.queue.dept: is no metric of the inside; did you mean 'queue.depth'?",
            "probes.metrics.queue.depth.histogram: does not fit 'queue.depth', which is a level; write gauge or rate or average",
            "'jobs{a=b}': has 'a=b' in braces, which is no label with its value",
            "probes.metrics.cpu.by.servce: is no label of 'cpu'; did you mean 'service'?",
            "probes.metrics.memory: must say how it is read",
            "probes.metrics.cache.hit.of: is required of a ratio",
            "is read in 2 ways at once; write one of gauge, rate, ratio, histogram, average",
            "probes.metrics.model.load.of: belongs to a ratio alone",
            "probes.metrics.vectors.size.scale: '-1': must be a positive number",
            "has the expression '(', which can't be read",
        })
            Assert.Contains(part, text);
        Assert.DoesNotContain("secret", text);
        Assert.Contains(problems, problem => problem.Line == 4 && problem.Path == "probes.every");
    }

    [Theory]
    [InlineData("  metrics: { queue.depth: { gauge: a } }", "probes.prometheus: is required where metrics are read")]
    [InlineData("  prometheus: /metrics", "probes.metrics: is required: nothing is read of the addresses")]
    public void Half_of_it_is_a_mistake(string probes, string problem) =>
        Assert.Contains(problem, Assert.Throws<TargetProfileException>(() => Read(probes)).Message);

    [Theory]
    [InlineData("up", "", true)]
    [InlineData("up{a=\"x\"}", "a=x", true)]
    [InlineData("up{a=\"x\"}", "a=y", false)]
    [InlineData("up{a!=\"x\"}", "a=y", true)]
    [InlineData("up{a!=\"x\"}", "", true)]
    [InlineData("up{a=~\"x|yy\", b=\"\"}", "a=yy", true)]
    [InlineData("up{a=~\"x|y\"}", "a=xy", false)]
    [InlineData("up{a!~\"x.*\"}", "a=xy", false)]
    [InlineData("up{a=\"q\\\"}\"}", "a=q\"}", true)]
    public void A_series_is_chosen_as_Prometheus_chooses_it(string selector, string labels, bool isMeant) =>
        Assert.Equal(isMeant, SeriesSelector.Parse(selector).Matches(labels.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1])));

    [Fact]
    public void The_target_that_Loadline_ships_with_tells_every_metric_but_those_of_GPUs()
    {
        foreach (var target in new[] { "embedded", "services" })
            Assert.Equal(
                InsideMetric.All.Select(metric => metric.Name).Where(name => !name.StartsWith("gpu.", StringComparison.Ordinal)).Order(),
                KnownTargets.InsideOf(target)!.Order());
        Assert.Empty(KnownTargets.InsideOf("fastapi")!);
        Assert.Null(KnownTargets.InsideOf("nowhere.yaml"));
    }

    private static TargetProfile Read(string probes) => TargetProfileReader.Read($"name: a\nabout: b\nprobes:\n{probes}\noperations:\n  ask: {{ request: GET / }}\n");
}
