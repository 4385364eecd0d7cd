using Loadline.Plans;
using Xunit;

namespace Loadline.Tests.Plans;

public class OwnTargetTests
{
    public static TheoryData<string> Names => [.. OwnTarget.All.Select(own => own.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_plan_for_a_target_that_Loadline_starts_says_which_shape_it_has(string name)
    {
        var plan = PlanTexts.Good($"{PlanTexts.Least}\ntarget: {name}");
        Assert.Contains(plan.Explain(), line => line.Contains($"{OwnTarget.Find(name)!.About}, started for this run and stopped after it", StringComparison.Ordinal));
        Assert.Contains(plan.Explain(), line => line.Contains("built-in extractive answerer", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Its_operations_are_known_without_asking(string name) =>
        Assert.Equal("did you mean 'search'?", PlanTexts.TheProblem($"{PlanTexts.Least}\ntarget: {name}\nload: {{ mix: {{ query: 1, serach: 1 }} }}").Remedy);

    [Theory]
    [MemberData(nameof(Names))]
    public void The_page_on_targets_has_it(string name) => Assert.Contains($"| `{name}` |", Repository.Text("docs/targets.md"));
}
