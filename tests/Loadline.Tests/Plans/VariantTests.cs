using Loadline.Plans.Reading;
using Xunit;

namespace Loadline.Tests.Plans;

public class VariantTests
{
    private const string Plan = """
        name: outage
        purpose: "What happens without ${service}"
        variants: { service: [embedding, vectors], users: [5, 10] }
        load: { users: "${users}" }
        objectives:
          - query.p95 < 3s
        """;

    [Fact]
    public void A_plan_with_variants_is_a_plan_for_every_combination()
    {
        var plans = PlanTexts.Read(Plan).Plans;
        Assert.Equal(["outage-embedding-5", "outage-embedding-10", "outage-vectors-5", "outage-vectors-10"], plans.Select(plan => plan.RunName));
        Assert.Equal([5, 10, 5, 10], plans.Select(plan => plan.Load.Users));
        Assert.Equal("What happens without vectors", plans[2].Purpose);
        Assert.Equal("service=vectors, users=5", plans[2].Variant.Text);
        Assert.All(plans, plan => Assert.Equal("outage", plan.Name));
        Assert.Contains("This is the variant service=vectors, users=5; its run is called outage-vectors-5.", Loadline.Plans.PlanExplanation.Explain(plans[2]));
    }

    [Fact]
    public void An_option_chooses_some_of_them()
    {
        Assert.Equal(["outage-vectors-5", "outage-vectors-10"], Chosen("service=vectors").Plans.Select(plan => plan.RunName));
        Assert.Equal("outage-vectors-10", Assert.Single(Chosen("service=vectors", "users=10").Plans).RunName);
    }

    [Theory]
    [InlineData("service=vector", "--variant service=vector: variants.service: 'vector' is not one of its values; did you mean 'vectors'?")]
    [InlineData("servce=vectors", "--variant servce=vectors: variants: 'servce' is no variant of this plan; did you mean 'service'?")]
    [InlineData("vectors", "--variant vectors: 'vectors' must be name=value; write, for example, --variant service=embedding")]
    public void An_option_that_chooses_nothing_is_refused(string variant, string expected) => Assert.Equal(expected, Assert.Single(Chosen(variant).Problems).ToString());

    [Theory]
    [InlineData("variants: { service: embedding }", "must be a list of 1 to 20 values")]
    [InlineData("variants: { service: [] }", "must be a list of 1 to 20 values")]
    [InlineData("variants: { service: [a, a] }", "is there twice")]
    [InlineData("variants: { service: [../x] }", "must be letters and digits in lower case, with dots and hyphens between them, at most 40 characters")]
    [InlineData("variants: { Service: [a] }", "must be a name: a lower-case letter, then letters, digits, _ or -; at most 40")]
    [InlineData("variants: [a]", "must be a list of lines")]
    [InlineData("variants: { a: [1, 2, 3, 4, 5, 6, 7, 8], b: [1, 2, 3, 4, 5, 6, 7] }", "makes 56 runs, and a plan may make 50")]
    [InlineData("seed: \"${seed}\"", "names no variant of this plan")]
    public void What_is_wrong_with_variants_is_said(string addition, string rule)
    {
        var problems = PlanTexts.Read(PlanTexts.Least + "\n" + addition).Problems;
        Assert.Contains(problems, problem => problem.Rule == rule || (addition == "variants: [a]" && problem.Path == "variants"));
        Assert.All(problems, problem => Assert.Equal(5, problem.Line));
    }

    [Fact]
    public void A_problem_of_every_variant_is_said_once() =>
        Assert.Single(PlanTexts.Read(Plan.Replace("< 3s", "< 3", StringComparison.Ordinal)).Problems);

    [Fact]
    public void A_value_that_breaks_a_rule_in_one_variant_only_is_found() =>
        Assert.Equal("'0' must be", PlanTexts.Read(Plan.Replace("[5, 10]", "[5, 0]", StringComparison.Ordinal)).Problems.Single().ToString().Split(": ")[2][..11]);

    private static PlanReading Chosen(params string[] variants) => PlanTexts.Read(Plan, new PlanOverrides { Variant = variants });
}
