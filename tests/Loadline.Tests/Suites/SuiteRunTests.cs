using System.Xml.Linq;
using Loadline.Plans;
using Loadline.Plans.Reading;
using Loadline.Reports;
using Loadline.Runs;
using Loadline.Suites;
using Loadline.Tests.Recording;
using Loadline.Tests.Reports;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loadline.Tests.Suites;

/// <summary>What a suite makes of its runs; the runs themselves are sample folders.</summary>
public sealed class SuiteRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<string> _made = [];

    private string Out => Path.Combine(_folder.Path, "suite");

    public void Dispose()
    {
        _folder.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public async Task A_suite_whose_runs_pass_says_go_and_links_each_report()
    {
        var summary = await Run("runs: [smoke, steady]", _ => "PASS");
        Assert.Equal(("PASS", "All 2 runs passed.", true), (summary.Verdict, summary.Because, summary.IsGo));
        Assert.Equal(["01-smoke", "02-steady"], summary.Runs.Select(run => run.Folder));
        var page = File.ReadAllText(Path.Combine(Out, SuiteReport.Page));
        Assert.Contains("<title>Go · sample · Loadline</title>", page);
        Assert.All(summary.Runs, run => Assert.Contains($"href=\"{run.Folder}/report.html\"", page));
        Assert.DoesNotContain("What gave way", page);
        Assert.Contains("### ✅ Go · sample", File.ReadAllText(Path.Combine(Out, "summary.md")));
    }

    [Theory]
    [InlineData("PASS", "WARN", "WARN")]
    [InlineData("WARN", "FAIL", "FAIL")]
    [InlineData("INVALID", "FAIL", "INVALID")]
    public async Task The_verdict_is_the_worst_of_the_runs(string first, string second, string expected)
    {
        var summary = await Run("runs: [smoke, steady]", name => name == "smoke" ? first : second);
        Assert.Equal(expected, summary.Verdict);
        Assert.Equal(["smoke", "steady"], _made);
    }

    [Fact]
    public async Task What_gave_way_is_on_the_page_and_in_the_files_for_machines()
    {
        var summary = await Run("runs: [smoke, steady]", name => name == "smoke" ? "PASS" : "FAIL");
        Assert.StartsWith("1 of 2 runs gave way: steady is FAIL: ", summary.Because, StringComparison.Ordinal);
        var page = File.ReadAllText(Path.Combine(Out, SuiteReport.Page));
        Assert.Contains("No go", page);
        Assert.Contains("Errors came between 1:30 and 2:00", page);
        var suites = XDocument.Parse(File.ReadAllText(Path.Combine(Out, "junit.xml"))).Root!.Elements("testsuite").ToList();
        Assert.Equal(["loadline.smoke", "loadline.steady"], suites.Select(suite => suite.Attribute("name")!.Value));
        Assert.Equal("0", suites[0].Attribute("failures")!.Value);
        Assert.NotEqual("0", suites[1].Attribute("failures")!.Value);
        Assert.Contains("| ❌ FAIL | [steady](02-steady/report.html) |", File.ReadAllText(Path.Combine(Out, "summary.md")));
        Assert.Contains("✗ NO GO, FAIL: 1 of 2 runs gave way", SuiteText.Console(summary));
    }

    [Theory]
    [InlineData("on-failure: stop\nruns: [smoke, steady, peak]", "smoke")]
    [InlineData("runs: [smoke, { plan: steady, on-failure: stop }, peak]", "smoke,steady")]
    [InlineData("on-failure: stop\nruns: [{ plan: smoke, on-failure: go on }, steady, peak]", "smoke,steady")]
    [InlineData("runs: [smoke, steady, peak]", "smoke,steady,peak")]
    public async Task A_run_that_fails_ends_the_suite_where_that_is_asked_for(string suite, string made)
    {
        var summary = await Run(suite, _ => "FAIL");
        Assert.Equal(made.Split(','), _made);
        Assert.Equal("FAIL", summary.Verdict);
        Assert.All(summary.Runs.Skip(_made.Count), run => Assert.Equal(SuiteRunSummary.NotRun, run.Verdict));
        Assert.Equal(3, summary.Runs.Count);
    }

    [Fact]
    public async Task A_plan_that_cannot_start_is_said_and_the_others_are_run()
    {
        var summary = await Run("runs: [smoke, steady]", name => name == "smoke" ? throw new TargetException("the port is taken") : "PASS");
        Assert.Equal(["smoke", "steady"], _made);
        Assert.Equal(("INVALID", SuiteRunSummary.NotStarted, "the port is taken"), (summary.Verdict, summary.Runs[0].Verdict, summary.Runs[0].Because));
        var error = Assert.Single(XDocument.Parse(File.ReadAllText(Path.Combine(Out, "junit.xml"))).Descendants("error"));
        Assert.Equal("the port is taken", error.Attribute("message")!.Value);
        Assert.Contains("NOT STARTED", File.ReadAllText(Path.Combine(Out, SuiteReport.Page)));
    }

    [Fact]
    public async Task An_interrupt_ends_the_run_in_hand_and_the_suite_and_keeps_what_there_is()
    {
        var summary = await Run("runs: [smoke, steady, peak]", name =>
        {
            if (name == "steady")
                _stop.Cancel();
            return name == "steady" ? "INVALID" : "PASS";
        });
        Assert.Equal(["smoke", "steady"], _made);
        Assert.Equal(["PASS", "INVALID", "NOT RUN"], summary.Runs.Select(run => run.Verdict));
        Assert.Equal("INVALID", summary.Verdict);
        Assert.Equal(summary.Because, SuiteJson.Read(Out).Because);
    }

    [Fact]
    public async Task A_suite_that_is_killed_has_the_runs_that_were_over()
    {
        await Run("runs: [smoke, steady]", name =>
        {
            if (name == "steady")
            {
                var sofar = SuiteJson.Read(Out);
                Assert.Equal(("INVALID", "1 run was not made of 2, so nobody knows what it would have said."), (sofar.Verdict, sofar.Because));
                Assert.Equal(["PASS", "NOT RUN"], sofar.Runs.Select(run => run.Verdict));
            }
            return "PASS";
        });
    }

    [Fact]
    public async Task The_pages_are_rendered_again_from_the_folder_alone()
    {
        await Run("runs: [smoke]", _ => "FAIL");
        var page = File.ReadAllText(Path.Combine(Out, SuiteReport.Page));
        File.Delete(Path.Combine(Out, SuiteReport.Page));
        SuiteReport.WriteAll(Out);
        Assert.Equal(page, File.ReadAllText(Path.Combine(Out, SuiteReport.Page)));
        Assert.Throws<SuiteFolderException>(() => SuiteReport.WriteAll(_folder.Path));
    }

    [Fact]
    public async Task A_suite_that_was_interrupted_is_gone_on_with_and_keeps_what_has_a_verdict()
    {
        var first = await Run("runs: [smoke, steady, peak, burst]", name =>
        {
            if (name == "peak")
                _stop.Cancel();
            return name switch { "smoke" => "PASS", "steady" => "FAIL", _ => "INVALID" };
        });
        Assert.Equal(["smoke", "steady", "peak"], _made);

        var resumed = await Resume("runs: [smoke, steady, peak, burst]", _ => "PASS");
        Assert.Equal(["smoke", "steady", "peak", "peak", "burst"], _made);
        Assert.Equal(["PASS", "FAIL", "PASS", "PASS"], resumed.Runs.Select(run => run.Verdict));
        Assert.Equal(["01-smoke", "02-steady", "03-peak-2", "04-burst"], resumed.Runs.Select(run => run.Folder));
        Assert.Equal((first.StartedAt, 1), (resumed.StartedAt, SuiteJson.Read(Out).ResumedAt.Count));
        Assert.Contains("gone on with", File.ReadAllText(Path.Combine(Out, SuiteReport.Page)));
    }

    [Fact]
    public async Task A_kept_run_that_failed_still_ends_a_suite_that_stops_then()
    {
        await Run("runs: [smoke, steady]", _ =>
        {
            _stop.Cancel();
            return "FAIL";
        });
        var resumed = await Resume("runs: [{ plan: smoke, on-failure: stop }, steady]", _ => "PASS");
        Assert.Equal(["smoke"], _made);
        Assert.Equal(["FAIL", "NOT RUN"], resumed.Runs.Select(run => run.Verdict));
    }

    [Theory]
    [InlineData("runs: [smoke, peak]", "has smoke, peak")]
    [InlineData("runs: [{ plan: smoke, time-scale: 0.5 }, steady]", "smoke was run with other options")]
    [InlineData("runs: [{ plan: smoke, set: [load.timeout=9s] }, steady]", "smoke was run with other options")]
    public async Task A_suite_that_is_not_the_one_that_was_begun_is_refused(string suite, string because)
    {
        await Run("runs: [smoke, steady]", _ => "PASS");
        Assert.Null(SuiteResumption.Read(Out, Prepared(suite), TimeProvider.System, out var problems));
        Assert.Contains(because, Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_suite_is_not_gone_on_with()
    {
        Assert.Null(SuiteResumption.Read(_folder.Path, Prepared("runs: [smoke]"), TimeProvider.System, out var problems));
        Assert.Contains("name the folder of a suite", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_is_not_empty_is_refused_before_anything_is_run()
    {
        await Run("runs: [smoke]", _ => "PASS");
        await Assert.ThrowsAsync<UnusableFolderException>(() => Run("runs: [smoke]", _ => "PASS"));
        Assert.Single(_made);
    }

    [Fact]
    public async Task Runs_are_a_pause_apart()
    {
        var time = new FakeTimeProvider();
        var running = Run("pause: 1m\nruns: [smoke, steady]", _ => "PASS", time);
        Assert.Equal(["smoke"], _made);
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(["smoke"], _made);
        time.Advance(TimeSpan.FromSeconds(1));
        await running;
        Assert.Equal(["smoke", "steady"], _made);
    }

    [Fact]
    public void A_suite_explains_itself()
    {
        var lines = SuiteExplanation.Explain(Prepared("pause: 1m\nschedule: daily\nruns: [smoke, { plan: steady, on-failure: stop }]"));
        Assert.Equal("sample: A sample. Schedule: daily.", lines[0]);
        Assert.Equal("2 runs one after another, 1m apart: 31m55s in all, without preparation.", lines[1]);
        Assert.EndsWith("target embedded, 7 objectives; when it does not pass, the suite ends.", lines[3], StringComparison.Ordinal);
    }

    private static PreparedSuite Prepared(string text)
    {
        var (suite, problems) = SuiteReader.Read(new PlanFile("suite.yaml", "name: sample\npurpose: A sample\n" + text));
        Assert.Empty(problems);
        return new SuitePreparation(suite!, PlanOverrides.None).Prepare(out _)!;
    }

    private Task<SuiteSummary> Run(string text, Func<string, string> verdict, TimeProvider? time = null) => Suite(Prepared(text), verdict, time).ExecuteAsync(null, _stop.Token);

    private Task<SuiteSummary> Resume(string text, Func<string, string> verdict)
    {
        var prepared = Prepared(text);
        var resumption = SuiteResumption.Read(Out, prepared, TimeProvider.System, out var problems);
        Assert.Empty(problems);
        return Suite(prepared, verdict, null, resumption).ExecuteAsync(null, CancellationToken.None);
    }

    private SuiteRun Suite(PreparedSuite prepared, Func<string, string> verdict, TimeProvider? time, SuiteResumption? resumption = null) => new(
        prepared, Out, "loadline run sample.yaml",
        (request, _) =>
        {
            _made.Add(request.Plan.Name);
            var sample = SampleRun.Make(verdict(request.Plan.Name), seconds: 60);
            var record = sample with { Summary = sample.Summary with { Plan = RunSummaries.Of(request) } };
            SampleRun.Write(record, request.Folder);
            File.WriteAllText(Path.Combine(request.Folder, RunFolder.Plan), request.Plan.Source);
            return Task.FromResult(record.Summary);
        },
        new PlainProgress(_ => { }), time ?? TimeProvider.System, resumption);
}
