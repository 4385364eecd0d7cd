using Loadline.Plans;
using Loadline.Plans.Reading;
using Loadline.Suites;
using Loadline.Tests.Plans;
using NJsonSchema;
using Xunit;

namespace Loadline.Tests.Suites;

public class ShippedSuitesTests
{
    public static TheoryData<string> Shipped => [.. SuiteCatalog.Names];

    [Theory]
    [MemberData(nameof(Shipped))]
    public async Task A_shipped_suite_is_whole_and_fits_its_schema(string name)
    {
        var file = SuiteCatalog.Find("suites/" + name, out _, out _)!;
        var (suite, problems) = SuiteReader.Read(file);
        Assert.Empty(problems);
        Assert.Equal(name, suite!.Name);
        Assert.NotNull(new SuitePreparation(suite, PlanOverrides.None).Prepare(out var wrong));
        Assert.Empty(wrong);
        Assert.StartsWith("# yaml-language-server: $schema=../suite.schema.json", file.Text, StringComparison.Ordinal);
        var schema = await JsonSchema.FromJsonAsync(SuiteKeys.Schema());
        Assert.Empty(schema.Validate(PlanSchemaTests.Json(PlanTree.Read(file.Text, "", null, [])!)!.ToJsonString()));
    }

    [Theory]
    [InlineData("smoke", "daily")]
    [InlineData("load", "weekly")]
    [InlineData("stress", "monthly")]
    [InlineData("validation", "before a release")]
    public void The_suites_have_the_documents_schedule(string name, string schedule) => Assert.Equal(schedule, SuiteCatalog.List().Single(suite => suite.Name == name).Schedule);

    [Fact]
    public void Smoke_as_a_suite_is_smoke_as_a_plan() => Assert.Equal("smoke", Assert.Single(SuiteCatalog.List().Single(suite => suite.Name == "smoke").Entries).Plan);

    [Fact]
    public void The_validation_runs_every_shipped_plan() =>
        Assert.Empty(PlanCatalog.Names.Except(SuiteCatalog.List().Single(suite => suite.Name == "validation").Entries.Select(entry => entry.Plan)));
}
