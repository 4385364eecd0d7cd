using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Loadline.Export;

/// <summary>
/// Draws a run and its faults into Grafana's graphs, by its HTTP API (<c>POST /api/annotations</c>, and <c>PATCH</c> with the end when it is known). What Grafana does not take is
/// counted, and disturbs nothing.
/// </summary>
internal sealed class GrafanaAnnotations : IDisposable
{
    private readonly HttpClient _http;
    private readonly Dictionary<string, long> _open = [];

    public GrafanaAnnotations(ExportOptions options)
    {
        var address = options.Grafana!.AbsoluteUri;
        _http = new HttpClient { BaseAddress = new Uri(address.EndsWith('/') ? address : address + "/"), Timeout = TimeSpan.FromSeconds(5) };
        if (options.GrafanaToken is { } token)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Calls that Grafana did not take.</summary>
    public int Failures { get; private set; }

    /// <summary>What went wrong last, a clause; null when nothing did.</summary>
    public string? Problem { get; private set; }

    /// <summary>Says what has begun and what has ended since it was last asked.</summary>
    public async Task LookAsync(RunMetrics run, bool isOver, CancellationToken stop)
    {
        if (run.Load is not { } load)
            return;
        string[] tags = ["loadline", $"run:{run.Run}", $"plan:{run.Plan.RunName}"];
        await ShowAsync("run", load.StartedAt, isOver ? load.StartedAt + TimeSpan.FromTicks(load.Now() / 100) : null, $"Loadline: {run.Run}", [.. tags, "run"], stop).ConfigureAwait(false);
        foreach (var lease in load.Faults())
            if (lease.Start is { } start)
                await ShowAsync(
                    lease.Id, load.StartedAt + TimeSpan.FromTicks(start / 100), lease.End is { } end ? load.StartedAt + TimeSpan.FromTicks(end / 100) : null,
                    $"Fault '{lease.Id}'", [.. tags, "fault"], stop).ConfigureAwait(false);
    }

    public void Dispose() => _http.Dispose();

    private async Task ShowAsync(string key, DateTimeOffset start, DateTimeOffset? end, string text, string[] tags, CancellationToken stop)
    {
        const long Ended = -1;
        if (!_open.TryGetValue(key, out var id))
        {
            var body = new JsonObject
            {
                ["time"] = start.ToUnixTimeMilliseconds(),
                ["text"] = text,
                ["tags"] = new JsonArray([.. tags.Select(tag => (JsonNode)tag)]),
            };
            if (await SendAsync(HttpMethod.Post, "api/annotations", body, stop).ConfigureAwait(false) is not { } made)
                return;
            _open[key] = id = made;
        }
        if (end is { } over && id != Ended && await SendAsync(HttpMethod.Patch, $"api/annotations/{id}", new JsonObject { ["timeEnd"] = over.ToUnixTimeMilliseconds() }, stop).ConfigureAwait(false) is not null)
            _open[key] = Ended;
    }

    // The annotation's id (0 where the answer has none); null when it was not taken.
    private async Task<long?> SendAsync(HttpMethod method, string path, JsonObject body, CancellationToken stop)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
            using var response = await _http.SendAsync(request, stop).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
                return (await response.Content.ReadFromJsonAsync<JsonObject>(stop).ConfigureAwait(false))?["id"]?.GetValue<long>() ?? 0;
            Problem = $"it answered {(int)response.StatusCode} to {method} {path}";
        }
        catch (Exception problem) when (problem is HttpRequestException or OperationCanceledException or IOException or System.Text.Json.JsonException or InvalidOperationException or FormatException)
        {
            Problem = problem is OperationCanceledException ? "it did not answer in time" : problem.Message;
        }
        Failures++;
        return null;
    }
}
