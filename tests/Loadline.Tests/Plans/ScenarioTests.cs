using Loadline.Plans;
using Xunit;

namespace Loadline.Tests.Plans;

public class ScenarioTests
{
    private const string Mixed = PlanTexts.Least + """

        scenarios:
          readers:
            users: 500
            phases: { up: 10s, hold: 2m, down: 10s }
            mix: { query: 70, search: 30 }
            tags: { kind: read }
          writers:
            rate: 20/s
            phases: { up: 20s, hold: 1m, down: 5s }
            mix: { upload: 1 }
            timeout: 60s
          spike:
            burst: { requests: 100, within: 10s, at-once: 50 }
            start: 30s
            users-at-most: 50
          after:
            after: spike
            start: 5s
            users: 1
            phases: { up: 0s, hold: 10s, down: 0s }
        """;

    [Fact]
    public void Scenarios_begin_with_the_run_later_or_one_after_another()
    {
        var plan = PlanTexts.Good(Mixed);
        Assert.Equal(
            [Span("readers", 0, 140), Span("writers", 0, 85), Span("spike", 30, 40), Span("after", 45, 55)],
            plan.Spans);
        Assert.Equal("read", plan.Scenarios[0].Tags["kind"]);
        Assert.Equal(TimeSpan.FromSeconds(60), plan.Scenarios[1].Load.Timeout);
    }

    [Fact]
    public void The_runs_phases_come_from_the_scenarios_that_begin_with_it()
    {
        // Up until the last of readers (10 s) and writers (20 s) is up, hold until the first goes down: writers at 80 s; the end is readers' at 140 s.
        var plan = PlanTexts.Good(Mixed);
        Assert.Equal((20.0, 60.0, 60.0), (plan.Load.Up.TotalSeconds, plan.Load.Hold.TotalSeconds, plan.Load.Down.TotalSeconds));
        Assert.Equal(500 + 1000 + 50 + 1, plan.Load.Users);
        Assert.Equal(["query", "search", "upload", "status"], plan.Load.Mix.Keys);
        Assert.Equal(60, plan.Load.Timeout.TotalSeconds);
    }

    [Fact]
    public void A_plan_without_scenarios_has_one_that_is_called_default()
    {
        var plan = PlanTexts.Good(PlanTexts.Least);
        Assert.Equal([Span("default", 0, 70)], plan.Spans);
        Assert.Same(plan.Load, Assert.Single(plan.Scenarios).Load);
    }

    [Fact]
    public void The_command_line_changes_a_scenario() =>
        Assert.Equal(7, PlanTexts.Good(Mixed, PlanTexts.Set("scenarios.readers.users=7")).Scenarios[0].Load.Users);

    [Fact]
    public void Scenarios_explain_themselves()
    {
        var lines = PlanTexts.Good(Mixed).Explain();
        Assert.Contains("readers, from 0s to 2m20s (kind read): 500 users start evenly over 10s, stay for 2m, and leave evenly over 10s.", lines);
        Assert.Contains("spike, from 30s to 40s: 100 requests begin within 10s, at least 50 at once.", lines);
        Assert.Contains("Together they take 2m20s; the hold phase is from 20s to 1m20s.", lines);
        Assert.Contains("scenarios.after.think = 1s..2s", lines[^1]);
    }

    [Theory]
    [InlineData("scenarios: { a: { users: 1, after: b }, b: { users: 1 } }", null)]
    [InlineData("scenarios: { a: { users: 1, after: bb }, b: { users: 1 } }", "scenarios.a.after: 'bb' is not a scenario of this plan; did you mean 'b'?")]
    [InlineData("scenarios: { a: { users: 1, after: a } }", "scenarios.a.after: 'a' is the scenario itself")]
    [InlineData("scenarios: { a: { users: 1, after: b }, b: { users: 1, after: a } }", "scenarios.a.after: 'b' leads back to the scenario itself; let one of them begin without 'after'")]
    [InlineData("scenarios: { a: { users: 1, start: 1s } }", "scenarios: has none that begins with the run; remove 'start' from the first")]
    [InlineData("scenarios: { a: { burst: { requests: 1, within: 2s } }, b: { users: 1 } }", "scenarios: leaves no hold phase of 1s")]
    [InlineData("scenarios: { a: { usrs: 1 } }", "scenarios.a.usrs: 'usrs' is not a key of 'scenarios.a'; did you mean 'users'?")]
    [InlineData("scenarios: { A: { users: 1 } }", "scenarios.A: 'A' must be a name")]
    [InlineData("scenarios: { a: { users: 0 } }", "scenarios.a.users: '0' must be a whole number of users from 1 to 100000")]
    [InlineData("scenarios: { a: { users: 1, mix: { qury: 1 } } }", "scenarios.a.mix.qury: 'qury' is not an operation of the target 'embedded'; did you mean 'query'?")]
    [InlineData("scenarios: { a: { users: 1 } }\nload: { users: 1 }", "load: is given together with 'scenarios', and a plan has one of the two")]
    [InlineData("scenarios: {}", "scenarios: must have 1 to 50 names and has 0")]
    public void What_scenarios_must_not_be_is_said_with_the_place(string yaml, string? problem)
    {
        if (problem is null)
            PlanTexts.Good(PlanTexts.Least + "\n" + yaml);
        else
            Assert.Contains(problem, PlanTexts.Read(PlanTexts.Least.Replace("query.p95", "p95") + "\n" + yaml).Problems[0].ToString());
    }

    private static PlanSpan Span(string name, double start, double end) => new(name, TimeSpan.FromSeconds(start), TimeSpan.FromSeconds(end));
}
