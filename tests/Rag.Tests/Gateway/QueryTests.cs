using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Rag.Errors;
using Xunit;

namespace Rag.Tests.Gateway;

public class QueryTests
{
    private const string Question = """{"query":"What causes the tides?"}""";
    private const string Streamed = """{"query":"What causes the tides?","stream":true}""";

    [Fact]
    public async Task A_part_that_is_late_is_one_that_is_down_as_long_as_the_request_has_time()
    {
        await using var server = await GatewayServer.StartAsync();
        server.Search.Failure = new RagException(RagError.DeadlineExceeded, "search: no answer within 2000 ms");
        using var response = await server.Http.PostAsync("/search", GatewayServer.Json("""{"query":"tides"}"""));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter?.Delta);
    }

    [Fact]
    public async Task An_answer_has_text_citations_usage_timings_and_nothing_degraded()
    {
        await using var server = await GatewayServer.StartAsync();
        using var response = await server.Http.PostAsync("/query", GatewayServer.Json(Question));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("Hello \"world\"\né", answer.GetProperty("answer").GetString());
        var citation = answer.GetProperty("citations")[0];
        Assert.Equal("tides", citation.GetProperty("document_id").GetString());
        Assert.Equal("tides:1:0", citation.GetProperty("chunk_id").GetString());
        Assert.Equal(1, citation.GetProperty("version").GetInt32());
        Assert.Equal(11, answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(4, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Equal(0, answer.GetProperty("degraded").GetArrayLength());
        Assert.False(answer.GetProperty("timings").GetProperty("cached").GetBoolean());
    }

    [Fact]
    public async Task A_stream_is_citations_then_tokens_then_usage_then_done()
    {
        await using var server = await GatewayServer.StartAsync();
        using var response = await server.Http.StreamAsync("/query", Streamed);
        var events = await response.EventsAsync().ToListAsync();
        Assert.Equal(["citations", "token", "token", "token", "token", "usage", "done"], events.Select(e => e.Event));
        Assert.Equal("tides", JsonDocument.Parse(events[0].Data).RootElement.GetProperty("citations")[0].GetProperty("document_id").GetString());
        Assert.Equal(
            "Hello \"world\"\né", string.Concat(events.Where(e => e.Event == "token").Select(e => JsonDocument.Parse(e.Data).RootElement.GetProperty("text").GetString())));
        var usage = JsonDocument.Parse(events[5].Data).RootElement;
        Assert.Equal(4, usage.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.True(usage.TryGetProperty("timings", out _));
        Assert.Equal(0, usage.GetProperty("degraded").GetArrayLength());
    }

    [Fact]
    public async Task A_token_is_sent_before_the_next_one_exists()
    {
        await using var server = await GatewayServer.StartAsync();
        server.Generation.Hold = new SemaphoreSlim(0);
        using var response = await server.Http.StreamAsync("/query", Streamed);
        await using var events = response.EventsAsync().GetAsyncEnumerator();
        for (var token = 0; token < 4; token++)
        {
            do
                Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10)));
            while (events.Current.Event != "token");
            server.Generation.Hold.Release(); // only now can the next token be made
        }
    }

    [Fact]
    public async Task An_answer_that_is_cut_off_goes_on_from_the_passages_and_says_so()
    {
        await using var server = await GatewayServer.StartAsync();
        server.Generation.FailAfter = new RagException(RagError.Unavailable, "generation: the engine was unplugged");
        using var response = await server.Http.StreamAsync("/query", Streamed);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var events = await response.EventsAsync().ToListAsync();
        Assert.Equal(
            "Hello \"world\"\né\n\nThe moon causes the tides. [1]",
            string.Concat(events.Where(e => e.Event == "token").Select(e => JsonDocument.Parse(e.Data).RootElement.GetProperty("text").GetString())));
        var usage = JsonDocument.Parse(events[^2].Data).RootElement;
        Assert.Equal("generation_interrupted", usage.GetProperty("degraded")[0].GetString());
        Assert.Equal("done", events[^1].Event);
    }

    [Fact]
    public async Task A_failure_before_anything_is_an_error_status_even_when_a_stream_was_asked_for()
    {
        await using var server = await GatewayServer.StartAsync();
        server.Search.Failure = new RagException(RagError.Overloaded, "search: full", TimeSpan.FromSeconds(2.2));
        using var response = await server.Http.StreamAsync("/query", Streamed);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(TimeSpan.FromSeconds(3), response.Headers.RetryAfter?.Delta);
    }

    [Fact]
    public async Task A_client_that_goes_stops_generation_at_once()
    {
        await using var server = await GatewayServer.StartAsync();
        server.Generation.Hold = new SemaphoreSlim(0);
        using var stop = new CancellationTokenSource();
        var response = await server.Http.StreamAsync("/query", Streamed, stop.Token);
        await using var events = response.EventsAsync().GetAsyncEnumerator();
        Assert.True(await events.MoveNextAsync());
        Assert.False(server.Generation.Stopped.Task.IsCompleted);
        response.Dispose();
        await server.Generation.Stopped.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Without_generation_the_passages_answer_and_the_answer_says_so()
    {
        await using var server = await GatewayServer.StartAsync();
        server.Generation.FailAtOnce = new RagException(RagError.Unavailable, "generation: down");
        using var response = await server.Http.PostAsync("/query", GatewayServer.Json(Question));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("The moon causes the tides. [1]", answer.GetProperty("answer").GetString());
        Assert.Equal(["generation_unavailable"], answer.GetProperty("degraded").EnumerateArray().Select(d => d.GetString()));
        Assert.Equal("extractive", answer.GetProperty("model").GetString());
    }

    [Fact]
    public async Task What_search_missed_is_told_in_answers_and_results()
    {
        await using var server = await GatewayServer.StartAsync();
        server.Search.Degraded.Add("vectors_unavailable");
        foreach (var path in new[] { "/query", "/search" })
        {
            using var response = await server.Http.PostAsync(path, GatewayServer.Json(Question));
            Assert.Equal("vectors_unavailable", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("degraded")[0].GetString());
        }
    }

    [Fact]
    public async Task Search_returns_chunks_of_the_own_tenant_only()
    {
        await using var server = await GatewayServer.StartAsync();
        server.Search.Add("acme", "secret", "The tides of acme are secret.");
        using var acme = server.Client(await server.KeyAsync("ann", "acme"));
        static async Task<string[]> Found(HttpClient http)
        {
            using var response = await http.PostAsync("/search", GatewayServer.Json("""{"query":"tides"}"""));
            return [.. (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("results").EnumerateArray().Select(r => r.GetProperty("document_id").GetString()!)];
        }

        Assert.Equal(["secret"], await Found(acme));
        Assert.Equal(["tides"], await Found(server.Http));
    }

    [Fact]
    public async Task All_problems_of_a_request_come_at_once_each_with_its_place()
    {
        await using var server = await GatewayServer.StartAsync();
        using var response = await server.Http.PostAsync(
            "/query", GatewayServer.Json("""{"query":"  ","top_k":51,"stream":"yes","filter":{"a":{"$regex":"x"}},"temperature":3,"topK":5}"""));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("invalid_argument", problem.GetProperty("code").GetString());
        var errors = problem.GetProperty("errors").EnumerateArray().Select(e => (Pointer: e.GetProperty("pointer").GetString(), Detail: e.GetProperty("detail").GetString())).ToList();
        Assert.Equal(["/query", "/top_k", "/stream", "/filter", "/temperature", "/topK"], errors.Select(e => e.Pointer));
        Assert.Equal("top_k: 51 is not permitted; expected a whole number from 1 to 50", errors[1].Detail);
        Assert.Equal("stream: expected true or false, got a text", errors[2].Detail);
        Assert.StartsWith("topK: unknown field; known are query, top_k", errors[5].Detail);
    }

    [Theory]
    [InlineData("{\"query\":\n  \"x\",}", "line 2, byte 7")]
    [InlineData("", "body: is empty")]
    [InlineData("[1]", "body: expected an object, got an array")]
    [InlineData("{\"query\":\"\\ud800\"}", "not valid Unicode")]
    public async Task Malformed_JSON_is_told_where_and_why(string body, string told)
    {
        await using var server = await GatewayServer.StartAsync();
        using var response = await server.Http.PostAsync("/query", GatewayServer.Json(body));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(told, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Another_content_type_is_415_and_a_large_body_413()
    {
        await using var server = await GatewayServer.StartAsync();
        using var text = await server.Http.PostAsync("/query", new StringContent(Question, null, "text/plain"));
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, text.StatusCode);
        using var large = await server.Http.PostAsync("/query", GatewayServer.Json($$"""{"query":"{{new string('x', 1 << 20)}}"}"""));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        var chunked = new HttpRequestMessage(HttpMethod.Post, "/query") { Content = GatewayServer.Json($$"""{"query":"{{new string('x', 1 << 20)}}"}""") };
        chunked.Headers.TransferEncodingChunked = true; // says no length
        using var endless = await server.Http.SendAsync(chunked);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, endless.StatusCode);
    }
}
