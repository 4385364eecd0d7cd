using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace Rag.Tests.Gateway;

public class SheddingTests
{
    private const string Streamed = """{"query":"What causes the tides?","stream":true}""";

    private static readonly Dictionary<string, string?> OneAtATime = new()
    {
        ["gateway:shedding_least"] = "1",
        ["gateway:shedding_first"] = "1",
        ["gateway:shedding_most"] = "1",
    };

    [Fact]
    public async Task A_class_at_its_limit_is_refused_at_the_door_and_the_others_are_not()
    {
        await using var server = await GatewayServer.StartAsync(OneAtATime);
        server.Generation.Hold = new SemaphoreSlim(0);
        using var stream = await server.Http.StreamAsync("/query", Streamed);
        using var stranger = server.Client(null);
        using (var refused = await stranger.PostAsync("/v1/chat/completions", GatewayServer.Json("no JSON at all"))) // neither key nor body are looked at
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
            Assert.Equal("overloaded", (await refused.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("code").GetString());
        }

        foreach (var path in new[] { "/documents", "/status", "/health/ready", "/metrics" })
            Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync(path)).StatusCode);
        var metrics = await server.Http.GetStringAsync("/metrics");
        Assert.Matches("""rag_shedding_rejected_total\{[^}]*class="answers"[^}]*\} [1-9]""", metrics);
        Assert.Matches("""rag_shedding_limit\{[^}]*class="answers"[^}]*\} \d+""", metrics);
        server.Generation.Hold.Release(10);
        Assert.Equal("done", (await stream.EventsAsync().ToListAsync())[^1].Event);
        using var later = await server.Http.PostAsync("/query", GatewayServer.Json("""{"query":"tides?"}"""));
        Assert.Equal(HttpStatusCode.OK, later.StatusCode);
    }

    [Theory]
    [InlineData("gateway:shedding", "false")]
    [InlineData("seams:naive", "true")]
    public async Task Switched_off_nobody_is_refused(string name, string value)
    {
        await using var server = await GatewayServer.StartAsync(new(OneAtATime) { [name] = value });
        server.Generation.Hold = new SemaphoreSlim(0);
        using var first = await server.Http.StreamAsync("/query", Streamed);
        using var second = await server.Http.StreamAsync("/query", """{"query":"Which tides?","stream":true}""");
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        server.Generation.Hold.Release(10);
    }

    [Fact]
    public async Task A_client_that_goes_gives_its_place_back()
    {
        await using var server = await GatewayServer.StartAsync(OneAtATime);
        server.Generation.Hold = new SemaphoreSlim(0);
        (await server.Http.StreamAsync("/query", Streamed)).Dispose();
        await server.Generation.Stopped.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await Eventually(async () =>
        {
            server.Generation.Hold.Release(10);
            using var next = await server.Http.PostAsync("/query", GatewayServer.Json("""{"query":"tides?"}"""));
            return next.StatusCode == HttpStatusCode.OK;
        });
    }

    private static async Task Eventually(Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!await holds())
            Assert.False(limit.IsCancellationRequested, "not within 10 s");
    }
}
