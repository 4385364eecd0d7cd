using System.Text.Json.Nodes;
using Loadline.Tests.Plans;
using Xunit;

namespace Loadline.Tests.Deploy;

/// <summary>What Grafana needs of the dashboards. That their queries have data is shown in EndToEnd.Tests/Monitoring.</summary>
public class DashboardTests
{
    private static readonly string[] Services =
        ["gateway", "identity", "documents", "ingestion", "embedding", "vectors", "keywords", "search", "reranking", "query", "generation", "caching"];

    public static TheoryData<string> Files { get; } = [.. Directory.EnumerateFiles(Repository.PathOf("deploy/grafana/dashboards")).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)];

    [Fact]
    public void There_is_one_for_load_tests_the_system_the_LLM_ingestion_and_each_service() => Assert.Equal(
        Services.Select(service => $"service-{service}.json").Concat(["from-upload-to-searchable.json", "llm.json", "load-test.json", "overview.json"]).Order(StringComparer.Ordinal),
        Files.Select(file => file.Data));

    [Fact]
    public void No_two_share_a_uid_or_a_title()
    {
        var boards = Files.Select(file => Read(file.Data)).ToList();
        Assert.Equal(boards.Count, boards.Select(board => (string?)board["uid"]).Distinct().Count());
        Assert.Equal(boards.Count, boards.Select(board => (string?)board["title"]).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Each_panel_has_a_unit_a_query_of_the_chosen_datasource_and_a_place_of_its_own(string file)
    {
        var panels = Read(file)["panels"]!.AsArray().Select(panel => panel!).ToList();
        Assert.Equal(panels.Count, panels.Select(panel => (int)panel["id"]!).Distinct().Count());
        var taken = new HashSet<(int, int)>();
        foreach (var panel in panels)
        {
            var place = panel["gridPos"]!;
            for (var x = (int)place["x"]!; x < (int)place["x"]! + (int)place["w"]!; x++)
                for (var y = (int)place["y"]!; y < (int)place["y"]! + (int)place["h"]!; y++)
                    Assert.True(taken.Add((x, y)) && x < 24, $"{panel["title"]} lies on another panel, or beside the page");
            if ((string?)panel["type"] == "row")
                continue;
            Assert.False(string.IsNullOrEmpty((string?)panel["fieldConfig"]!["defaults"]!["unit"]), $"{panel["title"]} has no unit");
            Assert.All(panel["targets"]!.AsArray(), target => Assert.Equal("${datasource}", (string?)target!["datasource"]!["uid"]));
            Assert.All(panel["targets"]!.AsArray(), target => Assert.False(string.IsNullOrWhiteSpace((string?)target!["expr"])));
        }
        Assert.Equal(["Runs", "Faults"], Read(file)["annotations"]!["list"]!.AsArray().Select(annotation => (string?)annotation!["name"]));
    }

    private static JsonNode Read(string file) => JsonNode.Parse(Repository.Text("deploy/grafana/dashboards/" + file))!;
}
