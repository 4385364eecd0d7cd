using Xunit;

namespace Rag.Tests.Contracts;

/// <summary>
/// What the public API promises, whatever shape the system runs in: all services in one process, each in a host of its own, or each in a process of its own.
/// Derive a class for each shape. Needs nothing but an address, an administrator's key and the scripted LLM behind it.
/// </summary>
public abstract partial class ContractSuite(SystemUnderTest system)
{
    private const string Moon = "The moon orbits the earth in 27 days. Its light is that of the sun.";
    private const string Bread = "Bread rises because yeast makes gas. The oven must be hot.";

    [Fact]
    public async Task Keys_open_their_own_tenant_only()
    {
        using var one = await Tenant.NewAsync(system);
        using var other = await Tenant.NewAsync(system);
        await one.AddAsync("moon", Moon);
        Assert.Single(await one.SearchAsync("moon"));
        Assert.Empty(await other.SearchAsync("moon"));
        Assert.Equal(404, (await other.GetAsync("/documents/moon")).Status);
        Assert.Empty((await other.GetAsync("/documents")).Body["documents"]!.AsArray());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("a-key-that-nobody-was-given")]
    public async Task Without_a_valid_key_nothing_opens(string? key)
    {
        using var http = Tenant.Client(system, key);
        using var reply = await http.PostAsync("/search", Tenant.Json("""{"query":"moon"}"""));
        Assert.Equal(401, (int)reply.StatusCode);
    }

    [Fact]
    public async Task A_limit_holds_and_says_when_to_come_back()
    {
        using var tenant = await Tenant.NewAsync(system, requestsPerMinute: 3);
        for (var i = 0; i < 3; i++)
            Assert.Equal(200, (await tenant.GetAsync("/documents")).Status);
        using var refused = await tenant.Http.GetAsync("/documents");
        Assert.Equal(429, (int)refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Equal("\"user\";q=3;w=60", refused.Headers.GetValues("RateLimit-Policy").Single());
    }

    [Theory]
    [InlineData("POST", "/search", "{}", 400, "invalid_argument")]
    [InlineData("POST", "/search", """{"query":"x","filter":{"a":{"$near":1}}}""", 400, "invalid_argument")]
    [InlineData("POST", "/search", """{"query":"x","top_k":1001}""", 400, "invalid_argument")]
    [InlineData("POST", "/query", """{"query":"x","top_k":51}""", 400, "invalid_argument")]
    [InlineData("POST", "/query", "{\"query\":", 400, "invalid_argument")]
    [InlineData("POST", "/documents", """{"id":"a b","text":"x"}""", 400, "invalid_argument")]
    [InlineData("POST", "/documents", """{"text":"x","content_type":"image/png"}""", 400, "invalid_argument")]
    [InlineData("GET", "/documents/none", null, 404, "not_found")]
    [InlineData("GET", "/documents/none/status", null, 404, "not_found")]
    [InlineData("DELETE", "/documents/none", null, 404, "not_found")]
    [InlineData("GET", "/documents?after=x&limit=0", null, 400, "invalid_argument")]
    public async Task What_is_wrong_is_refused_with_its_kind(string method, string path, string? body, int status, string code)
    {
        using var tenant = await Tenant.NewAsync(system);
        var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : Tenant.Json(body) };
        var reply = await tenant.SendAsync(request);
        Assert.Equal((status, code), (reply.Status, reply.Body["code"]?.GetValue<string>()));
        Assert.NotEmpty(reply.Body["detail"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(24)] // more than a connection's buffers hold: it is still being sent when it is answered
    public async Task A_body_over_its_limit_is_refused(int mebibytes)
    {
        using var tenant = await Tenant.NewAsync(system);
        var reply = await tenant.PostAsync("/documents", $$"""{"text":"{{new string('x', mebibytes << 20)}}"}""");
        Assert.Equal((413, "too_large"), (reply.Status, reply.Body["code"]!.GetValue<string>()));
    }

    [Fact]
    public async Task It_says_that_it_is_ready_and_what_it_holds()
    {
        using var http = Tenant.Client(system, null);
        Assert.Equal(200, (int)(await http.GetAsync("/health/ready")).StatusCode);
        Assert.Equal(200, (int)(await http.GetAsync("/health/live")).StatusCode);
        Assert.Contains("\"queue\"", await http.GetStringAsync("/status"));
        Assert.Contains("rag_http_request_duration_seconds", await http.GetStringAsync("/metrics"));
    }
}
