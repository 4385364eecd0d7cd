using System.Globalization;
using System.Text.Json.Nodes;

namespace EndToEnd.Tests.Monitoring;

/// <summary>What a real Prometheus answers.</summary>
internal sealed class PrometheusApi(string address) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = new Uri($"http://{address}/"), Timeout = TimeSpan.FromSeconds(20) };

    /// <summary>Values of a query now, those that are no number left out.</summary>
    public async Task<IReadOnlyList<double>> AskAsync(string query)
    {
        var answer = await GetAsync("api/v1/query", new() { ["query"] = query });
        return [.. from series in answer["data"]!["result"]!.AsArray() let value = Number(series!["value"]?[1]) where double.IsFinite(value) select value];
    }

    /// <summary>How many points a query has over the last seconds, a second apart.</summary>
    public async Task<int> PointsAsync(string query, TimeSpan back)
    {
        var answer = await GetAsync("api/v1/query", new() { ["query"] = string.Create(CultureInfo.InvariantCulture, $"({query})[{back.TotalSeconds}s:1s]") });
        return answer["data"]!["result"]!.AsArray().Sum(series => series!["values"]!.AsArray().Count);
    }

    /// <summary>Rules that could not be evaluated, and why.</summary>
    public async Task<IReadOnlyList<string>> BrokenRulesAsync() =>
    [
        .. from rule in await RulesAsync() where rule["health"]!.GetValue<string>() != "ok" select $"{rule["name"]}: {rule["health"]} {rule["lastError"]}",
    ];

    /// <summary>Alerts that fire or are about to, by name.</summary>
    public async Task<IReadOnlyList<string>> AlertsAsync() =>
        [.. from alert in (await GetAsync("api/v1/alerts", []))["data"]!["alerts"]!.AsArray() select $"{alert!["labels"]!["alertname"]} ({alert["state"]}): {alert["annotations"]!["description"]}"];

    public void Dispose() => _http.Dispose();

    private async Task<IEnumerable<JsonNode>> RulesAsync() =>
        (await GetAsync("api/v1/rules", []))["data"]!["groups"]!.AsArray().SelectMany(group => group!["rules"]!.AsArray()).Select(rule => rule!);

    private async Task<JsonNode> GetAsync(string path, Dictionary<string, string> form)
    {
        using var response = form.Count == 0 ? await _http.GetAsync(path) : await _http.PostAsync(path, new FormUrlEncodedContent(form));
        var body = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? JsonNode.Parse(body)! : throw new InvalidOperationException($"Prometheus answered {(int)response.StatusCode} to {string.Join(' ', form.Values)}: {body}");
    }

    private static double Number(JsonNode? value) => value?.GetValue<string>() is { } text && double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : double.NaN;
}
