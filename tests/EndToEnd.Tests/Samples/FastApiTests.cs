using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Rag.Tests.Engines;
using Xunit;

namespace EndToEnd.Tests.Samples;

/// <summary>The sample FastAPI service, run as its README says, with our RAG system behind it.</summary>
public sealed class FastApiTests
{
    private const string Key = "secret-secret-secret";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task It_uploads_asks_and_streams_through_the_rag_system_and_hands_on_what_that_refuses()
    {
        if (EngineServer.Missing("fastapi") is { } reason)
            Assert.Skip(reason);
        using var data = new TemporaryFolder();
        await using var rag = await RagServer.StartAsync(data.Path, Key);
        await using var sample = await EngineServer.StartAsync("fastapi", new Dictionary<string, string> { ["RAG_URL"] = rag.Address.ToString(), ["RAG_API_KEY"] = Key });
        using var http = new HttpClient { BaseAddress = new Uri($"http://{sample.Address}"), Timeout = Soon };

        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health")).StatusCode);
        using var accepted = await http.PostAsJsonAsync("/documents", new { id = "ships", title = "Ships", text = "A load line marks how deep a ship may lie in the water." });
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        await Eventually.Async(
            () => http.GetFromJsonAsync<JsonElement>("/documents/ships/status").Result.GetProperty("status").GetString() == "searchable", Soon, () => "it is not searchable");

        using var answered = await http.PostAsJsonAsync("/query", new { query = "What does a load line mark?" });
        var answer = await answered.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Contains("how deep a ship may lie", answer.GetProperty("answer").GetString(), StringComparison.Ordinal);
        Assert.Equal("ships", answer.GetProperty("sources")[0].GetProperty("document_id").GetString());
        Assert.True(answered.Headers.Contains("RateLimit"));

        using var streamed = await http.PostAsJsonAsync("/query", new { query = "What does a load line mark?", stream = true });
        var events = await streamed.Content.ReadAsStringAsync();
        Assert.Equal("text/event-stream", streamed.Content.Headers.ContentType?.MediaType);
        Assert.Contains("event: done", events, StringComparison.Ordinal);

        using var refused = await http.PostAsJsonAsync("/documents", new { id = "not an id!", text = "x" });
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/documents/nowhere/status")).StatusCode);

        await rag.KillAsync();
        using var unreachable = await http.PostAsJsonAsync("/query", new { query = "Anybody?" });
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unreachable.StatusCode);
        Assert.True(unreachable.Headers.RetryAfter is not null);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync("/health")).StatusCode);
    }
}
