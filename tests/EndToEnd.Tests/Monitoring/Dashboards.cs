using System.Text.Json.Nodes;

namespace EndToEnd.Tests.Monitoring;

/// <summary>The queries of the dashboards in <c>deploy/grafana/dashboards</c>, with Grafana's variables filled in.</summary>
internal static class Dashboards
{
    public static IReadOnlyList<(string Dashboard, JsonNode Json)> All { get; } =
        [.. Directory.EnumerateFiles(Path.Combine(Binaries.Root, "deploy/grafana/dashboards"), "*.json").Order(StringComparer.Ordinal).Select(file => (Path.GetFileNameWithoutExtension(file), JsonNode.Parse(File.ReadAllText(file))!))];

    /// <summary>Every query of every panel: where it is, and what it asks.</summary>
    public static IReadOnlyList<(string Where, string Query)> Panels { get; } =
    [
        .. from board in All
           from panel in board.Json["panels"]!.AsArray()
           from target in panel!["targets"]?.AsArray() ?? []
           select ($"{board.Dashboard}: {panel["title"]} {target!["refId"]}", Filled(target["expr"]!.GetValue<string>())),
    ];

    /// <summary>Every annotation's query.</summary>
    public static IReadOnlyList<(string Name, string Query)> Annotations { get; } =
    [
        .. (from board in All
            from annotation in board.Json["annotations"]!["list"]!.AsArray()
            select (annotation!["name"]!.GetValue<string>(), annotation["expr"]!.GetValue<string>())).Distinct(),
    ];

    private static string Filled(string query) => query.Replace("$__rate_interval", "10s", StringComparison.Ordinal).Replace("$run", ".+", StringComparison.Ordinal);
}
