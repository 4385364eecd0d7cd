using Loadline.Plans;
using Loadline.Plans.Reading;
using Loadline.Tests.Recording;
using Loadline.Verdicts;
using Xunit;

namespace Loadline.Tests.Plans;

public class ObjectiveFileTests
{
    private const string Head = "name: sample\npurpose: A plan that takes objectives from a file\n";

    private const string Own = """
        name: ours
        purpose: What our users may expect
        objectives:
          speed:
            query: query.p95 < 3s
            search: search.p95 < 1s
          truth:
            errors: errors < 1%
        """;

    [Theory]
    [InlineData("{ from: ours.yaml }", "query.p95 < 3s|search.p95 < 1s|errors < 1%")]
    [InlineData("{ from: ours.yaml, only: speed }", "query.p95 < 3s|search.p95 < 1s")]
    [InlineData("{ from: ours.yaml, only: [search, truth] }", "search.p95 < 1s|errors < 1%")]
    [InlineData("{ from: ours.yaml, except: [truth] }", "query.p95 < 3s|search.p95 < 1s")]
    [InlineData("{ from: ours.yaml, only: [speed], except: query }", "search.p95 < 1s")]
    public void A_plan_takes_all_or_some_by_group_or_id(string item, string expected)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal([.. expected.Split('|'), "users >= 5"], Read(folder, Own, $"objectives:\n  - {item}\n  - users >= 5\n").Plan!.Objectives.Select(objective => objective.Text));
    }

    [Fact]
    public void A_mistake_in_a_line_names_the_file_of_objectives_and_its_line()
    {
        using var folder = new TemporaryFolder();
        var reading = Read(folder, Own.Replace("search.p95", "serch.p95", StringComparison.Ordinal), "seed: x\nobjectives: [{ from: ours.yaml }, errors < 1]\n");
        Assert.Equal(["plan.yaml:3", "plan.yaml:4", "ours.yaml:6"], reading.Problems.Select(problem => Path.GetFileName(problem.Where)));
        Assert.Equal("did you mean 'search'?", reading.Problems[2].Remedy);
    }

    [Theory]
    [InlineData("{ from: nowhere }", "is not a file of objectives that Loadline ships with")]
    [InlineData("{ from: none.yaml }", "the file can't be read")]
    [InlineData("{ only: [speed] }", "is missing")]
    [InlineData("{ from: ours.yaml, only: [sped] }", "is neither a group nor an id of 'ours'")]
    [InlineData("{ from: ours.yaml, only: [] }", "must name groups or ids")]
    [InlineData("{ from: ours.yaml, onely: [speed] }", "is not a key of an item")]
    [InlineData("{ from: ours.yaml, only: speed, except: [query, search] }", "takes none of the objectives")]
    public void What_cannot_be_taken_is_said_with_the_plans_line(string item, string rule)
    {
        using var folder = new TemporaryFolder();
        var problem = Assert.Single(Read(folder, Own, $"objectives:\n  - {item}\n").Problems);
        Assert.StartsWith(rule, problem.Rule, StringComparison.Ordinal);
        Assert.Equal(4, problem.Line);
    }

    [Fact]
    public void What_is_shipped_is_a_sentence_and_ones_own_is_the_next()
    {
        using var folder = new TemporaryFolder();
        var problem = Assert.Single(Read(folder, Own, "objectives:\n  - { from: nowhere }\n").Problems);
        Assert.EndsWith("here are: rag. A file of objectives of your own is named by its path, such as ./my-file-of-objectives.yaml", problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_that_is_wrong_with_a_file_is_reported_at_once()
    {
        var (file, problems) = ObjectiveFile.Read(new PlanFile("ours.yaml", """
            name: Our Own
            goals: none
            objectives:
              speed:
                query: query.p95 < 3s
                speed: rps > 5
              Truth: { errors: errors < 1%, query: [p95] }
              more: { query: p50 < 1s }
              none: {}
            """));
        Assert.Null(file);
        Assert.Equal(
            ["1 name", "1 purpose", "2 goals", "6 objectives.speed.speed", "7 objectives.Truth", "7 objectives.Truth.query", "8 objectives.more.query", "9 objectives.none"],
            problems.Select(problem => $"{problem.Line} {problem.Path}"));
    }

    [Fact]
    public void The_shipped_file_has_the_twelve_objectives_of_the_document()
    {
        var file = ObjectiveFile.Find("rag", "", out _)!;
        Assert.Equal(Repository.Text("plans/objectives/rag.yaml"), file.Text.ReplaceLineEndings("\n"));
        var (read, problems) = ObjectiveFile.Read(file);
        Assert.Empty(problems);
        Assert.Equal(
            [
                "query.p95 < 3s", "upload.p95 < 10s", "generation.speed > 20 tok/s", "availability > 99.9%",
                "users >= 1000", "rps > 500", "answered{scenario:burst} >= 1000 during burst", "errors < 1%",
                "recovery < 30s", "breaker.trigger < 5s", "fallback.p95 < 1s", "queue.drain < 2m",
            ],
            read!.Objectives.Select(objective => objective.Text));
    }

    [Fact]
    public void An_option_can_add_what_a_file_has()
    {
        var plan = PlanTexts.Good(PlanTexts.Least, PlanTexts.Set("objectives+={from: rag, only: [users, errors]}"));
        Assert.Equal(["query.p95 < 3s", "users >= 1000", "errors < 1%"], plan.Objectives.Select(objective => objective.Text));
    }

    private static PlanReading Read(TemporaryFolder folder, string objectives, string plan)
    {
        File.WriteAllText(Path.Combine(folder.Path, "ours.yaml"), objectives);
        return PlanReader.Read(Head + plan, Path.Combine(folder.Path, "plan.yaml"), null, new ObjectiveRules());
    }
}
