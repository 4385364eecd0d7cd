using Loadline.Plans;
using Loadline.Plans.Reading;
using Loadline.Suites;
using Loadline.Tests.Plans;
using Loadline.Tests.Recording;
using Xunit;

namespace Loadline.Tests.Suites;

public class SuiteReaderTests
{
    [Fact]
    public void A_suite_names_its_plans_and_what_it_changes_in_them()
    {
        var (suite, problems) = Read("""
            name: nightly
            purpose: Every night
            schedule: daily
            pause: 30s
            on-failure: stop
            runs:
              - smoke
              - { plan: steady, name: short, target: services, users: 200, time-scale: 0.1, seed: 9, set: [load.timeout=10s], on-failure: go on }
            """);
        Assert.Empty(problems);
        Assert.Equal(("nightly", "daily", TimeSpan.FromSeconds(30), true), (suite!.Name, suite.Schedule, suite.Pause, suite.StopsOnFailure));
        var entry = suite.Entries[1];
        Assert.Equal(("steady", "short", "services", "200", "0.1", "9", false), (entry.Plan, entry.Name, entry.Target, entry.Users, entry.TimeScale, entry.Seed, entry.StopsOnFailure));
        Assert.Equal(["load.timeout=10s"], entry.Set);
    }

    [Fact]
    public void Everything_that_is_wrong_with_a_suite_is_said_at_once()
    {
        var (suite, problems) = Read("""
            name: My Suite
            pause: 30
            on-failure: sometimes
            shedule: daily
            runs:
              - {}
              - { plan: smoke, usrs: 5, users: many, variant: embedding, set: [[x]] }
              - [smoke]
              - { plan: smoke, name: twice }
              - { plan: smoke, name: twice }
            """);
        Assert.Null(suite);
        Assert.Equal(
            ["1 name", "1 purpose", "2 pause", "3 on-failure", "4 shedule", "6 runs[0].plan", "7 runs[1].usrs", "7 runs[1].users", "7 runs[1].set", "7 runs[1].variant", "8 runs[2]", "10 runs.name"],
            problems.Select(problem => $"{problem.Line} {problem.Path}"));
        Assert.Contains("did you mean 'schedule'?", problems.Select(problem => problem.Remedy));
    }

    [Fact]
    public void Mistakes_of_all_plans_are_found_before_the_first_is_run()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "mine.yaml"), "name: mine\npurpose: Mine\nload: { users: 0 }\nobjectives: [errors < 1%]\n");
        Assert.Null(Prepared("runs: [smoke, stedy, ./mine.yaml, { plan: smoke, target: nowhere }]", out var problems, folder: folder.Path));
        Assert.Equal(3, problems.Count);
        Assert.Contains("did you mean 'steady'?", problems[0]);
        Assert.Contains("mine.yaml:3: load.users: '0' must be", problems[1]);
        Assert.StartsWith("nowhere has a mistake", problems[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Options_go_to_every_plan_and_win_over_the_suites_own()
    {
        var prepared = Prepared(
            "pause: 10s\nruns: [smoke, { plan: steady, users: 200, time-scale: 0.5, set: [load.timeout=10s] }]", out _,
            new PlanOverrides { Users = "7", TimeScale = "0.1", Target = "http://127.0.0.1:9", Set = ["load.timeout=9s"] })!;
        Assert.All(prepared.Runs, run => Assert.Equal((7, 9, "http://127.0.0.1:9"), (run.Plan.Load.Users, (int)run.Plan.Load.Timeout.TotalSeconds, run.Plan.Target)));
        Assert.Equal([0.1, 0.05], prepared.Runs.Select(run => run.Plan.TimeScale));
        Assert.Equal(TimeSpan.FromSeconds(1), prepared.Pause);
        Assert.Equal("loadline run steady --target http://127.0.0.1:9 --users 7 --time-scale 0.05 --set load.timeout=10s --set load.timeout=9s", prepared.Runs[1].CommandLine);
    }

    [Fact]
    public void A_plan_with_variants_is_a_run_for_each_and_names_are_unique()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "out.yaml"), "name: out\npurpose: Out\nvariants: { service: [a, b] }\nobjectives: [errors < 1%]\n");
        var prepared = Prepared("runs: [out.yaml, smoke, smoke, { plan: out.yaml, name: again, variant: { service: b } }]", out _, folder: folder.Path)!;
        Assert.Equal(["out-a", "out-b", "smoke", "smoke-2", "again-b"], prepared.Runs.Select(run => run.Name));
    }

    [Theory]
    [InlineData("smoke", false)]
    [InlineData("suites/smoke", true)]
    [InlineData("stress", false)]
    [InlineData("validation", true)]
    [InlineData("isolation/search", false)]
    public void A_plans_name_goes_before_a_suites(string name, bool expected)
    {
        Assert.NotNull(SuiteCatalog.Find(name, out var isSuite, out _));
        Assert.Equal(expected, isSuite);
    }

    [Fact]
    public void A_file_with_runs_is_a_suite_and_an_unknown_name_is_answered_with_the_nearest()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "mine.yaml");
        File.WriteAllText(path, "name: mine\npurpose: Mine\nruns: [smoke]\n");
        Assert.NotNull(SuiteCatalog.Find(path, out var isSuite, out _));
        Assert.True(isSuite);
        Assert.Null(SuiteCatalog.Find("validaton", out _, out var problem));
        Assert.StartsWith("did you mean 'validation'?", problem!.Remedy, StringComparison.Ordinal);
        Assert.Null(SuiteCatalog.Find("suites/lod", out _, out problem));
        Assert.StartsWith("did you mean 'load'?", problem!.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void The_schema_in_the_repository_and_the_page_on_suites_are_what_the_key_table_gives()
    {
        Repository.AssertHolds("plans/suite.schema.json", SuiteKeys.Schema());
        Repository.AssertHoldsTable("docs/suites.md", "keys", SuiteKeys.Markdown());
    }

    private static (Suite? Suite, IReadOnlyList<PlanProblem> Problems) Read(string text) => SuiteReader.Read(new PlanFile("suite.yaml", text));

    private static PreparedSuite? Prepared(string text, out IReadOnlyList<string> problems, PlanOverrides? overrides = null, string folder = "")
    {
        var (suite, found) = Read("name: sample\npurpose: A sample\n" + text);
        Assert.Empty(found);
        return new SuitePreparation(suite!, overrides ?? PlanOverrides.None, folder).Prepare(out problems);
    }
}
