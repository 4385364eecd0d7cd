using Loadline.Plans;
using Loadline.Verdicts;
using Xunit;

namespace Loadline.Tests.Verdicts;

public class ObjectiveParserTests
{
    private static readonly string[] Operations = ["query", "upload", "search"];

    [Theory]
    [InlineData("query.p95 < 3s", "query.p95", "<", 3, "s")]
    [InlineData("upload.p95<10s", "upload.p95", "<", 10, "s")]
    [InlineData("search.p99 < 500ms", "search.p99", "<", 0.5, "s")]
    [InlineData("p99.9 <= 1m30s", "p99.9", "<=", 90, "s")]
    [InlineData("query.service.p50 < 1s", "query.service.p50", "<", 1, "s")]
    [InlineData("query.ttft.p95 < 1s", "query.ttft.p95", "<", 1, "s")]
    [InlineData("query.gap.p99.9 < 250 ms", "query.gap.p99.9", "<", 0.25, "s")]
    [InlineData("query.mean < 1s", "query.mean", "<", 1, "s")]
    [InlineData("generation.speed > 20 tok/s", "generation.speed", ">", 20, "tok/s")]
    [InlineData("generation.speed.p50 > 20 tok/s", "generation.speed", ">", 20, "tok/s")]
    [InlineData("generation.speed.p5 > 15 tokens/s", "generation.speed.p5", ">", 15, "tok/s")]
    [InlineData("query.generation.speed > 20 tok/s", "query.generation.speed", ">", 20, "tok/s")]
    [InlineData("availability > 99.9%", "availability", ">", 99.9, "%")]
    [InlineData("availability.seconds > 99.9 %", "availability.seconds", ">", 99.9, "%")]
    [InlineData("errors < 1%", "errors", "<", 1, "%")]
    [InlineData("errors == 0%", "errors", "==", 0, "%")]
    [InlineData("upload.errors < 1%", "upload.errors", "<", 1, "%")]
    [InlineData("rps > 500", "rps", ">", 500, "1/s")]
    [InlineData("query.rps > 200/s", "query.rps", ">", 200, "1/s")]
    [InlineData("rps > 500 rps", "rps", ">", 500, "1/s")]
    [InlineData("users >= 1000", "users", ">=", 1000, "users")]
    [InlineData("users >= 1000 users", "users", ">=", 1000, "users")]
    [InlineData("searchable.p95 < 10s", "searchable.p95", "<", 10, "s")]
    [InlineData("query.correct > 90%", "query.correct", ">", 90, "%")]
    [InlineData("query.success > 99%", "query.success", ">", 99, "%")]
    [InlineData("degraded < 5%", "degraded", "<", 5, "%")]
    [InlineData("throttled < 1%", "throttled", "<", 1, "%")]
    public void An_objective_is_read_into_metric_comparison_and_limit(string text, string name, string sign, double limit, string unit)
    {
        var (line, mistake) = ObjectiveParser.Read(text, Operations);
        Assert.Null(mistake);
        Assert.Equal((name, sign, unit, Demand.Must), (line!.Name, line.Comparison.Sign, line.Metric.Unit.Symbol, line.Demand));
        Assert.Equal(limit, Assert.IsType<Limit.Fixed>(line.Limit).Value, 12);
    }

    [Fact]
    public void Should_marks_a_wish() => Assert.Equal(Demand.Should, ObjectiveParser.Read("should query.p95 < 3s", Operations).Line!.Demand);

    [Theory]
    [InlineData("qury.p95 < 3s", "names 'qury', which is not an operation of this plan's mix", "did you mean 'query'?")]
    [InlineData("status.p95 < 3s", "names 'status', which is not an operation of this plan's mix", "the operations here are: query, upload, search")]
    [InlineData("eror < 1%", "names the unknown metric 'eror'", "did you mean 'errors'?")]
    [InlineData("genration.speed > 20 tok/s", "names the unknown metric 'genration.speed'", "did you mean 'generation.speed'?")]
    [InlineData("query.tfft.p95 < 1s", "names the unknown metric 'tfft.p95'", "there are service, ttft,")]
    [InlineData("query < 3s", "says nothing of 'query' that could be compared", "write, for example, query.p95 or query.errors")]
    [InlineData("query.ttft < 3s", "does not say what of 'query.ttft' is to be compared", "add a statistic: query.ttft.p95")]
    [InlineData("query.p100 < 3s", "has the unknown statistic 'p100'", "there are p50")]
    [InlineData("errors.p95 < 3%", "has 'p95' behind 'errors', which is a single number", "write errors")]
    [InlineData("query.users >= 10", "asks for 'users' of one operation, and it is measured for the whole run only", "write users")]
    [InlineData("query.p95 < 3", "has the limit '3', which needs a unit: 3s is seconds, 3ms milliseconds, 3m minutes", "write, for example, query.p95 < 3s")]
    [InlineData("query.p95 < 3%", "has the limit '3%', which must be a time with its unit", "write, for example, query.p95 < 3s")]
    [InlineData("query.p95 < -3s", "has the limit '-3s', which must not be negative", "write, for example")]
    [InlineData("errors < 1", "has the limit '1', which must be in percent, with the sign, such as 1%", "write, for example, errors < 1%")]
    [InlineData("errors < 120%", "has the limit '120%', which must be from 0% to 100%", "write")]
    [InlineData("generation.speed > 20", "has the limit '20', which needs its unit: 20 tok/s", "write")]
    [InlineData("rps > 500 req/s", "has the limit '500 req/s', which has the unknown unit 'req/s': write 500 or 500 /s", "write")]
    [InlineData("rps > fast", "has the limit 'fast', which must be a number, such as 500", "write")]
    [InlineData("query.p95 = 3s", "has the unknown comparison '='", "write <, <=, >, >= or ==")]
    [InlineData("query.p95 => 3s", "has the unknown comparison '=>'", "write <, <=, >, >= or ==")]
    [InlineData("query.p95 3s", "has no comparison", "write metric, comparison")]
    [InlineData("< 3s", "names no metric", "write, for example, query.p95 < 3s")]
    [InlineData("query..p95 < 3s", "names no metric", "write")]
    public void A_mistake_is_named_with_its_remedy(string text, string rule, string remedy)
    {
        var (line, mistake) = ObjectiveParser.Read(text, Operations);
        Assert.Null(line);
        Assert.StartsWith(rule, mistake!.Rule);
        Assert.StartsWith(remedy, mistake.Remedy);
    }

    [Fact]
    public void Every_metric_of_the_catalogue_can_be_written_as_an_objective() => Assert.All(MetricCatalog.All, metric =>
    {
        var name = metric.FullName(metric.PerOperation ? "query" : null, metric.IsDistribution ? Statistic.Of(95) : null);
        var (line, mistake) = ObjectiveParser.Read($"{name} < {metric.Unit.Example}", new ObjectiveContext(Operations) { Faults = ["outage"] });
        Assert.Null(mistake);
        Assert.Same(metric, line!.Metric);
    });

    [Fact]
    public void The_page_on_metrics_lists_the_catalogue() =>
        Plans.Repository.AssertHoldsTable("docs/metrics.md", "metrics", MetricCatalog.Markdown());

    [Fact]
    public void The_page_on_metrics_lists_what_targets_tell_of_themselves() =>
        Plans.Repository.AssertHoldsTable("docs/metrics.md", "inside", MetricCatalog.MarkdownOfInside());
}
