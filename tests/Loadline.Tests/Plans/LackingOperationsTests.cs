using Loadline.Plans.Reading;
using Loadline.Targets;
using Loadline.Verdicts;
using Xunit;

namespace Loadline.Tests.Plans;

/// <summary>A plan on a target that can do only a part of what its users do.</summary>
public class LackingOperationsTests
{
    private const string Chat = "openai-chat@http://127.0.0.1:9", Embeddings = "openai-embeddings@http://127.0.0.1:9";

    [Fact]
    public void What_the_target_lacks_is_said_once_with_all_that_must_change()
    {
        var problem = Assert.Single(Read(Steady(), Chat).Problems);
        Assert.Equal(
            "steady.yaml:19: load.mix: has 'upload' and 'search', which the target 'openai-chat@http://127.0.0.1:9' lacks; its operations are: query, status; add them to its profile, or run without them: "
            + "--set 'load.mix={query: 40, status: 15}' --set data.documents=0 --set 'objectives=[query.p95 < 3s, generation.speed > 20 tok/s, availability > 99.9%, users >= 1000, rps > 500, errors < 1%]'",
            problem.ToString());
    }

    [Theory]
    [InlineData("steady", Chat)]
    [InlineData("smoke", Chat)]
    [InlineData("steady", Embeddings)]
    [InlineData("smoke", Embeddings)]
    public void The_remedy_as_written_makes_the_plan_one_for_the_target(string plan, string target)
    {
        var text = Repository.Text($"plans/{plan}.yaml");
        var remedy = Assert.Single(Read(text, target).Problems).Remedy;
        var set = remedy.Split(" --set ").Skip(1).Select(change => change.Trim('\'')).ToArray();
        var reading = PlanReader.Read(text, "plan.yaml", new PlanOverrides { Target = target, Set = set }, new ObjectiveRules(), KnownTargets.OperationsOf);
        Assert.Empty(reading.Problems);
        Assert.All(reading.Plan!.Scenarios.SelectMany(scenario => scenario.Load.Mix.Keys), name => Assert.Contains(name, KnownTargets.OperationsOf(target)!));
        Assert.Equal(0, reading.Plan.Data.Documents);
        Assert.DoesNotContain(reading.Plan.Objectives, objective => objective.Text.Contains("upload", StringComparison.Ordinal) || objective.Text.Contains("searchable", StringComparison.Ordinal) || objective.Text.Contains("correct", StringComparison.Ordinal));
    }

    [Fact]
    public void Objectives_that_a_list_would_cut_apart_are_quoted_and_misspelt_operations_stay_that()
    {
        const string plan = "name: x\npurpose: y\nload: { users: 1, mix: { qury: 1, search: 2 } }\nobjectives: ['errors < 1% during hold, not ramp', search.p95 < 1s]\n";
        var problems = Read(plan, Chat).Problems.Select(problem => problem.ToString()).ToList();
        Assert.Contains(problems, problem => problem.Contains("load.mix.qury: 'qury' is not an operation of the target 'openai-chat@http://127.0.0.1:9'; did you mean 'query'?", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Contains("has 'search', which the target", StringComparison.Ordinal) && problem.Contains("--set 'load.mix={query: 1}' --set 'objectives=[errors < 1%]'", StringComparison.Ordinal));
    }

    [Fact]
    public void Each_mix_of_a_plan_has_its_change_and_the_rest_is_said_once()
    {
        const string plan = "name: x\npurpose: y\nscenarios: { a: { users: 1, mix: { query: 3, upload: 1 } }, b: { users: 1, mix: { upload: 1 } } }\nobjectives: [errors < 1%]\n";
        var problems = Read(plan, Chat).Problems;
        Assert.Equal(["scenarios.a.mix", "scenarios.b.mix"], problems.Select(problem => problem.Path));
        Assert.EndsWith("or run without them: --set 'scenarios.a.mix={query: 3}' --set 'scenarios.b.mix={query: 1}' --set data.documents=0", problems[0].Remedy);
        Assert.Equal("add them to its profile, or run without them, as above", problems[1].Remedy);
    }

    private static PlanReading Read(string text, string target) =>
        PlanReader.Read(text, "steady.yaml", new PlanOverrides { Target = target }, new ObjectiveRules(), KnownTargets.OperationsOf);

    private static string Steady() => Repository.Text("plans/steady.yaml");
}
