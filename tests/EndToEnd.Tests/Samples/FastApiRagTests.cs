using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace EndToEnd.Tests.Samples;

/// <summary>A RAG service that has nothing of ours in it: FastAPI over ChromaDB, with an LLM of OpenAI's API. Loadline knows it by its profile alone.</summary>
public sealed class FastApiRagTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_description_that_the_running_service_gives_becomes_a_profile_that_is_understood_as_it_is()
    {
        if (FastApiRagSystem.Missing() is { } reason)
            Assert.Skip(reason);
        await using var system = await FastApiRagSystem.StartAsync();
        using var folder = new TemporaryFolder();

        using var init = new LoadlineProcess("init", "--openapi", $"{system.Url}/openapi.json", "--out", folder.Path);
        Assert.True(await init.ExitAsync(Patience) == 0, init.Output);
        using var tried = new LoadlineProcess("try", folder["target.yaml"]);
        Assert.True(await tried.ExitAsync(Patience) == 0, tried.Output);
        Assert.Contains("All 5 were understood.", tried.Output, StringComparison.Ordinal); // the stream, which a description can't tell of, is left to be written
    }

    [Fact]
    public async Task Without_its_LLM_it_answers_from_the_passages_and_says_so_and_without_Chroma_it_refuses_and_comes_back()
    {
        if (FastApiRagSystem.Missing() is { } reason)
            Assert.Skip(reason);
        await using var system = await FastApiRagSystem.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(system.Url), Timeout = Soon };
        var question = new { query = "What does a load line mark?" };

        await UploadAsync(http, "ships", "A load line marks how deep a ship may lie in the water. Samuel Plimsoll fought for it.");
        await IndexedAsync(http, "ships");
        var answer = await Json(await http.PostAsJsonAsync("/query", question));
        Assert.Empty(answer.GetProperty("degraded").EnumerateArray());

        system.Llm.Signal("KILL");
        await system.Llm.ExitAsync(Soon);
        answer = await Json(await http.PostAsJsonAsync("/query", question));
        Assert.Equal("llm", answer.GetProperty("degraded")[0].GetString());
        Assert.Contains("how deep a ship may lie", answer.GetProperty("answer").GetString(), StringComparison.Ordinal);
        var streamed = await (await http.PostAsJsonAsync("/query", new { question.query, stream = true })).Content.ReadAsStringAsync();
        Assert.Contains("event: done\ndata: {\"degraded\": [\"llm\"]}", streamed, StringComparison.Ordinal);

        await system.Chroma.KillAsync();
        foreach (var refused in new[] { await http.PostAsJsonAsync("/query", question), await http.GetAsync("/search?q=ships"), await http.GetAsync("/health") })
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        var without = await http.PostAsJsonAsync("/query", question);
        Assert.NotNull(without.Headers.RetryAfter);
        Assert.StartsWith("Chroma can't be reached", (await Json(without)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        await UploadAsync(http, "bread", "Bread is made of flour, water and salt.");

        await system.Chroma.StartAgainAsync();
        await IndexedAsync(http, "bread");
        answer = await Json(await http.PostAsJsonAsync("/query", question));
        Assert.Equal("ships", answer.GetProperty("sources")[0].GetProperty("document_id").GetString());
    }

    [Fact]
    public async Task A_document_that_gets_shorter_loses_what_it_no_longer_says()
    {
        if (FastApiRagSystem.Missing() is { } reason)
            Assert.Skip(reason);
        await using var system = await FastApiRagSystem.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(system.Url), Timeout = Soon };

        await UploadAsync(http, "log", string.Join(' ', Enumerable.Range(0, 1000).Select(word => $"word{word}")));
        await IndexedAsync(http, "log");
        Assert.True((await http.GetFromJsonAsync<JsonElement>("/search?q=word900&top_k=50")).GetProperty("results").GetArrayLength() > 5);
        await UploadAsync(http, "log", "Nothing happened.");
        await IndexedAsync(http, "log");
        var left = await http.GetFromJsonAsync<JsonElement>("/search?q=word900&top_k=50");
        Assert.Equal("Nothing happened.", Assert.Single(left.GetProperty("results").EnumerateArray()).GetProperty("text").GetString());

        using var form = new MultipartFormDataContent { { new StringContent("Plimsoll was a member of parliament."), "file", "plimsoll.txt" } };
        var id = (await Json(await http.PostAsync("/documents/upload", form))).GetProperty("id").GetString()!;
        await IndexedAsync(http, id);
        Assert.Equal("plimsoll.txt", (await http.GetFromJsonAsync<JsonElement>("/search?q=parliament")).GetProperty("results")[0].GetProperty("title").GetString());
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/documents/nowhere")).StatusCode);
        Assert.Contains("rag_requests_total{method=\"GET\",path=\"/documents/{document_id}\",status=\"404\"} 1.0", await http.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    private static async Task UploadAsync(HttpClient http, string id, string text) =>
        Assert.Equal(HttpStatusCode.Accepted, (await http.PostAsJsonAsync("/documents", new { id, title = id, text })).StatusCode);

    private static Task IndexedAsync(HttpClient http, string id) => Eventually.Async(
        () => http.GetFromJsonAsync<JsonElement>($"/documents/{id}").Result.GetProperty("status").GetString() == "indexed", Soon, () => $"{id} is not indexed");

    private static Task<JsonElement> Json(HttpResponseMessage answer) => answer.Content.ReadFromJsonAsync<JsonElement>();
}
