using Loadline.OpenSlo;
using Loadline.Plans;
using Loadline.Plans.Reading;
using Xunit;

namespace Loadline.Tests.OpenSlo;

/// <summary>SLOs that were not written by Loadline.</summary>
public class ImportTests
{
    private const string Foreign = """
        apiVersion: openslo/v1
        kind: Service
        metadata: { name: shop }
        spec: { description: The shop's answers }
        ---
        # Latency, of another source, which says what it is in a load test.
        apiVersion: openslo/v1
        kind: SLO
        metadata:
          name: answer-latency
        spec:
          service: shop
          indicator:
            metadata: { name: latency, annotations: { loadline/metric: query } }
            spec:
              thresholdMetric:
                metricSource: { type: Prometheus, spec: { query: "histogram_quantile(0.9, rate(x[5m]))" } }
          timeWindow: [{ duration: 28d, isRolling: true }]
          budgetingMethod: Occurrences
          objectives:
            - { displayName: quick, op: lt, value: 2.5, target: 0.9 }
        ---
        apiVersion: openslo/v1
        kind: SLO
        metadata: { name: availability }
        spec:
          service: shop
          indicatorRef: good-answers
          budgetingMethod: Occurrences
          objectives:
            - targetPercent: 99.5
        ---
        apiVersion: openslo/v1
        kind: SLI
        metadata: { name: good-answers, annotations: { loadline/metric: success } }
        spec:
          ratioMetric:
            counter: true
            good: { metricSource: { type: Prometheus, spec: { query: good } } }
            total: { metricSource: { type: Prometheus, spec: { query: all } } }
        ---
        apiVersion: openslo/v1
        kind: SLO
        metadata: { name: checkout }
        spec:
          service: shop
          indicator:
            metadata: { name: checkout }
            spec:
              ratioMetric: { counter: true, good: { metricSource: { type: Datadog, spec: {} } }, total: { metricSource: { type: Datadog, spec: {} } } }
          budgetingMethod: Occurrences
          objectives: [{ target: 0.99 }]
        ---
        apiVersion: openslo/v1
        kind: AlertPolicy
        metadata: { name: page-someone }
        spec: {}
        """;

    [Fact]
    public void An_SLO_of_another_source_is_carried_where_it_says_its_metric_and_the_rest_is_told()
    {
        var read = SloReader.Read(new PlanFile("slo.yaml", Foreign), out var notCarried, out var problems);
        Assert.Empty(problems);
        Assert.Equal([("shop", "answer-latency", "query.p90 < 2.5s"), ("shop", "availability", "success >= 99.5%")], read!.Objectives.Select(o => (o.Group, o.Id, o.Text)));
        Assert.Equal(["SLO checkout", "AlertPolicy page-someone"], notCarried.Select(one => one.Text));
        Assert.Contains("'Datadog', which a load test doesn't ask; add the annotation loadline/metric", notCarried[0].Why);
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once_with_its_line()
    {
        const string Broken = """
            apiVersion: openslo/v2
            kind: SLO
            metadata: {}
            ---
            apiVersion: openslo/v1
            kind: SLOO
            metadata: { name: a }
            spec: {}
            ---
            apiVersion: openslo/v1
            kind: SLO
            metadata: { name: b }
            spec:
              indicatorRef: nothing
              objectives: [{ target: 0.9 }]
            ---
            apiVersion: openslo/v1
            kind: SLO
            metadata: { name: c }
            spec:
              indicator: { spec: { thresholdMetric: { metricSource: { type: Loadline, spec: { metric: query } } } } }
              objectives:
                - { op: below, value: much, target: 0.9 }
                - { op: lt, value: 3, target: 1 }
                - { op: lt, value: 3, target: 0.9, targetPercent: 90 }
            """;
        Assert.Null(SloReader.Read(new PlanFile("slo.yaml", Broken), out _, out var problems));
        Assert.Equal(
            ["1 apiVersion", "1 metadata.name", "1 spec", "6 kind", "14 spec.indicatorRef", "23 op", "23 value", "24 spec.objectives[1].target", "25 spec.objectives[2]"],
            problems.Select(problem => $"{problem.Line} {problem.Path}"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing")]
    [InlineData("[1, 2]")]
    [InlineData("apiVersion: openslo/v1\nkind: Service\nmetadata: { name: a }\nspec: {}")]
    public void A_file_without_an_SLO_is_refused(string text)
    {
        Assert.Null(SloReader.Read(new PlanFile("slo.yaml", text), out _, out IReadOnlyList<PlanProblem> problems));
        Assert.NotEmpty(problems);
    }
}
