using System.Text.Json.Nodes;
using Rag.Tests.Engines;

namespace Rag.Bench.Alerts;

/// <summary>A real Prometheus with the configuration and the rules of <c>deploy/prometheus</c>, on a quicker clock.</summary>
internal sealed class AlertingPrometheus : IAsyncDisposable
{
    private readonly EngineServer _server;
    private readonly string _folder;
    private readonly HttpClient _http;

    private AlertingPrometheus(EngineServer server, string folder)
    {
        (_server, _folder) = (server, folder);
        _http = new HttpClient { BaseAddress = new Uri($"http://{server.Address}/"), Timeout = TimeSpan.FromSeconds(5) };
    }

    /// <summary>Where load tests push to.</summary>
    public Uri RemoteWrite => new(_http.BaseAddress!, "api/v1/write");

    /// <summary>Starts it over a <c>rag up</c>.</summary>
    /// <param name="supervisor">The address that tells of its processes.</param>
    /// <param name="exporters">Other addresses to scrape, by the names of what they tell of.</param>
    /// <param name="pace">How much quicker.</param>
    /// <exception cref="InvalidOperationException">It is not installed here, or does not take what it was given.</exception>
    public static async Task<AlertingPrometheus> StartAsync(Uri supervisor, IReadOnlyDictionary<string, string> exporters, Pace pace)
    {
        if (EngineServer.Missing("prometheus") is { } why)
            throw new InvalidOperationException(why);
        var folder = Directory.CreateTempSubdirectory("rag-alerts-").FullName;
        try
        {
            Configure(folder, supervisor, exporters, pace);
            var server = await EngineServer.StartAsync("prometheus", new Dictionary<string, string> { ["PROMETHEUS_CONFIG"] = Path.Combine(folder, "prometheus.yml") });
            var prometheus = new AlertingPrometheus(server, folder);
            await prometheus.ReadyAsync();
            return prometheus;
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <summary>Alerts that fire or are about to.</summary>
    /// <exception cref="HttpRequestException">No answer.</exception>
    public async Task<IReadOnlyList<ToldAlert>> AlertsAsync(CancellationToken cancellationToken) =>
    [
        .. from alert in (await GetAsync("api/v1/alerts", cancellationToken))["alerts"]!.AsArray()
           let labels = alert!["labels"]!
           let name = new AlertName(labels["alertname"]!.GetValue<string>(), labels["slo"]?.GetValue<string>() ?? "", labels["windows"]?.GetValue<string>() ?? "")
           select new ToldAlert(name, alert["state"]!.GetValue<string>() == "firing", alert["annotations"]!["description"]!.GetValue<string>()),
    ];

    /// <summary>Names of all alerts that the rules have.</summary>
    /// <exception cref="HttpRequestException">No answer.</exception>
    public async Task<IReadOnlySet<string>> RulesAsync(CancellationToken cancellationToken) =>
        (await GetAsync("api/v1/rules?type=alert", cancellationToken))["groups"]!.AsArray().SelectMany(group => group!["rules"]!.AsArray())
            .Select(rule => rule!["name"]!.GetValue<string>()).ToHashSet();

    /// <summary>What is scraped without success now, and why.</summary>
    /// <exception cref="HttpRequestException">No answer.</exception>
    public async Task<IReadOnlyList<string>> UnreachedAsync(CancellationToken cancellationToken) =>
    [
        .. from target in (await GetAsync("api/v1/targets?state=active", cancellationToken))["activeTargets"]!.AsArray()
           where target!["health"]!.GetValue<string>() != "up"
           select $"{target["scrapeUrl"]}: {target["health"]} {target["lastError"]}",
    ];

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    // What is shipped, with quicker looks, and with this system's addresses in place of files of them.
    private static void Configure(string folder, Uri supervisor, IReadOnlyDictionary<string, string> exporters, Pace pace)
    {
        var shipped = Path.Combine(EngineServer.Repository(), "deploy", "prometheus");
        Directory.CreateDirectory(Path.Combine(folder, "rules"));
        Directory.CreateDirectory(Path.Combine(folder, "targets"));
        foreach (var file in Directory.GetFiles(Path.Combine(shipped, "rules"), "*.yml"))
            File.WriteAllText(Path.Combine(folder, "rules", Path.GetFileName(file)), pace.Quicken(Path.GetFileName(file), File.ReadAllText(file)));
        File.WriteAllText(Path.Combine(folder, "targets", "exporters.yml"), string.Concat(exporters.Select(e => $"- targets: [\"{e.Value}\"]\n  labels: {{ service: {e.Key} }}\n")));
        File.WriteAllText(Path.Combine(folder, "prometheus.yml"), File.ReadAllText(Path.Combine(shipped, "prometheus.yml"))
            .Replace("scrape_interval: 15s", "scrape_interval: 1s", StringComparison.Ordinal)
            .Replace("evaluation_interval: 15s", "evaluation_interval: 1s", StringComparison.Ordinal)
            .Replace("\"http://127.0.0.1:9090/targets\"", $"\"{new Uri(supervisor, "/targets")}\"", StringComparison.Ordinal));
    }

    // It listens before it can answer.
    private async Task ReadyAsync()
    {
        for (var tries = 0; ; tries++)
            try
            {
                (await _http.GetAsync("-/ready")).EnsureSuccessStatusCode().Dispose();
                return;
            }
            catch (HttpRequestException) when (tries < 100)
            {
                await Task.Delay(100);
            }
    }

    private async Task<JsonNode> GetAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return JsonNode.Parse(await _http.GetStringAsync(path, cancellationToken))!["data"]!;
        }
        catch (TaskCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException($"Prometheus did not answer {path} in time", late);
        }
    }
}
