using System.Text.RegularExpressions;
using Loadline.Plans.Reading;
using Loadline.Suites;
using Loadline.Tests.Plans;
using Xunit;

namespace Loadline.Tests.Deploy;

/// <summary>The files that run suites by the clock name suites that there are, as often as the suites say.</summary>
public partial class ScheduleTests
{
    private static readonly Dictionary<string, Regex> Crons = new()
    {
        ["daily"] = Daily(),
        ["weekly"] = Weekly(),
        ["monthly"] = Monthly(),
    };

    [Fact]
    public void Every_suite_has_a_CronJob_that_comes_as_often_as_it_says()
    {
        var jobs = Repository.Text("deploy/kubernetes/loadtests.yaml").Split("---\n").Where(text => text.Contains("kind: CronJob", StringComparison.Ordinal))
            .Select(text => (MapNode)PlanTree.Read(text, "loadtests.yaml", null, [])!).ToList();
        Assert.Equal(SuiteCatalog.Names.Order(), jobs.Select(Suite).Order());
        foreach (var job in jobs)
        {
            var (suite, spec) = (SuiteCatalog.List().Single(one => one.Name == Suite(job)), Map(job, "spec"));
            if (Crons.TryGetValue(suite.Schedule!, out var cron))
                Assert.Matches(cron, Text(spec, "schedule"));
            Assert.Equal(cron is null ? "true" : "false", Text(spec, "suspend"));
            Assert.Contains("suites/" + suite.Name, Args(job));
        }
    }

    [Fact]
    public void The_workflow_has_each_schedule_once_and_maps_it_to_its_suite()
    {
        var workflow = Repository.Text("deploy/github/loadline.yml");
        var crons = Cron().Matches(workflow).Select(match => (Cron: match.Groups[1].Value, Suite: match.Groups[2].Value)).ToList();
        Assert.Equal(SuiteCatalog.List().Where(suite => Crons.ContainsKey(suite.Schedule!)).Select(suite => suite.Name).Order(), crons.Select(pair => pair.Suite).Order());
        Assert.All(crons, pair => Assert.Matches(Crons[SuiteCatalog.List().Single(suite => suite.Name == pair.Suite).Schedule!], pair.Cron));
        // The last of the four is what is left when none of the conditions holds.
        Assert.All(crons.Where(pair => pair.Suite != "stress"), pair => Assert.Contains($"github.event.schedule == '{pair.Cron}' && '{pair.Suite}'", workflow));
        Assert.Contains("github.event_name == 'push' && 'validation'", workflow);
        Assert.Contains($"options: [{string.Join(", ", "smoke", "load", "stress", "validation")}]", workflow);
    }

    private static string Suite(MapNode job) => Text(Map(job, "metadata"), "name")["loadline-".Length..];

    private static IEnumerable<string> Args(MapNode job) =>
        ((ListNode)((MapNode)((ListNode)Map(Map(Map(Map(Map(job, "spec"), "jobTemplate"), "spec"), "template"), "spec").Find("containers")!.Value).Items[0]).Find("args")!.Value).Items.Cast<ScalarNode>().Select(item => item.Text);

    private static MapNode Map(MapNode map, string key) => (MapNode)map.Find(key)!.Value;

    private static string Text(MapNode map, string key) => ((ScalarNode)map.Find(key)!.Value).Text;

    [GeneratedRegex(@"^\d+ \d+ \* \* \*$")]
    private static partial Regex Daily();

    [GeneratedRegex(@"^\d+ \d+ \* \* \d$")]
    private static partial Regex Weekly();

    [GeneratedRegex(@"^\d+ \d+ \d+ \* \*$")]
    private static partial Regex Monthly();

    [GeneratedRegex("- cron: \"([^\"]+)\" +# [^:]+: (\\w+)")]
    private static partial Regex Cron();
}
