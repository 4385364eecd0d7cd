using EndToEnd.Tests.Runs;
using EndToEnd.Tests.Services;
using Rag.Tests.Engines;
using Xunit;

namespace EndToEnd.Tests.Monitoring;

/// <summary>
/// A real Prometheus with the configuration and the rules of <c>deploy/prometheus</c> scrapes a running <c>rag up</c> and takes what Loadline pushes; then every query of every dashboard is asked.
/// </summary>
[Collection(nameof(Undisturbed))]
public class MonitoringTests
{
    private const string AdminKey = "admin-key-admin-key-admin-key";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Every_panel_has_data_every_rule_works_and_no_alert_fires_in_a_healthy_run()
    {
        Assert.Null(EngineServer.Missing("prometheus"));
        using var folder = new TemporaryFolder();
        using var llm = new LoadlineProcess("llm", "--port", "0");
        await llm.SaysAsync("listening on ", Patience);
        var llmAddress = new Uri(Said(llm, "listening on "));
        await using var rag = await RagUp.StartAsync(
            folder["data"], new Dictionary<string, string> { ["RAG_SEARCH__RERANK"] = "true" }, "--admin-key", AdminKey, "--llm", new Uri(llmAddress, "/v1").AbsoluteUri);
        await using var server = await EngineServer.StartAsync("prometheus", new Dictionary<string, string> { ["PROMETHEUS_CONFIG"] = Configure(folder, rag.Supervisor, llmAddress) });
        using var prometheus = new PrometheusApi(server.Address);

        using var run = new LoadlineProcess(
            new Dictionary<string, string> { ["LOADLINE_ADMIN_KEY"] = AdminKey },
            "run", Plan(folder), "--target", rag.Address.AbsoluteUri, "--users", "10", "--time-scale", "0.6", "--out", folder["run"],
            "--prometheus-remote-write", $"http://{server.Address}/api/v1/write", "--metrics-listen", "127.0.0.1:0");
        await run.SaysAsync("Metrics: ", Patience);
        await File.WriteAllTextAsync(folder["targets/loadline.yml"], $"- targets: [\"{new Uri(Said(run, "Metrics: ")).Authority}\"]\n");

        var waiting = Dashboards.Panels.ToList();
        Assert.True(waiting.Count > 150, $"{waiting.Count} queries are too few: dashboards were lost");
        var ended = run.ExitAsync(Patience);
        while (waiting.Count > 0 && !ended.IsCompleted)
        {
            foreach (var panel in waiting.ToList())
                if ((await prometheus.AskAsync(panel.Query)).Count > 0)
                    waiting.Remove(panel);
            await Task.WhenAny(ended, Task.Delay(500));
        }
        var whileItRan = await prometheus.AlertsAsync();
        await ended;
        Assert.DoesNotContain("warning: http", run.Output, StringComparison.Ordinal);
        Assert.True(waiting.Count == 0, $"without data:\n{string.Join('\n', waiting.Select(panel => $"{panel.Where}: {panel.Query}"))}\n{run.Output}");

        // Pushed and scraped, and native in both ways: only those have a histogram_count.
        var counts = await prometheus.AskAsync("""sum by (instance) (histogram_count(rate(loadline_request_duration_seconds{operation="query"}[1m])))""");
        Assert.Equal(2, counts.Count);
        Assert.All(counts, count => Assert.True(count > 0));
        foreach (var (name, query) in Dashboards.Annotations)
            Assert.True(await prometheus.PointsAsync(query, TimeSpan.FromMinutes(2)) > 3, $"nothing is drawn of {name}: {query}");
        Assert.NotEmpty(await prometheus.AskAsync("max_over_time(loadline_run_verdict[1m]) == 1"));

        Assert.Equal([], await prometheus.BrokenRulesAsync());
        // Not even about to fire; but how quick a busy machine is, is another test's matter.
        Assert.DoesNotContain(whileItRan, alert => !alert.StartsWith("ErrorBudgetBurn", StringComparison.Ordinal) && !alert.StartsWith("LoadlineObjectiveMissed", StringComparison.Ordinal));
    }

    // The configuration that is shipped, with quicker looks, and with this machine's addresses in place of files of them.
    private static string Configure(TemporaryFolder folder, Uri supervisor, Uri llm)
    {
        Directory.CreateDirectory(folder["targets"]);
        var shipped = Path.Combine(Binaries.Root, "deploy/prometheus");
        var text = File.ReadAllText(Path.Combine(shipped, "prometheus.yml"))
            .Replace("scrape_interval: 15s", "scrape_interval: 1s", StringComparison.Ordinal).Replace("scrape_interval: 5s", "scrape_interval: 1s", StringComparison.Ordinal)
            .Replace("evaluation_interval: 15s", "evaluation_interval: 1s", StringComparison.Ordinal)
            .Replace("rule_files: [rules/*.yml]", $"rule_files: [{shipped}/rules/*.yml]", StringComparison.Ordinal)
            .Replace("\"http://127.0.0.1:9090/targets\"", $"\"{new Uri(supervisor, "/targets")}\"", StringComparison.Ordinal);
        File.WriteAllText(folder["targets/exporters.yml"], $"- targets: [\"{llm.Authority}\"]\n");
        File.WriteAllText(folder["prometheus.yml"], text);
        return folder["prometheus.yml"];
    }

    private static string Plan(TemporaryFolder folder)
    {
        var smoke = File.ReadAllText(Path.Combine(Binaries.Root, "plans/smoke.yaml"));
        // A fault that hurts nobody: its beginning and end are to be seen.
        File.WriteAllText(folder["monitored.yaml"], smoke + "\nfaults:\n  slow-way: { at: 15s, for: 20s, toxic: latency, on: target, with: { latency: 5 } }\n");
        return folder["monitored.yaml"];
    }

    private static string Said(LoadlineProcess process, string announcement) =>
        process.Output.Split('\n').First(line => line.StartsWith(announcement, StringComparison.Ordinal))[announcement.Length..].Trim();
}
