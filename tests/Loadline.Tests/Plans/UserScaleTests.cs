using Loadline.Plans.Reading;
using Xunit;

namespace Loadline.Tests.Plans;

/// <summary>What <c>--users</c> does where users stand in more than one place.</summary>
public class UserScaleTests
{
    [Fact]
    public void Scenarios_keep_their_shares_and_open_loads_their_rate()
    {
        const string Text = PlanTexts.Least + "\nscenarios:\n  many: { users: 300 }\n  few: { users: 100 }\n  open: { rate: 5/s, users-at-most: 70 }\n";
        Assert.Equal([30, 10, 70], Scaled(Text, 40).Scenarios.Select(scenario => scenario.Load.Users));
    }

    [Fact]
    public void The_highest_level_of_stages_becomes_the_number()
    {
        const string Text = PlanTexts.Least + "\nload: { stages: [10s to 200, 1m to 200, 10s to 1000, 1m to 1000, 10s to 0] }";
        Assert.Equal([20.0, 20, 100, 100, 0], Scaled(Text, 100).Load.Stages.Select(ramp => ramp.To));
    }

    [Fact]
    public void Nobody_is_left_out() =>
        Assert.Equal([1, 9], Scaled(PlanTexts.Least + "\nscenarios:\n  one: { users: 1 }\n  most: { users: 999 }\n", 9).Scenarios.Select(scenario => scenario.Load.Users));

    [Fact]
    public void A_number_that_breaks_the_rule_is_refused_by_its_option() =>
        Assert.Contains(PlanTexts.Read(PlanTexts.Least + "\nload: { stages: [10s to 200, 1m to 200] }", new PlanOverrides { Users = "none" }).Problems, problem => problem.Where == "--users none");

    private static Loadline.Plans.Plan Scaled(string text, int users) => PlanTexts.Good(text, new PlanOverrides { Users = users.ToString(System.Globalization.CultureInfo.InvariantCulture) });
}
