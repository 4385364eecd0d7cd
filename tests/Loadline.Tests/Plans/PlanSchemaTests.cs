using System.Globalization;
using System.Text.Json.Nodes;
using Loadline.Plans;
using Loadline.Plans.Keys;
using Loadline.Plans.Reading;
using NJsonSchema;
using Xunit;

namespace Loadline.Tests.Plans;

public class PlanSchemaTests
{
    public static TheoryData<string> Shipped => [.. PlanCatalog.List().Select(plan => plan.Name)];

    [Fact]
    public void The_schema_in_the_repository_is_the_one_that_the_key_table_gives() =>
        Repository.AssertHolds("plans/plan.schema.json", PlanSchema.Generate());

    [Fact]
    public void The_page_on_plans_lists_the_keys_of_the_table() =>
        Repository.AssertHoldsTable("docs/plans.md", "keys", PlanSchema.Markdown());

    [Fact]
    public void The_page_on_plans_lists_the_kinds_of_distribution() =>
        Repository.AssertHoldsTable("docs/plans.md", "distributions", Loadline.Plans.Distributions.DistributionForms.Markdown());

    [Theory]
    [MemberData(nameof(Shipped))]
    public async Task A_shipped_plan_fits_the_schema(string name) => Assert.Empty(await Mistakes(PlanCatalog.Find(name, out _)!.Text));

    [Theory]
    [InlineData("lode: {}")]
    [InlineData("load: { users: 0 }")]
    [InlineData("load: { users: many }")]
    [InlineData("load: { timeout: 30 }")]
    [InlineData("load: { think: 1s..x }")]
    [InlineData("load: { stream: 101% }")]
    [InlineData("load: { rate: 10 }")]
    [InlineData("load: { stages: [1m 200] }")]
    [InlineData("load: { burst: { within: 5s } }")]
    [InlineData("load: { retry: { jitter: some } }")]
    [InlineData("scenarios: { readers: { usrs: 5 } }")]
    [InlineData("scenarios: {}")]
    [InlineData("data: { words: lognormal(120) }")]
    public async Task What_the_reader_refuses_the_schema_refuses(string addition)
    {
        var text = PlanTexts.Least + "\n" + addition;
        Assert.NotEmpty(PlanTexts.Read(text).Problems);
        Assert.NotEmpty(await Mistakes(text));
    }

    [Fact]
    public void Every_default_and_every_example_is_legal() => Assert.All(PlanKeys.All.Where(key => key.Shape == KeyShape.Value), key =>
    {
        Assert.True(key.Kind!.TryRead(key.Kind.Example, out _, out var why), $"{key.Path}: {why}");
        if (key.Default is not null)
            Assert.True(key.Kind.TryRead(key.Default, out _, out why), $"{key.Path}: {why}");
    });

    internal static async Task<IEnumerable<string>> Mistakes(string yaml)
    {
        var schema = await JsonSchema.FromJsonAsync(PlanSchema.Generate());
        var problems = new List<PlanProblem>();
        var json = Json(PlanTree.Read(yaml, "plan.yaml", null, problems)!)!.ToJsonString();
        return schema.Validate(json).Select(error => error.ToString());
    }

    // As an editor sees it: plain scalars that look like numbers are numbers.
    internal static JsonNode? Json(PlanNode node) => node switch
    {
        MapNode map => new JsonObject(map.Entries.Select(entry => KeyValuePair.Create(entry.Key, Json(entry.Value)))),
        ListNode list => new JsonArray([.. list.Items.Select(Json)]),
        ScalarNode { Plain: true, Text: var text } when long.TryParse(text, CultureInfo.InvariantCulture, out var whole) => JsonValue.Create(whole),
        ScalarNode { Plain: true, Text: var text } when double.TryParse(text, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
        ScalarNode scalar => JsonValue.Create(scalar.Text),
        _ => null,
    };
}
