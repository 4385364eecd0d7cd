using System.Text.RegularExpressions;
using Loadline.Targets;
using Loadline.Tests.Plans;
using Xunit;

namespace Loadline.Tests.Targets;

/// <summary>docs/targets.md says what is so.</summary>
public partial class TargetDocsTests
{
    private static readonly string Page = Repository.Text("docs/targets.md");

    [Fact]
    public void Both_profiles_of_the_page_read()
    {
        var profiles = Blocks().Matches(Page).Select(block => TargetProfileReader.Read(block.Groups[1].Value)).ToList();
        Assert.Equal(["my-rag", "all-of-it"], profiles.Select(profile => profile.Name));
        var all = profiles[1];
        Assert.Equal(["login", "base", "ready"], all.Setup.Select(step => step.Operation.Name));
        Assert.Equal([false, true, false], all.Setup.Select(step => step.Undo is not null));
        Assert.NotNull(all.Session);
        Assert.NotNull(all.Upload!.Then);
        Assert.True(all.Operations["query"].Stream!.Events.EndsByClosing);
    }

    [Fact]
    public void The_pages_probes_and_its_exporters_read()
    {
        static TargetProfile Read(string probes) => TargetProfileReader.Read($"name: a\nabout: b\n{probes}\noperations:\n  ask: {{ request: GET / }}\n");
        var own = Read(ProbeBlock().Match(Page).Groups[1].Value).Probes!;
        Assert.Equal(3, own.Endpoints.Count);
        Assert.True(own.NvidiaSmi);
        var exporters = Read("probes:\n  prometheus: /metrics\n  metrics:\n" + ExporterBlock().Match(Page).Groups[1].Value).Probes!;
        Assert.Contains("vllm:generation_tokens_total", exporters.Readings.SelectMany(reading => reading.Series).Select(series => series.Name));
        Assert.True(exporters.Readings.Count >= 15);
    }

    [Fact]
    public void Every_shipped_profile_is_in_the_table() =>
        Assert.All(Directory.GetFiles(TargetProfileReaderTests.Profiles, "*.yaml"), file => Assert.Contains($"| `{Path.GetFileNameWithoutExtension(file)}` |", Page));

    [Fact]
    public void Every_placeholder_is_on_the_page() =>
        Assert.All(Placeholders.ByName.Keys.Where(name => name != "users"), name => Assert.Contains($"{{{{{name}}}}}", Page));

    [Fact]
    public void Every_key_is_on_the_page()
    {
        // Asked of the reader itself: it names the legal keys when it meets an unknown one.
        var problems = Assert.Throws<TargetProfileException>(() => TargetProfileReader.Read("""
            name: a
            about: b
            zzz: 1
            setup: { one: { request: GET /, zzz: 1, capture: { x: { path: $.x, zzz: 1 } } } }
            session: { request: GET /, id: $.id, zzz: 1 }
            probes: { prometheus: [/metrics, { targets: /targets, zzz: 1 }], zzz: 1, metrics: { cache.hit: { ratio: a, of: b, zzz: 1 } } }
            operations:
              q:
                request: POST /
                zzz: 1
                answer: { zzz: 1, error: { path: $.x, zzz: 1 } }
                form: { f: { name: n, content: "{{document.text}}", zzz: 1 } }
                stream: { zzz: 1, delta: { path: $.x, zzz: 1 }, end: closed }
                searchable: { request: GET /, state: $.x, done: [y], zzz: 1 }
            """)).Problems.Where(problem => problem.Path.EndsWith("zzz", StringComparison.Ordinal)).ToList();
        Assert.Equal(14, problems.Count);
        var keys = problems.SelectMany(problem => problem.Remedy["legal are ".Length..].Split(", ")).Distinct();
        Assert.All(keys, key => Assert.True(Page.Contains($"`{key}`") || Page.Contains($"{key}:") || Page.Contains($"{{ {key} }}") || Page.Contains($"{{ {key}, ") || Page.Contains($", {key} }}"), $"docs/targets.md says nothing of '{key}'"));
    }

    [GeneratedRegex("```yaml\n(name: .*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex("```yaml\n(probes:.*?)```", RegexOptions.Singleline)]
    private static partial Regex ProbeBlock();

    [GeneratedRegex("```yaml\n(    # postgres_exporter.*?)```", RegexOptions.Singleline)]
    private static partial Regex ExporterBlock();
}
