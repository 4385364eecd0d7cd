using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Rag.Tests.Contracts;

/// <summary>A user of a tenant of its own: what one test does no other sees.</summary>
public sealed class Tenant : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private Tenant(HttpClient http, string name) => (Http, Name) = (http, name);

    public HttpClient Http { get; }

    public string Name { get; }

    public static async Task<Tenant> NewAsync(SystemUnderTest system, int requestsPerMinute = 100_000)
    {
        var name = $"t{Guid.NewGuid():N}";
        using var admin = Client(system, system.AdminKey);
        using var issued = await admin.PostAsync("/admin/keys", Json($$"""{"keys":[{"user":"{{name}}","tenant":"{{name}}","requests_per_minute":{{requestsPerMinute}}}]}"""));
        var reply = JsonNode.Parse(await issued.Content.ReadAsStringAsync())!;
        Assert.True(issued.StatusCode == HttpStatusCode.OK, reply.ToJsonString());
        return new Tenant(Client(system, reply["keys"]![0]!["key"]!.GetValue<string>()), name);
    }

    public static HttpClient Client(SystemUnderTest system, string? key)
    {
        var http = new HttpClient { BaseAddress = system.Address, Timeout = TimeSpan.FromSeconds(60) };
        if (key is not null)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return http;
    }

    public static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    /// <summary>Uploads, and waits until the version is searchable.</summary>
    public async Task<int> AddAsync(string id, string text, string title = "", string metadata = "{}")
    {
        var (status, reply) = await PostAsync("/documents", $$"""{"id":{{Quoted(id)}},"title":{{Quoted(title)}},"text":{{Quoted(text)}},"metadata":{{metadata}}}""");
        Assert.True(status == 202, reply.ToJsonString());
        var version = reply["version"]!.GetValue<int>();
        Assert.Equal("searchable", await SettledAsync(id, version));
        return version;
    }

    /// <summary>Waits until a version is searchable or failed, and says which.</summary>
    public async Task<string> SettledAsync(string id, int version)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var (_, status) = await GetAsync($"/documents/{Uri.EscapeDataString(id)}/status");
            var state = status["status"]?.GetValue<string>();
            if (status["version"]?.GetValue<int>() >= version && state is "searchable" or "failed")
                return state!;
            Assert.True(watch.Elapsed < Patience, $"{id} is not searchable after {Patience}: {status.ToJsonString()}");
            await Task.Delay(20);
        }
    }

    /// <summary>Repeats a search until it holds: a deletion reaches the indexes a moment after it was accepted.</summary>
    public async Task<JsonArray> SearchUntilAsync(string query, Func<JsonArray, bool> holds)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var results = await SearchAsync(query);
            if (holds(results))
                return results;
            Assert.True(watch.Elapsed < Patience, $"after {Patience}: {results.ToJsonString()}");
            await Task.Delay(20);
        }
    }

    public async Task<JsonArray> SearchAsync(string query, string more = "")
    {
        var (status, reply) = await PostAsync("/search", $$"""{"query":{{Quoted(query)}}{{more}}}""");
        Assert.True(status == 200, reply.ToJsonString());
        Assert.Empty(reply["degraded"]!.AsArray());
        return reply["results"]!.AsArray();
    }

    public Task<(int Status, JsonNode Body)> PostAsync(string path, string json) => SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = Json(json) });

    public Task<(int Status, JsonNode Body)> GetAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path));

    public async Task<(int Status, JsonNode Body)> SendAsync(HttpRequestMessage request, string? ifMatch = null)
    {
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        using var reply = await Http.SendAsync(request);
        var body = await reply.Content.ReadAsStringAsync();
        return ((int)reply.StatusCode, body.Length == 0 ? new JsonObject() : JsonNode.Parse(body)!);
    }

    /// <summary>Asks for a stream and reads its events as they come.</summary>
    public async IAsyncEnumerable<(string Event, string Data)> StreamAsync(string path, string json)
    {
        using var response = await Http.SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = Json(json) }, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await foreach (var item in SseParser.Create(stream).EnumerateAsync())
            yield return (item.EventType, item.Data);
    }

    public static string Quoted(string text) => JsonSerializer.Serialize(text);

    public void Dispose() => Http.Dispose();
}
