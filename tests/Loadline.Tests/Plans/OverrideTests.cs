using Loadline.Plans;
using Loadline.Plans.Reading;
using Xunit;

namespace Loadline.Tests.Plans;

public class OverrideTests
{
    [Fact]
    public void A_setting_replaces_a_value_or_fills_in_a_default()
    {
        var plan = PlanTexts.Good(PlanTexts.Least, PlanTexts.Set("load.users=500", "load.phases.hold=2m", "name=other", "llm.slots=3"));
        Assert.Equal((500, 120, "other", 3), (plan.Load.Users, (int)plan.Load.Hold.TotalSeconds, plan.Name, plan.Llm!.Slots));
        Assert.DoesNotContain("load.users", plan.Defaulted);
    }

    [Fact]
    public void One_weight_that_is_set_leaves_the_others()
    {
        var plan = PlanTexts.Good(PlanTexts.Least, PlanTexts.Set("load.mix.query=60"));
        Assert.Equal([("query", 60), ("upload", 25), ("search", 20), ("status", 15)], plan.Load.Mix.Select(w => (w.Key, (int)w.Value)));
    }

    [Fact]
    public void A_section_is_replaced_as_a_whole_in_short_form() =>
        Assert.Equal(["search"], PlanTexts.Good(PlanTexts.Least, PlanTexts.Set("load.mix={search: 1}", "objectives=search.p95 < 1s")).Load.Mix.Keys);

    [Fact]
    public void Objectives_are_added_or_replaced()
    {
        Assert.Equal(["query.p95 < 3s", "errors < 1%"], PlanTexts.Good(PlanTexts.Least, PlanTexts.Set("objectives+=errors < 1%")).Objectives.Select(o => o.Text));
        Assert.Equal(["errors < 1%"], PlanTexts.Good(PlanTexts.Least, PlanTexts.Set("objectives=errors < 1%")).Objectives.Select(o => o.Text));
    }

    [Fact]
    public void The_last_setting_of_a_key_counts_and_settings_come_after_their_options()
    {
        var overrides = new PlanOverrides { Users = "10", Seed = "9", Set = ["load.users=20", "load.users=30"] };
        var plan = PlanTexts.Good(PlanTexts.Least, overrides);
        Assert.Equal((30, 9UL), (plan.Load.Users, plan.Seed));
    }

    [Theory]
    [InlineData("load.users=none", "--set load.users=none: load.users: 'none' must be a whole number of users from 1 to 100000; write, for example, 1000")]
    [InlineData("load.user=5", "--set load.user=5: load.user: 'user' is not a key of 'load'; did you mean 'users'?")]
    [InlineData("objectives+=query.p95 < 3", "--set objectives+=query.p95 < 3: objectives: 'query.p95 < 3' has the limit '3', which needs a unit: 3s is seconds, 3ms milliseconds, 3m minutes; write, for example, query.p95 < 3s")]
    [InlineData("nonsense", "--set nonsense: 'nonsense' must be path=value, or objectives+=line; write, for example, --set load.users=500")]
    [InlineData("seed+=5", "--set seed+=5: seed: is not a list, so nothing can be added to it; write seed=value")]
    [InlineData("name.x=5", "--set name.x=5: name.x: 'x' is no key: 'name' has no keys beneath it; write name=value")]
    public void A_problem_names_the_option_that_brought_it(string setting, string expected) =>
        Assert.Equal(expected, PlanTexts.TheProblem(PlanTexts.Least, PlanTexts.Set(setting)).ToString());

    [Fact]
    public void A_file_and_its_options_are_checked_together()
    {
        var problems = PlanTexts.Read(PlanTexts.Least + "\nseed: x", new PlanOverrides { Users = "0", TimeScale = "fast" }).Problems;
        Assert.Equal(["plan.yaml:5", "--users 0", "--time-scale fast"], problems.Select(problem => problem.Where));
    }

    [Fact]
    public void The_time_scale_shortens_phases_and_nothing_else()
    {
        var text = PlanTexts.Least + "\nload: { phases: { up: 2m, hold: 26m, down: 2m }, think: 2s, timeout: 30s }";
        var plan = PlanTexts.Good(text, new PlanOverrides { TimeScale = "0.1" });
        Assert.Equal((12, 156, 12), ((int)plan.Load.Up.TotalSeconds, (int)plan.Load.Hold.TotalSeconds, (int)plan.Load.Down.TotalSeconds));
        Assert.Equal((2, 30, 0.1), (plan.Load.Think.Mean, (int)plan.Load.Timeout.TotalSeconds, plan.TimeScale));
    }

    [Theory]
    [InlineData("0.1", 0.5, true)]
    [InlineData("0.5", 0.5, false)]
    [InlineData("0.8", 0.8, false)]
    [InlineData(null, 1, false)]
    public void A_plan_is_not_made_shorter_than_it_bears(string? scale, double expected, bool raised)
    {
        var plan = PlanTexts.Good(PlanTexts.Least + "\nmin-time-scale: 0.5", new PlanOverrides { TimeScale = scale });
        Assert.Equal((expected, raised), (plan.TimeScale, plan.IsTimeScaleRaised));
        Assert.Equal(raised, plan.Explain().Any(line => line.Contains("the least that it bears", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("NaN")]
    [InlineData("0.001")] // 60 ms of hold phase
    public void A_time_scale_that_leaves_nothing_to_measure_is_refused(string scale) =>
        Assert.Equal($"--time-scale {scale}", PlanTexts.TheProblem(PlanTexts.Least, new PlanOverrides { TimeScale = scale }).Where);
}
