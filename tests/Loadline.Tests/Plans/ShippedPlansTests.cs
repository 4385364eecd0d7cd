using Loadline.Plans;
using Xunit;

namespace Loadline.Tests.Plans;

public class ShippedPlansTests
{
    public static TheoryData<string> Shipped => PlanSchemaTests.Shipped;

    [Theory]
    [MemberData(nameof(Shipped))]
    public void A_shipped_plan_is_whole_and_named_after_its_file(string name)
    {
        var file = PlanCatalog.Find(name, out _)!;
        Assert.Equal(name, PlanTexts.Good(file.Text).Name);
        Assert.Equal(Repository.Text($"plans/{name}.yaml"), file.Text.ReplaceLineEndings("\n"));
        Assert.StartsWith("# yaml-language-server: $schema=plan.schema.json", file.Text);
    }

    [Fact]
    public void Steady_is_scenario_one_with_its_objectives()
    {
        var plan = Read("steady");
        Assert.Equal(1000, plan.Load.Users);
        Assert.Equal(TimeSpan.FromMinutes(30), plan.Load.Duration);
        Assert.Equal([("query", 40.0), ("upload", 25.0), ("search", 20.0), ("status", 15.0)], plan.Load.Mix.Select(w => (w.Key, w.Value)));
        Assert.Equal(
            ["query.p95 < 3s", "upload.p95 < 10s", "generation.speed > 20 tok/s", "availability > 99.9%", "errors < 1%", "rps > 500", "users >= 1000"],
            plan.Objectives.Select(objective => objective.Text));
    }

    [Fact]
    public void Steady_offers_its_rate_with_a_margin_and_keeps_each_user_under_the_limit()
    {
        var plan = Read("steady");
        var rate = OfferedRate.Of(plan);
        Assert.InRange(rate.PerSecond, 550, 650);
        // Even if every answer came at once a user would stay under 100 a minute.
        Assert.True(60 / plan.Load.Think.Mean < 100);
    }

    [Fact]
    public void Smoke_takes_about_a_minute() => Assert.InRange(Read("smoke").Load.Duration.TotalSeconds, 40, 70);

    [Fact]
    public void A_plan_explains_itself_with_its_defaults_and_its_rate()
    {
        var lines = Read("steady").Explain();
        Assert.Contains("1,000 users start evenly over 2m, stay for 26m, and leave evenly over 2m: 30m in all.", lines);
        Assert.Contains("Each user sends a request, waits for its answer, thinks for 0.7s..1.7s (mean 1.2s), and sends the next.", lines);
        Assert.Contains("Of 100 requests, 40 are query, 25 are upload, 20 are search, 15 are status.", lines);
        Assert.Contains(lines, line => line.StartsWith("That offers about 60", StringComparison.Ordinal) && line.EndsWith("833 if every answer came at once.", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.StartsWith("Left to defaults", StringComparison.Ordinal));
        Assert.Contains("load.think = 1s..2s", PlanTexts.Good(PlanTexts.Least).Explain()[^1]);
    }

    public static TheoryData<string> InDocs =>
        [.. Repository.Text("docs/plans.md").Split("```yaml\n").Skip(1).Select(block => block[..block.IndexOf("```", StringComparison.Ordinal)])];

    [Theory]
    [MemberData(nameof(InDocs))]
    public async Task A_sample_of_the_page_on_plans_is_a_plan(string sample)
    {
        // Most samples show the load alone, one the objectives of a plan that is compared with an earlier run.
        const string Head = "name: sample\npurpose: A sample of the page on plans\n";
        var text = sample.StartsWith("name:", StringComparison.Ordinal) ? sample
            : sample.StartsWith("objectives:", StringComparison.Ordinal) ? $"{Head}baseline: runs/last-release\n{sample}"
            : $"{Head}objectives: [errors < 1%]\n{sample}";
        if (text.Contains("replay:", StringComparison.Ordinal))
        {
            using var folder = new Recording.TemporaryFolder();
            File.WriteAllText(Path.Combine(folder.Path, "monday.jsonl"), string.Concat(Enumerable.Range(0, 1000).Select(i => $"{{\"timestamp\": {i * 30}}}\n")));
            Assert.Empty(Loadline.Plans.Reading.PlanReader.Read(text, Path.Combine(folder.Path, "plan.yaml")).Problems);
        }
        else
            PlanTexts.Good(text);
        Assert.Empty(await PlanSchemaTests.Mistakes(text));
    }

    [Fact]
    public void An_unknown_name_is_answered_with_the_nearest_one()
    {
        Assert.Null(PlanCatalog.Find("stedy", out var problem));
        Assert.StartsWith("did you mean 'steady'?", problem!.Remedy);
    }

    [Fact]
    public void A_path_that_leads_nowhere_or_to_no_text_is_a_problem_and_no_exception()
    {
        Assert.Null(PlanCatalog.Find("./nowhere/at-all.yaml", out var missing));
        Assert.Contains("can't be read", missing!.Rule);
        var path = Path.Combine(Directory.CreateTempSubdirectory("loadline-plans-").FullName, "binary.yaml");
        File.WriteAllBytes(path, [0x89, 0x50, 0xFF, 0xFE, 0x00]);
        Assert.Null(PlanCatalog.Find(path, out var binary));
        Assert.Equal("the file is not text in UTF-8", binary!.Rule);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    private static Plan Read(string name) => PlanTexts.Good(PlanCatalog.Find(name, out _)!.Text);
}
