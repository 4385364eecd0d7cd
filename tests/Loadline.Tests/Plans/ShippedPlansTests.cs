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
        Assert.Equal(name.Replace('/', '-'), PlanTexts.Good(file.Text).Name);
        Assert.Equal(Repository.Text($"plans/{name}.yaml"), file.Text.ReplaceLineEndings("\n"));
        Assert.StartsWith($"# yaml-language-server: $schema={string.Concat(Enumerable.Repeat("../", name.Count(letter => letter == '/')))}plan.schema.json", file.Text);
    }

    [Fact]
    public void Steady_is_scenario_one_with_its_objectives()
    {
        var plan = Read("steady");
        Assert.Equal(1000, plan.Load.Users);
        Assert.Equal(TimeSpan.FromMinutes(30), plan.Load.Duration);
        Assert.Equal([("query", 40.0), ("upload", 25.0), ("search", 20.0), ("status", 15.0)], plan.Load.Mix.Select(w => (w.Key, w.Value)));
        Assert.Equal(
            ["query.p95 < 3s", "upload.p95 < 10s", "generation.speed > 20 tok/s", "availability > 99.9%", "users >= 1000", "rps > 500", "errors < 1%"],
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
    public void Peak_has_half_as_many_users_again_and_each_at_twice_the_rate()
    {
        var (peak, steady) = (Read("peak").Load, Read("steady").Load);
        Assert.Equal((1500, 2, TimeSpan.FromMinutes(15)), (peak.Users, (int)peak.Intensity, peak.Duration));
        Assert.Equal(steady.Think, peak.Think);
        // Even if every answer came at once: 60 ÷ (1.2 s ÷ 2) = 100 a minute, which is the limit.
        Assert.True(60 * peak.Intensity / peak.Think.Mean <= 100);
    }

    [Fact]
    public void Burst_sends_its_thousand_in_half_a_minute_a_hundred_at_once()
    {
        var plan = Read("burst");
        Assert.Equal(new BurstArrivals(1000, TimeSpan.FromSeconds(30), 100), plan.Scenarios.Single(scenario => scenario.Name == "burst").Load.Arrivals);
        Assert.Equal(TimeSpan.FromMinutes(5), plan.Load.Duration);
        Assert.Equal("answered{scenario:burst} >= 1000 during burst", plan.Objectives[0].Text);
    }

    [Fact]
    public void Slow_model_waits_five_to_ten_seconds_for_five_hundred_users()
    {
        var plan = Read("slow-model");
        Assert.Equal((500, TimeSpan.FromMinutes(20), "5s..10s"), (plan.Load.Users, plan.Load.Duration, plan.Settings["llm.first-token"]));
    }

    [Fact]
    public void Rate_limit_offers_2500_requests_a_second_and_judges_once_the_first_minutes_allowance_is_used_up()
    {
        var plan = Read("rate-limit");
        var pushers = plan.Scenarios[0];
        Assert.Equal(TimeSpan.FromMinutes(10), plan.Load.Duration);
        Assert.Equal(2500, pushers.Load.Users / pushers.Load.Pace!.Mean);
        // The last user comes after 20 s, and 100 ÷ (150 − 100) per minute are two minutes.
        Assert.True(pushers.Load.Up >= TimeSpan.FromSeconds(20) + TimeSpan.FromMinutes(2));
        Assert.Null(pushers.Load.Retry);
        Assert.All(plan.Scenarios, scenario => Assert.Equal(pushers.Load.Up, scenario.Load.Up));
    }

    [Fact]
    public void No_user_of_an_isolation_plan_reaches_the_limit() => Assert.All(PlanCatalog.Names.Where(name => name.StartsWith("isolation/", StringComparison.Ordinal)), name =>
    {
        var load = Read(name).Load;
        var keyed = (load.Mix.Values.Sum() - load.Mix.GetValueOrDefault("status")) / load.Mix.Values.Sum();
        // Watched uploads are polled some three times each, with the user's key.
        var polls = 3 * load.Watch * load.Mix.GetValueOrDefault("upload") / load.Mix.Values.Sum();
        Assert.True(60 / load.Think.Mean * (keyed + polls) < 100, name);
    });

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
        [.. new[] { "docs/plans.md", "docs/faults.md" }.SelectMany(page => Repository.Text(page).Split("```yaml\n").Skip(1)).Select(block => block[..block.IndexOf("```", StringComparison.Ordinal)])
            // A file of objectives is no plan; ObjectiveFileTests reads such.
            .Where(block => !block.StartsWith("# objectives/", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(InDocs))]
    public async Task A_sample_of_a_page_on_plans_is_a_plan(string sample)
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
