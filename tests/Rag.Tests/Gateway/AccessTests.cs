using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Rag.Identity;
using Xunit;

namespace Rag.Tests.Gateway;

public class AccessTests
{
    [Theory]
    [InlineData(null, null)]
    [InlineData("Authorization", "Bearer wrong-key-of-the-tests")]
    [InlineData("Authorization", "Basic ZGV2LWtleS1vZi10aGUtdGVzdHM=")]
    [InlineData("X-API-Key", "short")]
    public async Task Without_a_valid_key_nothing_is_answered(string? header, string? value)
    {
        await using var server = await GatewayServer.StartAsync();
        using var http = server.Client(null);
        if (header is not null)
            http.DefaultRequestHeaders.TryAddWithoutValidation(header, value);
        foreach (var path in new[] { "/documents", "/documents/x", "/v1/models" })
        {
            using var response = await http.GetAsync(path);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
        }
    }

    [Fact]
    public async Task Both_headers_carry_a_key()
    {
        await using var server = await GatewayServer.StartAsync();
        using var http = server.Client(null);
        http.DefaultRequestHeaders.Add("X-API-Key", GatewayServer.DevKey);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/documents")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync("/documents")).StatusCode);
    }

    [Fact]
    public async Task A_user_over_its_limit_waits_as_told_and_others_do_not()
    {
        await using var server = await GatewayServer.StartAsync();
        using var ann = server.Client(await server.KeyAsync("ann", limit: 2));
        using var bob = server.Client(await server.KeyAsync("bob", limit: 2));
        using var first = await ann.GetAsync("/documents");
        Assert.Equal("\"user\";q=2;w=60", first.Headers.GetValues("RateLimit-Policy").Single());
        Assert.Equal("\"user\";r=1;t=30", first.Headers.GetValues("RateLimit").Single());
        (await ann.GetAsync("/documents")).Dispose();
        using var over = await ann.GetAsync("/documents");
        Assert.Equal(HttpStatusCode.TooManyRequests, over.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(30), over.Headers.RetryAfter?.Delta);
        Assert.Equal("\"user\";r=0;t=60", over.Headers.GetValues("RateLimit").Single());
        Assert.Equal("throttled", (await over.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
        using var openAi = await ann.GetAsync("/v1/models");
        Assert.Equal("rate_limit_exceeded", (await openAi.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(HttpStatusCode.OK, (await bob.GetAsync("/documents")).StatusCode);
        server.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(HttpStatusCode.OK, (await ann.GetAsync("/documents")).StatusCode);
    }

    [Fact]
    public async Task Watching_needs_no_key_and_counts_against_no_limit()
    {
        await using var server = await GatewayServer.StartAsync(new() { ["identity:requests_per_minute"] = "1" });
        using var http = server.Client(null);
        foreach (var path in new[] { "/health/live", "/health/ready", "/status", "/metrics", "/openapi/v1.json", "/health/ready" })
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(path)).StatusCode);
    }

    [Fact]
    public async Task The_administrator_makes_a_thousand_keys_in_one_call()
    {
        await using var server = await GatewayServer.StartAsync();
        using var admin = server.Client(GatewayServer.AdminKey);
        var users = string.Join(",", Enumerable.Range(0, 1000).Select(i => $$"""{"user":"user{{i}}","tenant":"load","requests_per_minute":{{i + 1}}}"""));
        using var response = await admin.PostAsync("/admin/keys", GatewayServer.Json($$"""{"keys":[{{users}}]}"""));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var keys = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("keys").EnumerateArray().ToList();
        Assert.Equal(1000, keys.Select(k => k.GetProperty("key").GetString()).Distinct().Count());
        var caller = await server.Services.GetRequiredService<IIdentity>().AuthenticateAsync(keys[999].GetProperty("key").GetString()!, CancellationToken.None);
        Assert.Equal(new Caller("user999", "load", 1000), caller);
    }

    [Fact]
    public async Task A_user_is_no_administrator_and_without_an_admin_key_there_is_none()
    {
        await using var server = await GatewayServer.StartAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Http.PostAsync("/admin/keys", GatewayServer.Json("""{"keys":[{"user":"x"}]}"""))).StatusCode);
        using var admin = server.Client(GatewayServer.AdminKey);
        Assert.Equal(HttpStatusCode.Unauthorized, (await admin.GetAsync("/documents")).StatusCode); // nor the other way round
        using var wrong = await admin.PostAsync("/admin/keys", GatewayServer.Json("""{"keys":[{"user":"a b"},{"tenant":"t"},{"user":"x","requests_per_minute":0,"colour":1}]}"""));
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);

        await using var closed = await GatewayServer.StartAsync(new() { ["admin_key"] = null });
        using var http = closed.Client(GatewayServer.AdminKey);
        Assert.Equal(HttpStatusCode.NotFound, (await http.PostAsync("/admin/keys", GatewayServer.Json("""{"keys":[{"user":"x"}]}"""))).StatusCode);
    }

    [Fact]
    public async Task More_requests_than_there_is_room_for_are_refused_at_once()
    {
        await using var server = await GatewayServer.StartAsync(new() { ["gateway:in_flight"] = "1" });
        server.Generation.Hold = new SemaphoreSlim(0);
        using var stream = await server.Http.StreamAsync("/query", """{"query":"What causes the tides?","stream":true}""");
        using var refused = await server.Http.GetAsync("/documents");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        server.Generation.Hold.Release(10);
        Assert.Equal("done", (await stream.EventsAsync().ToListAsync())[^1].Event);
        using var later = await server.Http.GetAsync("/documents");
        Assert.Equal(HttpStatusCode.OK, later.StatusCode);
    }
}
