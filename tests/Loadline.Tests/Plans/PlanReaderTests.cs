using Loadline.Plans.Reading;
using Xunit;

namespace Loadline.Tests.Plans;

public class PlanReaderTests
{
    [Fact]
    public void What_is_left_out_has_the_documented_default()
    {
        var plan = PlanTexts.Good(PlanTexts.Least);
        Assert.Equal(50, plan.Load.Users);
        Assert.Equal(TimeSpan.FromMinutes(1), plan.Load.Hold);
        Assert.Equal(TimeSpan.FromSeconds(70), plan.Load.Duration);
        Assert.Equal(1.5, plan.Load.Think.Mean);
        Assert.Equal([("query", 40), ("upload", 25), ("search", 20), ("status", 15)], plan.Load.Mix.Select(w => (w.Key, (int)w.Value)));
        Assert.Equal("embedded", plan.Target);
        Assert.Null(plan.Llm);
        Assert.Contains("load.users", plan.Defaulted);
        Assert.DoesNotContain("name", plan.Defaulted);
        Assert.Equal("30s", plan.Settings["load.timeout"]);
    }

    [Fact]
    public void An_llm_section_with_one_key_has_defaults_for_the_others()
    {
        var llm = PlanTexts.Good(PlanTexts.Least + "\nllm: { slots: 8 }").Llm!;
        Assert.Equal((8, 512), (llm.Slots, llm.Queue));
        Assert.Equal(0.3, llm.LoadFactor);
    }

    [Fact]
    public void An_objective_knows_its_line() => Assert.Equal(4, Assert.Single(PlanTexts.Good(PlanTexts.Least).Objectives).Line);

    [Theory]
    [InlineData("", 1, "the text is empty")]
    [InlineData("# only a comment", 1, "the text holds nothing but comments")]
    [InlineData("name: \0x", 1, "the text is not a text file in UTF-8")]
    [InlineData("- a\n- b", 1, "a plan is made of keys with values")]
    [InlineData("name: 'open", 1, "the text is not YAML: ")]
    public void A_text_that_is_no_plan_is_refused_with_the_reason(string text, int line, string rule)
    {
        var problem = PlanTexts.TheProblem(text);
        Assert.StartsWith(rule, problem.Rule);
        Assert.Equal(line, problem.Line);
    }

    [Theory]
    [InlineData("load:\n\tusers: 5", 6, "a tab is in the indentation, and YAML indents with spaces")]
    [InlineData("name: again", 5, "is given a second time (first on line 1)")]
    [InlineData("load:", 5, "has no value")]
    [InlineData("load: fast", 5, "must be a section with keys: users, stages, rate, arrivals, spike, burst, replay, users-at-most, waiting-at-most, phases, think, pace, intensity, turns, retry, mix, timeout, stream, documents-per-user, watch, traced, tags")]
    [InlineData("seed: [1, 2]", 5, "must be one value: a whole number from 0 to 18446744073709551615")]
    [InlineData("users: 5", 5, "is not a key of a plan")]
    [InlineData("load: { users: NaN }", 5, "must be a whole number of users from 1 to 100000")]
    [InlineData("load: { users: 1e3 }", 5, "must be a whole number of users from 1 to 100000")]
    [InlineData("load: { users: 99999999999999999999999999 }", 5, "must be a whole number of users from 1 to 100000")]
    [InlineData("data: { popularity: NaN }", 5, "must be a number from 0 to 3, without a unit")]
    [InlineData("data: { popularity: 1e999 }", 5, "must be a number from 0 to 3, without a unit")]
    [InlineData("load: { timeout: 0s }", 5, "must be from 10ms to 1h")]
    [InlineData("load: { think: -1s }", 5, "must not be negative")]
    [InlineData("load: { think: 2h }", 5, "has a mean of 2h, which must be from 0s to 1h")]
    [InlineData("load: { stream: 101% }", 5, "must be a share from 0% to 100%, with the percent sign")]
    [InlineData("load: { mix: { query: 0 } }", 5, "must be a number from 0.0001 to 1000000, without a unit")]
    [InlineData("load: { mix: { query: x } }", 5, "must be a number from 0.0001 to 1000000, without a unit")]
    [InlineData("load: { users: 100000, documents-per-user: 10000 }", 5, "would be the documents of all users together, which may be at most 10000000")]
    [InlineData("seed: *all", 5, "is an alias, and plans have none")]
    public void A_broken_rule_is_named_with_its_line(string addition, int line, string rule)
    {
        var problem = PlanTexts.Read(PlanTexts.Least + "\n" + addition).Problems[0];
        Assert.Equal((rule, line, $"plan.yaml:{line}"), (problem.Rule, problem.Line, problem.Where));
        Assert.NotEmpty(problem.Remedy);
    }

    [Fact]
    public void A_key_in_the_wrong_section_is_told_where_it_belongs() =>
        Assert.Equal("'users' belongs under 'load'", PlanTexts.TheProblem(PlanTexts.Least + "\nusers: 5").Remedy);

    [Fact]
    public void Missing_keys_are_named_with_an_example()
    {
        var problems = PlanTexts.Read("seed: 3").Problems;
        Assert.Equal(["name", "purpose", "objectives"], problems.Select(problem => problem.Path));
        Assert.All(problems, problem => Assert.Equal("is missing", problem.Rule));
        Assert.Contains("- query.p95 < 3s", problems[2].Remedy);
    }

    [Fact]
    public void A_plan_without_an_objective_is_refused() =>
        Assert.Equal("has no line, and a plan that judges nothing can't pass", PlanTexts.TheProblem("name: a\npurpose: b\nobjectives: []").Rule);

    [Fact]
    public void An_empty_mix_is_refused() =>
        Assert.Contains(PlanTexts.Read(PlanTexts.Least + "\nload: { mix: {} }").Problems, problem => problem.Path == "load.mix");

    [Fact]
    public void Tabs_do_not_hide_the_other_problems()
    {
        var problems = PlanTexts.Read(PlanTexts.Least + "\nload:\n\tusers: none").Problems;
        Assert.Equal([6, 6], problems.Select(problem => problem.Line));
    }

    [Fact]
    public void Nesting_without_end_is_refused() =>
        Assert.Contains("nested more than", PlanTexts.TheProblem("name: " + new string('[', 5000)).Rule);

    [Fact]
    public void A_target_that_is_not_embedded_may_have_operations_of_its_own()
    {
        var text = PlanTexts.Least + "\ntarget: mine\nload: { mix: { query: 1, chat: 1 } }";
        Assert.NotNull(PlanTexts.Read(text).Plan);
        var known = PlanReader.Read(text, "plan.yaml", null, null, target => target == "mine" ? ["query", "chats"] : null);
        Assert.Equal("did you mean 'chats'?", Assert.Single(known.Problems).Remedy);
    }

    [Fact]
    public void Garbage_never_throws()
    {
        var random = new Random(7);
        const string Alphabet = "abc:{}[]-'\"#&*!|>%@`,.\n \t0123ns";
        for (var i = 0; i < 3000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
            Assert.NotEmpty(PlanTexts.Read(text).Problems);
        }
    }
}
