using System.Text.RegularExpressions;
using Loadline.Plans;
using Loadline.Tests.Plans;
using Xunit;

namespace Loadline.Tests.Deploy;

/// <summary>Every alert and every one of the sixteen problems has a runbook, and each runbook says what a runbook must say.</summary>
public partial class RunbookTests
{
    private static readonly string[] Headings = ["## Symptom", "## How to confirm", "## What to do", "## How to prove it gone"];

    // The problems of the load-testing plan, and their pages.
    private static readonly string[] Problems =
    [
        "llm-bottleneck", "model-memory-leak", "vector-database-locks", "network-saturation", "cascading-failure", "queue-overflow", "cache-stampede", "resource-contention",
        "connection-pool-exhaustion", "rate-limiting-too-aggressive", "uneven-load-balancing", "slow-autoscaling", "vector-index-corruption", "embedding-inconsistency",
        "document-version-conflicts", "stale-caches",
    ];

    private static readonly string Rules = string.Concat(new[] { "burn", "operation", "problems", "slo" }.Select(name => Repository.Text($"deploy/prometheus/rules/{name}.yml")));

    public static TheoryData<string> Pages { get; } = [.. Directory.EnumerateFiles(Repository.PathOf("docs/runbooks"), "*.md").Select(Path.GetFileName).OfType<string>().Where(name => name != "README.md").Order(StringComparer.Ordinal)];

    [Fact]
    public void Every_alert_links_a_runbook_that_exists_and_names_the_alert()
    {
        var objectives = Slo().Matches(Rules).Select(match => match.Groups[1].Value).Distinct().ToList();
        var links = Alert().Matches(Rules).Select(match => (Alert: match.Groups[1].Value, Link: match.Groups[2].Value))
            .SelectMany(each => each.Link.Contains("$labels.slo", StringComparison.Ordinal) ? objectives.Select(slo => (each.Alert, Link: each.Link.Replace("{{ $labels.slo }}", slo, StringComparison.Ordinal))) : [each]).ToList();
        Assert.Equal(Regex.Count(Rules, "- alert:"), Alert().Count(Rules));
        Assert.Equal(6, objectives.Count);
        Assert.All(links, each => Assert.Contains($"`{each.Alert}`", Repository.Text($"docs/runbooks/{each.Link}"), StringComparison.Ordinal));
        // And no page is left that nothing leads to.
        Assert.Equal(Pages.Select(page => page.Data).Order(StringComparer.Ordinal), links.Select(each => each.Link).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Each_of_the_sixteen_problems_has_an_alert_of_its_own_tested_both_ways()
    {
        var tests = Repository.Text("deploy/prometheus/tests/problems.test.yml");
        var alerts = Alert().Matches(Rules).ToDictionary(match => match.Groups[2].Value + match.Index, match => (Name: match.Groups[1].Value, Page: match.Groups[2].Value)).Values.ToList();
        Assert.Equal(16, Problems.Length);
        foreach (var problem in Problems)
        {
            var alert = Assert.Single(alerts, each => each.Page == problem + ".md").Name;
            Assert.Contains($"# {alert}: its fault", tests, StringComparison.Ordinal);
            Assert.Contains($"# {alert}: a healthy run", tests, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_runbook_says_how_it_looks_how_to_confirm_what_to_do_and_which_plan_proves_it(string page)
    {
        var text = Repository.Text("docs/runbooks/" + page);
        var at = Headings.Select(heading => text.IndexOf("\n" + heading + "\n", StringComparison.Ordinal)).ToList();
        Assert.All(at, place => Assert.True(place > 0, $"{page} lacks one of {string.Join(", ", Headings)}"));
        Assert.Equal(at.Order(), at);
        var confirm = text[at[1]..at[2]];
        Assert.Contains("```promql\n", confirm, StringComparison.Ordinal);
        Assert.Contains("```sh\n", confirm, StringComparison.Ordinal);
        var plans = LoadlineRun().Matches(text[at[3]..]).Select(match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(plans);
        Assert.All(plans, plan => Assert.True(PlanCatalog.Names.Contains(plan), $"{page} names the plan {plan}, and there is none"));
        Assert.Contains($"({page})", Repository.Text("docs/runbooks/README.md"), StringComparison.Ordinal);
    }

    [GeneratedRegex(@"- alert: (\w+)\n(?:(?!- alert:)[\s\S])*?runbook_url: ""\{\{ \$externalLabels\.runbooks \}\}/([^""]+)""")]
    private static partial Regex Alert();

    [GeneratedRegex(@"slo: ([a-z-]+) \}")]
    private static partial Regex Slo();

    [GeneratedRegex(@"`loadline run ([a-z/-]+)")]
    private static partial Regex LoadlineRun();
}
