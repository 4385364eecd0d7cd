using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Rag.Errors;
using Rag.Gateway.Metering;
using Rag.Identity;
using Rag.Identity.Usage;
using Xunit;

namespace Rag.Tests.Gateway.Metering;

public sealed class UsageEndpointsTests
{
    [Fact]
    public async Task A_user_sees_what_its_requests_took_and_nobody_elses()
    {
        await using var server = await GatewayServer.StartAsync();
        var key = await server.KeyAsync("ann");
        using var ann = server.Client(key);
        using var bob = server.Client(await server.KeyAsync("bob", "other"));
        (await ann.PostAsync("/query", GatewayServer.Json("""{"query":"What causes the tides?"}"""))).Dispose();
        using (var stream = await ann.StreamAsync("/query", """{"query":"What causes the tides?","stream":true}"""))
            Assert.Equal("done", (await stream.EventsAsync().ToListAsync())[^1].Event);
        (await ann.PostAsync("/query", GatewayServer.Json("""{"query":""}"""))).Dispose(); // fails, and is a request
        (await ann.PostAsync("/documents", GatewayServer.Json("""{"id":"a","title":"T","text":"Größe"}"""))).Dispose();
        (await ann.PostAsync("/v1/embeddings", GatewayServer.Json("""{"model":"tiny","input":["a","b"]}"""))).Dispose();
        (await ann.GetAsync("/documents/a")).Dispose();
        (await ann.DeleteAsync("/documents/a")).Dispose();
        (await ann.GetAsync("/v1/models")).Dispose();
        (await bob.GetAsync("/documents")).Dispose();
        await CountedAsync(server, 9);

        var answer = await ann.GetFromJsonAsync<JsonElement>("/usage");
        Assert.Equal(("2026-01-31", "2026-03-01"), (answer.GetProperty("from").GetString(), answer.GetProperty("to").GetString()));
        Assert.False(answer.TryGetProperty("next", out _));
        var lines = answer.GetProperty("usage").EnumerateArray().ToDictionary(line => line.GetProperty("operation").GetString()!);
        Assert.Equal(["delete", "embeddings", "models", "query", "read", "upload"], lines.Keys);
        Assert.All(lines.Values, line => Assert.Equal(("2026-03-01", "default", "ann", KeyHash.Of(key).ToString()[..12]), (Text(line, "day"), Text(line, "tenant"), Text(line, "user"), Text(line, "key"))));
        Assert.Equal((3, 22, 8), (Number(lines["query"], "requests"), Number(lines["query"], "prompt_tokens"), Number(lines["query"], "completion_tokens")));
        Assert.Equal((1, 1, 7), (Number(lines["upload"], "requests"), Number(lines["upload"], "documents"), Number(lines["upload"], "bytes")));
        Assert.Equal((2, 2), (Number(lines["embeddings"], "texts"), Number(lines["embeddings"], "embedded_tokens")));
    }

    [Fact]
    public async Task The_administrator_sees_everybody_page_by_page_and_a_user_does_not()
    {
        await using var server = await GatewayServer.StartAsync();
        foreach (var (user, tenant) in new[] { ("ann", "a"), ("bob", "b"), ("carl", "b") })
            using (var http = server.Client(await server.KeyAsync(user, tenant)))
                (await http.GetAsync("/documents")).Dispose();
        await CountedAsync(server, 3);
        using var admin = server.Client(GatewayServer.AdminKey);
        var first = await admin.GetFromJsonAsync<JsonElement>("/admin/usage?limit=2");
        Assert.Equal(["ann", "bob"], Users(first));
        Assert.Equal(["carl"], Users(await admin.GetFromJsonAsync<JsonElement>($"/admin/usage?limit=2&after={Uri.EscapeDataString(first.GetProperty("next").GetString()!)}")));
        Assert.Equal(["bob", "carl"], Users(await admin.GetFromJsonAsync<JsonElement>("/admin/usage?tenant=b")));
        Assert.Equal(["carl"], Users(await admin.GetFromJsonAsync<JsonElement>("/admin/usage?user=carl&from=2026-03-01&to=2026-03-01")));
        Assert.Empty(Users(await admin.GetFromJsonAsync<JsonElement>("/admin/usage?to=2026-02-28")));
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Http.GetAsync("/admin/usage")).StatusCode);
    }

    [Fact]
    public async Task All_that_is_wrong_with_a_question_is_told_at_once()
    {
        await using var server = await GatewayServer.StartAsync();
        using var response = await server.Http.GetAsync("/usage?from=yesterday&to=2026-3-1&limit=0&after=x&user=bob");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var errors = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("detail").GetString()!).ToList();
        Assert.Equal(5, errors.Count);
        Assert.Contains("from: 'yesterday' is not permitted; expected a day in UTC, such as 2026-03-01", errors);
        using var reversed = await server.Http.GetAsync("/usage?from=2026-03-02&to=2026-03-01");
        Assert.Equal(HttpStatusCode.BadRequest, reversed.StatusCode);
    }

    [Fact]
    public async Task A_used_up_day_is_refused_with_the_time_to_midnight_and_can_still_be_looked_at()
    {
        await using var server = await GatewayServer.StartAsync();
        using var admin = server.Client(GatewayServer.AdminKey);
        using var issued = await admin.PostAsync("/admin/keys", GatewayServer.Json("""{"keys":[{"user":"ann","requests_per_day":2}]}"""));
        var item = (await issued.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("keys")[0];
        Assert.Equal(2, Number(item, "requests_per_day"));
        using var ann = server.Client(Text(item, "key"));
        for (var i = 1; i <= 2; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await ann.GetAsync("/documents")).StatusCode);
            await CountedAsync(server, i);
        }

        using var refused = await ann.GetAsync("/documents");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(TimeSpan.FromHours(12), refused.Headers.RetryAfter?.Delta);
        var quota = (await ann.GetFromJsonAsync<JsonElement>("/usage")).GetProperty("quota");
        Assert.Equal((2, 2), (Number(quota, "requests_per_day"), Number(quota, "requests_today")));
        server.Time.Advance(TimeSpan.FromHours(12));
        Assert.Equal(HttpStatusCode.OK, (await ann.GetAsync("/documents")).StatusCode);
    }

    [Fact]
    public async Task While_usage_can_not_be_kept_every_request_is_served_and_counts_later()
    {
        var store = new FailingStore();
        await using var server = await GatewayServer.StartAsync(more: services => services.AddSingleton<IUsageStore>(store));
        for (var i = 0; i < 20; i++)
            Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync("/documents")).StatusCode);
        var meter = server.Services.GetRequiredService<UsageMeter>();
        await Until(async () => !await meter.SendAsync(default));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await server.Http.GetAsync("/usage")).StatusCode);
        store.Fails = false;
        await Until(async () => await meter.SendAsync(default) && store.Requests == 20);
    }

    /// <summary>A request is counted when its response is over, which its client may see a moment before.</summary>
    private static Task CountedAsync(GatewayServer server, int requests) => Until(async () =>
    {
        Assert.True(await server.Services.GetRequiredService<UsageMeter>().SendAsync(default));
        var all = await server.Services.GetRequiredService<IUsageStore>().ReadAsync(new UsageQuestion(0, int.MaxValue, null, null, null, 1000), default);
        return all.Entries.Sum(entry => entry.Amounts.Requests) == requests;
    });

    private static async Task Until(Func<Task<bool>> holds)
    {
        for (var until = Environment.TickCount64 + 10_000; !await holds(); await Task.Delay(10))
            Assert.True(Environment.TickCount64 < until, "it does not come to hold");
    }

    private static IEnumerable<string> Users(JsonElement answer) => answer.GetProperty("usage").EnumerateArray().Select(line => Text(line, "user"));

    private static string Text(JsonElement line, string name) => line.GetProperty(name).GetString()!;

    private static long Number(JsonElement line, string name) => line.GetProperty(name).GetInt64();

    private sealed class FailingStore : IUsageStore
    {
        public bool Fails { get; set; } = true;

        public long Requests { get; private set; }

        public ValueTask<IReadOnlyList<DayTotal>> AddAsync(UsageBatch batch, CancellationToken cancellationToken)
        {
            if (Fails)
                throw new RagException(RagError.Unavailable, "identity: down");
            Requests += batch.Entries.Sum(entry => entry.Amounts.Requests);
            return new([]);
        }

        public ValueTask<UsagePage> ReadAsync(UsageQuestion question, CancellationToken cancellationToken) => throw new RagException(RagError.Unavailable, "identity: down");

        public ValueTask MergeAsync(IReadOnlyList<UsageEntry> entries, CancellationToken cancellationToken) => default;

        public ValueTask<int> ForgetAsync(int day, int sourcesBefore, CancellationToken cancellationToken) => new(0);
    }
}
