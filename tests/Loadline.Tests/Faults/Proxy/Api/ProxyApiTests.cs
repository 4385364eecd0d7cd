using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Loadline.Faults.Proxy.Api;
using Xunit;

namespace Loadline.Tests.Faults.Proxy.Api;

/// <summary>Toxiproxy's API, as its README and its server say it: paths, fields, defaults, statuses, errors.</summary>
public sealed class ProxyApiTests : IAsyncLifetime
{
    private const string Proxy = """{"name":"redis","listen":"127.0.0.1:0","upstream":"127.0.0.1:9"}""";
    private ProxyServer _server = null!;
    private HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ProxyServer.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), null, TimeProvider.System, 1, default);
        _client = new HttpClient { BaseAddress = _server.Address };
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    private async Task<(int Status, string Body)> AskAsync(string method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var response = await _client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private string Listen => _server.Proxies["redis"].Listen;

    [Fact]
    public async Task A_proxy_is_made_shown_changed_and_deleted()
    {
        Assert.Equal((200, "{}"), await AskAsync("GET", "/proxies"));
        var (created, made) = await AskAsync("POST", "/proxies", Proxy);
        string Shown(bool enabled = true, string upstream = "127.0.0.1:9") => $$"""{"name":"redis","listen":"{{Listen}}","upstream":"{{upstream}}","enabled":{{(enabled ? "true" : "false")}},"toxics":[]}""";
        Assert.Equal((201, Shown()), (created, made));
        Assert.NotEqual("127.0.0.1:0", Listen);
        Assert.Equal((200, $"{{\"redis\":{Shown()}}}"), await AskAsync("GET", "/proxies"));
        Assert.Equal((200, Shown(upstream: "127.0.0.1:10")), await AskAsync("PATCH", "/proxies/redis", """{"upstream":"127.0.0.1:10"}"""));
        var at = Listen;
        Assert.Equal((200, Shown(false, "127.0.0.1:10")), await AskAsync("POST", "/proxies/redis", """{"enabled":false}"""));
        Assert.Equal((200, Shown(true, "127.0.0.1:10")), await AskAsync("POST", "/proxies/redis", """{"Enabled":true}"""));
        Assert.Equal(at, Listen);
        Assert.Equal((204, ""), await AskAsync("DELETE", "/proxies/redis"));
        Assert.Equal((404, """{"error":"proxy not found","status":404}"""), await AskAsync("GET", "/proxies/redis"));
    }

    [Fact]
    public async Task A_toxic_is_added_shown_changed_and_removed()
    {
        await AskAsync("POST", "/proxies", Proxy);
        const string Latency = """{"attributes":{"latency":100,"jitter":0},"name":"latency_downstream","type":"latency","stream":"downstream","toxicity":1}""";
        Assert.Equal((200, Latency), await AskAsync("POST", "/proxies/redis/toxics", """{"type":"latency","attributes":{"latency":100},"unknown":3}"""));
        Assert.Equal((200, $"[{Latency}]"), await AskAsync("GET", "/proxies/redis/toxics"));
        const string Changed = """{"attributes":{"latency":100,"jitter":7},"name":"latency_downstream","type":"latency","stream":"downstream","toxicity":0.5}""";
        Assert.Equal((200, Changed), await AskAsync("PATCH", "/proxies/redis/toxics/latency_downstream", """{"attributes":{"jitter":7},"toxicity":0.5}"""));
        Assert.Equal((200, Changed), await AskAsync("GET", "/proxies/redis/toxics/latency_downstream"));
        Assert.Contains($"\"toxics\":[{Changed}]", (await AskAsync("GET", "/proxies/redis")).Body);
        Assert.Equal((204, ""), await AskAsync("DELETE", "/proxies/redis/toxics/latency_downstream"));
        Assert.Equal((404, """{"error":"toxic not found","status":404}"""), await AskAsync("DELETE", "/proxies/redis/toxics/latency_downstream"));
    }

    [Theory]
    [InlineData("POST", "/proxies", """{"upstream":"a:1"}""", 400, "missing required field: name")]
    [InlineData("POST", "/proxies", """{"name":"a"}""", 400, "missing required field: upstream")]
    [InlineData("POST", "/proxies", Proxy, 409, "proxy already exists")]
    [InlineData("POST", "/proxies", """{"name":"a","upstream":"nowhere"}""", 400, "bad request body: upstream 'nowhere': not an address; give HOST:PORT, such as 127.0.0.1:8080")]
    [InlineData("DELETE", "/proxies/none", null, 404, "proxy not found")]
    [InlineData("GET", "/proxies/none/toxics", null, 404, "proxy not found")]
    [InlineData("GET", "/proxies/redis/toxics/none", null, 404, "toxic not found")]
    [InlineData("PATCH", "/proxies/redis/toxics/none", "{}", 404, "toxic not found")]
    [InlineData("POST", "/proxies/redis/toxics", """{"type":"lag"}""", 400, "invalid toxic type")]
    [InlineData("POST", "/proxies/redis/toxics", """{"type":"noop","stream":"sideways"}""", 400, "stream was invalid, can be either upstream or downstream")]
    [InlineData("POST", "/proxies/redis/toxics", """{"type":"noop","name":"taken"}""", 409, "toxic already exists")]
    [InlineData("POST", "/proxies/redis/toxics", """{"type":"latency","attributes":{"latency":"1s"}}""", 400, "bad request body: latency \"1s\": a whole number is wanted")]
    public async Task What_cant_be_done_is_refused_in_Toxiproxys_shape(string method, string path, string? body, int status, string error)
    {
        await AskAsync("POST", "/proxies", Proxy);
        await AskAsync("POST", "/proxies/redis/toxics", """{"type":"noop","name":"taken"}""");
        var (got, said) = await AskAsync(method, path, body);
        var json = System.Text.Json.JsonDocument.Parse(said).RootElement;
        Assert.Equal((status, error, status), (got, json.GetProperty("error").GetString(), json.GetProperty("status").GetInt32()));
    }

    [Fact]
    public async Task What_isnt_JSON_is_a_bad_body_and_a_taken_port_is_said()
    {
        await AskAsync("POST", "/proxies", Proxy);
        var (status, body) = await AskAsync("POST", "/proxies", "{");
        Assert.Equal(400, status);
        Assert.StartsWith("{\"error\":\"bad request body: ", body);
        Assert.Equal(
            (500, $$"""{"error":"listen tcp {{Listen}}: bind: address already in use","status":500}"""),
            await AskAsync("POST", "/proxies", $$"""{"name":"second","listen":"{{Listen}}","upstream":"127.0.0.1:9"}"""));
        Assert.Single(_server.Proxies);
    }

    [Fact]
    public async Task Populate_makes_what_is_missing_replaces_what_differs_and_leaves_what_is_the_same()
    {
        await AskAsync("POST", "/proxies", Proxy);
        await AskAsync("POST", "/proxies/redis/toxics", """{"type":"noop"}""");
        var (status, body) = await AskAsync(
            "POST", "/populate", $$"""[{"name":"redis","listen":"{{Listen}}","upstream":"127.0.0.1:9"},{"name":"off","listen":"127.0.0.1:1","upstream":"127.0.0.1:9","enabled":false}]""");
        Assert.Equal(201, status);
        Assert.Contains("\"type\":\"noop\"", body);
        Assert.EndsWith("""{"name":"off","listen":"127.0.0.1:1","upstream":"127.0.0.1:9","enabled":false,"toxics":[]}]}""", body);
        (status, body) = await AskAsync("POST", "/populate", $$"""[{"name":"redis","listen":"{{Listen}}","upstream":"127.0.0.1:10"}]""");
        Assert.Equal(201, status);
        Assert.Equal($$"""{"proxies":[{"name":"redis","listen":"{{Listen}}","upstream":"127.0.0.1:10","enabled":true,"toxics":[]}]}""", body);
        Assert.Equal((400, """{"error":"missing required field: upstream at proxy 2","status":400,"proxies":[]}"""), await AskAsync("POST", "/populate", """[{"name":"x","upstream":"a:1"},{"name":"y"}]"""));
        Assert.Equal(["off", "redis"], _server.Proxies.Keys);
    }

    [Fact]
    public async Task Reset_enables_all_and_removes_all_toxics()
    {
        await AskAsync("POST", "/proxies", Proxy);
        await AskAsync("POST", "/proxies/redis/toxics", """{"type":"noop"}""");
        await AskAsync("POST", "/proxies/redis", """{"enabled":false}""");
        Assert.Equal((204, ""), await AskAsync("POST", "/reset"));
        Assert.True(_server.Proxies["redis"].Enabled);
        Assert.Empty(_server.Proxies["redis"].Toxics);
    }

    [Fact]
    public async Task Metrics_have_Toxiproxys_names()
    {
        await AskAsync("POST", "/proxies", Proxy);
        var (status, body) = await AskAsync("GET", "/metrics");
        Assert.Equal(200, status);
        Assert.Contains($"toxiproxy_proxy_received_bytes_total{{direction=\"upstream\",listener=\"{Listen}\",proxy=\"redis\",upstream=\"127.0.0.1:9\"}} 0\n", body);
        Assert.Contains("# TYPE toxiproxy_proxy_sent_bytes_total counter\n", body);
    }

    [Fact]
    public async Task Browsers_are_kept_out()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/reset");
        request.Headers.UserAgent.ParseAdd("Mozilla/5.0 (X11; Linux x86_64)");
        using var response = await _client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/", 404)]
    [InlineData("GET", "/nothing", 404)]
    [InlineData("PUT", "/proxies", 405)]
    [InlineData("GET", "/reset", 405)]
    public async Task What_isnt_there_is_404_and_what_isnt_done_is_405(string method, string path, int status) => Assert.Equal(status, (await AskAsync(method, path)).Status);

    [Fact]
    public async Task A_configuration_is_read_at_the_start_and_what_is_wrong_with_it_said()
    {
        await using var server = await ProxyServer.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), Encoding.UTF8.GetBytes($"[{Proxy}]"), TimeProvider.System, 1, default);
        Assert.Equal("127.0.0.1:9", server.Proxies["redis"].Upstream);
        var problem = await Assert.ThrowsAsync<ArgumentException>(() =>
            ProxyServer.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), "[{\"name\":\"a\"}]"u8.ToArray(), TimeProvider.System, 1, default));
        Assert.StartsWith("missing required field: upstream at proxy 1", problem.Message);
    }
}
