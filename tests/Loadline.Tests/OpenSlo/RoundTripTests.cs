using Loadline.OpenSlo;
using Loadline.Plans;
using Xunit;

namespace Loadline.Tests.OpenSlo;

public class RoundTripTests
{
    [Fact]
    public void What_is_exported_is_imported_again_as_it_was()
    {
        var file = Of(
            "query.p95 < 3s", "p99.9 <= 1m30s", "query.max < 30s", "generation.speed > 20 tok/s", "generation.speed.p5 > 10 tok/s", "availability > 99.9%", "errors < 1%",
            "query.errors <= 0.5%", "throttled > 32%", "users >= 1000 users", "rps > 500", "attempts.mean < 1.2", "should query.ttft.p95 < 2s", "availability.seconds >= 99%",
            "answered{scenario:burst} >= 1000 during burst", "query.p95{kind:read,tier:free} < 2s over 30s during outage", "granted.min >= 99 requests",
            "recovery < 30s", "breaker.trigger < 5s during outage", "queue.drain < 2m", "fallback.p95 < 1s during outage", "errors < 1% after outage", "query.p95 < 3s before outage");
        var text = SloWriter.Write(file, out var notCarried);
        Assert.Empty(notCarried);
        var again = Import(text, out var left);
        Assert.Empty(left);
        Assert.Equal(file.Objectives.Select(o => (o.Group, o.Id, o.Text)), again.Objectives.Select(o => (o.Group, o.Id, o.Text)));
        Assert.Equal((file.Name, file.Purpose), (again.Name, again.Purpose));
        // And the file that is written of it is one that plans can take.
        var (read, problems) = ObjectiveFile.Read(new PlanFile("ours.yaml", SloReader.Yaml(again)));
        Assert.Empty(problems);
        Assert.Equal(file.Objectives.OrderBy(o => o.Group).Select(o => o.Text), read!.Objectives.Select(o => o.Text));
    }

    [Fact]
    public void A_percentile_is_a_threshold_for_that_share_and_an_error_rate_a_ratio_of_bad_ones()
    {
        var text = SloWriter.Write(Of("query.p95 < 3s", "errors < 1%"), out _);
        Assert.Contains("""
              objectives:
                - op: lt
                  value: 3
                  targetPercent: 95
            """.ReplaceLineEndings("\n"), text);
        Assert.Contains("    bad:\n      metricSource:\n        type: Loadline\n        spec:\n          metric: \"errors\"", text);
        Assert.Contains("    - targetPercent: 99\n", text);
    }

    [Theory]
    [InlineData("abort when errors > 20% over 10s", "it ends a run")]
    [InlineData("query.p95 < 1.2x baseline", "its limit is relative")]
    [InlineData("timed_out == 0%", "it asks for equality")]
    [InlineData("errors <= 0%", "OpenSLO's targets are below 100 %")]
    [InlineData("nonsense < 1s", "it names the unknown metric 'nonsense'")]
    public void What_OpenSLO_cannot_say_is_told(string objective, string why)
    {
        Assert.DoesNotContain("kind: SLO", SloWriter.Write(Of(objective), out var notCarried));
        Assert.StartsWith(why, Assert.Single(notCarried).Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_target_that_was_edited_counts_and_not_the_text_beside_it()
    {
        var text = SloWriter.Write(Of("query.p95 < 3s", "errors < 1%"), out _).Replace("value: 3", "value: 4.5", StringComparison.Ordinal).Replace("targetPercent: 99\n", "targetPercent: 98\n", StringComparison.Ordinal);
        Assert.Equal(["query.p95 < 4.5s", "errors < 2%"], Import(text, out _).Objectives.Select(objective => objective.Text));
    }

    [Fact]
    public void A_plans_objectives_are_exported_as_well()
    {
        var plan = Plans.PlanTexts.Good(Plans.PlanTexts.Least.Replace("query.p95 < 3s", "query.p95 < 3s\n  - errors < 1%", StringComparison.Ordinal));
        Assert.Equal(["query.p95 < 3s", "errors < 1%"], Import(SloWriter.Write(SloWriter.Of(plan), out _), out _).Objectives.Select(objective => objective.Text));
    }

    [Fact]
    public void The_shipped_objectives_come_back_all_twelve()
    {
        var (file, _) = ObjectiveFile.Read(ObjectiveFile.Find("rag", "", out _)!);
        var again = Import(SloWriter.Write(file!, out var notCarried), out _);
        Assert.Empty(notCarried);
        Assert.Equal(file!.Objectives.Select(objective => objective.Text), again.Objectives.Select(objective => objective.Text));
    }

    private static ObjectiveFile Of(params string[] objectives) => new("ours", "What our users may expect", [.. objectives.Select((text, index) => new NamedObjective(index % 2 == 0 ? "speed" : "truth", $"o{index}", text, index))]);

    private static ObjectiveFile Import(string text, out IReadOnlyList<NotCarried> notCarried)
    {
        var read = SloReader.Read(new PlanFile("slo.yaml", text), out notCarried, out var problems);
        Assert.Empty(problems);
        return read!;
    }
}
