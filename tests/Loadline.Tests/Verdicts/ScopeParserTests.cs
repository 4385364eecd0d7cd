using Loadline.Plans;
using Loadline.Verdicts;
using Xunit;

namespace Loadline.Tests.Verdicts;

public class ScopeParserTests
{
    private static readonly ObjectiveContext Context = new(["query", "search"])
    {
        Scenarios = new Dictionary<string, IReadOnlyDictionary<string, string>>
        {
            ["readers"] = new Dictionary<string, string> { ["kind"] = "read", ["tier"] = "free" },
            ["searchers"] = new Dictionary<string, string> { ["kind"] = "read", ["tier"] = "paid" },
            ["writers"] = new Dictionary<string, string> { ["kind"] = "write" },
        },
        Spans = ["outage"],
        HasBaseline = true,
    };

    [Theory]
    [InlineData("query.p95{scenario:readers} < 2s", "readers")]
    [InlineData("query.p95{kind:read} < 2s", "readers searchers")]
    [InlineData("query.p95 {kind:read, tier:paid} < 2s over 30s", "searchers")]
    [InlineData("errors{kind:write} < 1%", "writers")]
    public void Braces_select_scenarios_by_name_and_tag(string text, string scenarios)
    {
        var (line, mistake) = ObjectiveParser.Read(text, Context);
        Assert.Null(mistake);
        Assert.Equal(scenarios.Split(' '), line!.Scope.Scenarios);
    }

    [Theory]
    [InlineData("query.p95 < 3s", null, null)]
    [InlineData("query.p95 < 3s over 30s", 30.0, null)]
    [InlineData("query.p95 < 3s during outage", null, "outage")]
    [InlineData("query.p95 < 3s over 1m during hold", 60.0, "hold")]
    [InlineData("query.p95 < 3s during up over 10s", 10.0, "up")]
    public void Windows_and_parts_stand_behind_the_limit_in_any_order(string text, double? seconds, string? during)
    {
        var (line, mistake) = ObjectiveParser.Read(text, Context);
        Assert.Null(mistake);
        Assert.Equal((seconds, during), (line!.Scope.Over?.TotalSeconds, line.Scope.During));
    }

    [Fact]
    public void A_limit_may_be_a_baseline_or_another_metric_times_a_factor()
    {
        Assert.Equal(new Limit.OfBaseline(1.2), ObjectiveParser.Read("query.p95 < 1.2x baseline", Context).Line!.Limit);
        Assert.Equal(new Limit.OfBaseline(1), ObjectiveParser.Read("query.p95 <= baseline", Context).Line!.Limit);
        var other = Assert.IsType<Limit.OfMetric>(ObjectiveParser.Read("query.ttft.p95 < 0.5x query.p95", Context).Line!.Limit);
        Assert.Equal((0.5, "query.p95"), (other.Factor, other.Name.Full));
        Assert.IsType<Limit.OfMetric>(ObjectiveParser.Read("query.p95 < search.p99.9", Context).Line!.Limit);
    }

    [Fact]
    public void A_rule_that_aborts_is_read_with_its_window()
    {
        var line = ObjectiveParser.Read("abort when errors > 20% over 10s", Context).Line!;
        Assert.Equal((Demand.AbortWhen, "errors", 10.0), (line.Demand, line.Name, line.Scope.Over!.Value.TotalSeconds));
    }

    [Theory]
    [InlineData("throttled < 1%", false)]
    [InlineData("throttled.p95 < 100ms", true)]
    [InlineData("query.degraded.p99 < 3s", true)]
    [InlineData("failed.max < 1s", true)]
    [InlineData("timed_out.p50 < 31s", true)]
    [InlineData("query.timed_out < 1%", false)]
    public void A_statistic_tells_the_times_of_an_outcome_from_its_share(string text, bool isDistribution)
    {
        var (line, mistake) = ObjectiveParser.Read(text, Context);
        Assert.Null(mistake);
        Assert.Equal(isDistribution, line!.Metric.IsDistribution);
    }

    [Theory]
    [InlineData("query.p95{scenario:raeders} < 2s", "names the unknown scenario 'raeders'", "did you mean 'readers'?")]
    [InlineData("query.p95{knd:read} < 2s", "names the unknown tag 'knd'", "did you mean 'kind'?")]
    [InlineData("query.p95{kind:reed} < 2s", "names 'reed', which is no value of the tag 'kind'", "did you mean 'read'?")]
    [InlineData("query.p95{kind:write,tier:paid} < 2s", "selects 'kind:write,tier:paid', which no scenario of this plan is", "leave")]
    [InlineData("query.p95{readers} < 2s", "has 'readers' in braces, which is no tag with its value", "write {tag:value}")]
    [InlineData("query.p95{scenario:readers < 2s", "has a brace that is not closed", "write")]
    [InlineData("users{scenario:readers} >= 10", "asks for 'users' of some scenarios", "leave the braces out")]
    [InlineData("query.p95 < 2s during outtage", "names 'outtage', which is neither a phase nor a span of this plan", "did you mean 'outage'?")]
    [InlineData("query.p95 < 2s during lunch", "names 'lunch', which is neither", "the phases and spans here are: up, hold, down, outage")]
    [InlineData("query.p95 < 2s over 30", "has the window '30', which needs a unit", "write, for example, over 30s")]
    [InlineData("query.p95 < 2s over 1500ms", "has the window '1500ms', which must be whole seconds", "write")]
    [InlineData("query.p95 < 2s over", "ends with 'over'", "write a time behind it")]
    [InlineData("query.p95 < 2s over 5s over 6s", "has 'over' twice", "leave one out")]
    [InlineData("abort when errors > 20%", "does not say over how long", "write")]
    [InlineData("abort when errors > 20% over 1h", "has the window '1h', which may be at most 10m", "write")]
    [InlineData("abort when users < 5 over 10s", "asks for 'users' while the run goes on", "write")]
    [InlineData("abort when query.p95 > 2x baseline over 10s", "compares a running load with a baseline", "write")]
    [InlineData("query.p95 < 2x eror", "names the unknown metric 'eror'", "did you mean")]
    [InlineData("query.p95 < 2x errors", "compares s with %", "write, for example, query.p95 < 3s")]
    public void A_mistake_is_named_with_the_nearest_known(string text, string rule, string remedy)
    {
        var (line, mistake) = ObjectiveParser.Read(text, Context);
        Assert.Null(line);
        Assert.StartsWith(rule, mistake!.Rule);
        Assert.StartsWith(remedy, mistake.Remedy);
    }

    [Fact]
    public void A_baseline_must_be_there_to_compare_with() =>
        Assert.StartsWith("compares with a baseline, and the plan has none", ObjectiveParser.Read("query.p95 < 1.2x baseline", ["query"]).Mistake!.Rule);
}
