using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Loadline.Llm;
using Loadline.Plans;
using Xunit;

namespace Loadline.Tests.Llm;

/// <summary>Through a real socket, with times so short that nobody waits.</summary>
public class LlmServerTests
{
    private static readonly LlmModel Quick = Fixed.Model(first: .001, perToken: .0005, tokens: 12, slots: 32, queue: 100);
    private const string Prompt = "[1] The harbour was opened in 1911. [2]\\n\\nQuestion: When was the harbour opened?";

    private static string Body(string more = "", string content = Prompt) => $$"""{"model":"any","messages":[{"role":"user","content":"{{content}}"}]{{more}}}""";

    private static Task<LlmServer> Start(LlmModel model, Func<LlmOptions, LlmOptions>? change = null)
    {
        var options = new LlmOptions { Model = model, Seed = 7 };
        return LlmServer.StartAsync(change?.Invoke(options) ?? options, TimeProvider.System, TestContext.Current.CancellationToken);
    }

    private static Task<HttpResponseMessage> Ask(HttpClient client, string body, HttpCompletionOption until = HttpCompletionOption.ResponseContentRead, CancellationToken cancellationToken = default) =>
        client.SendAsync(new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = new StringContent(body, new MediaTypeHeaderValue("application/json")) }, until, cancellationToken);

    private static async Task<JsonElement> Json(HttpResponseMessage response) => JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());

    private static async Task Until(Func<Task<bool>> holds)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!await holds())
            await Task.Delay(5, bound.Token);
    }

    [Fact]
    public async Task A_whole_answer_has_OpenAIs_shape_and_counts()
    {
        await using var server = await Start(Quick);
        using var client = new HttpClient { BaseAddress = server.Address };
        var json = await Json(await Ask(client, Body()));
        Assert.Equal("chat.completion", json.GetProperty("object").GetString());
        Assert.Equal("any", json.GetProperty("model").GetString());
        var choice = json.GetProperty("choices")[0];
        Assert.StartsWith("The harbour was opened in 1911.", choice.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
        var usage = json.GetProperty("usage");
        Assert.Equal(12, usage.GetProperty("completion_tokens").GetInt32());
        Assert.Equal(usage.GetProperty("prompt_tokens").GetInt32() + 12, usage.GetProperty("total_tokens").GetInt32());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_is_a_role_a_chunk_a_token_an_end_usage_if_asked_and_DONE(bool usage)
    {
        await using var server = await Start(Quick);
        using var client = new HttpClient { BaseAddress = server.Address };
        using var response = await Ask(client, Body(",\"stream\":true,\"max_tokens\":9" + (usage ? ",\"stream_options\":{\"include_usage\":true}" : "")));
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        var events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(item => item["data: ".Length..]).ToList();
        Assert.Equal("[DONE]", events[^1]);
        var chunks = events[..^1].Select(item => JsonSerializer.Deserialize<JsonElement>(item)).ToList();
        Assert.Equal("assistant", chunks[0].GetProperty("choices")[0].GetProperty("delta").GetProperty("role").GetString());
        var text = string.Concat(chunks[1..10].Select(chunk => chunk.GetProperty("choices")[0].GetProperty("delta").GetProperty("content").GetString()));
        Assert.Equal("The harbour was opened in 1911. [1] The harbour", text);
        Assert.Equal("length", chunks[10].GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal(usage ? 12 : 11, chunks.Count);
        if (usage)
        {
            Assert.Equal(0, chunks[11].GetProperty("choices").GetArrayLength());
            Assert.Equal(9, chunks[11].GetProperty("usage").GetProperty("completion_tokens").GetInt32());
            Assert.All(chunks[..11], chunk => Assert.Equal(JsonValueKind.Null, chunk.GetProperty("usage").ValueKind));
        }
    }

    [Theory]
    [InlineData("7", 200, 7)]
    [InlineData("0", 400, 32)]
    [InlineData("1e3", 400, 32)]
    [InlineData("", 400, 32)]
    public async Task Slots_are_changed_while_it_runs(string body, int status, int slots)
    {
        await using var server = await Start(Quick);
        using var client = new HttpClient { BaseAddress = server.Address };
        using var response = await client.PutAsync("admin/slots", new StringContent(body));
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains($"llm_slots {slots}\n", await client.GetStringAsync("metrics"));
    }

    [Theory]
    [InlineData("{", null)]
    [InlineData("[]", null)]
    [InlineData("{}", "messages")]
    [InlineData("""{"messages":[]}""", "messages")]
    [InlineData("""{"messages":["hi"]}""", "messages[0]")]
    [InlineData("""{"messages":[{"content":"hi"}]}""", "messages[0].role")]
    [InlineData("""{"messages":[{"role":"user","content":7}]}""", "messages[0].content")]
    [InlineData("""{"messages":[{"role":"user","content":"hi"}],"max_tokens":0}""", "max_tokens")]
    [InlineData("""{"messages":[{"role":"user","content":"hi"}],"stream":"yes"}""", "stream")]
    [InlineData("""{"messages":[{"role":"user","content":"hi"}],"n":3}""", "n")]
    public async Task A_bad_body_is_400_in_OpenAIs_error_format(string body, string? parameter)
    {
        await using var server = await Start(Quick);
        using var client = new HttpClient { BaseAddress = server.Address };
        using var response = await Ask(client, body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = (await Json(response)).GetProperty("error");
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.Equal(parameter, error.GetProperty("param").GetString());
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
    }

    [Fact]
    public async Task A_full_queue_is_429_with_Retry_After_and_a_client_that_leaves_frees_its_slot()
    {
        await using var server = await Start(Fixed.Model(first: 3600, slots: 1, queue: 0));
        using var client = new HttpClient { BaseAddress = server.Address };
        using var leaving = new CancellationTokenSource();
        var first = Ask(client, Body(",\"stream\":true"), cancellationToken: leaving.Token);
        async Task<bool> Busy(int slots) => (await client.GetStringAsync("metrics")).Contains($"\nllm_busy_slots {slots}\n");
        await Until(() => Busy(1));
        using var refused = await Ask(client, Body());
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.True(refused.Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(1));
        Assert.Equal("rate_limit_exceeded", (await Json(refused)).GetProperty("error").GetProperty("code").GetString());
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await Until(() => Busy(0));
        // It is counted a moment after its slot is free.
        await Until(async () => (await client.GetStringAsync("metrics")).Contains("llm_requests_total{end=\"cancelled\"} 1"));
    }

    [Fact]
    public async Task The_failure_share_holds_over_many_requests()
    {
        await using var server = await Start(Quick with { Failures = .2, OutputTokens = new Fixed(1) });
        using var client = new HttpClient { BaseAddress = server.Address };
        var failed = 0;
        foreach (var batch in Enumerable.Range(0, 1000).Chunk(25))
        {
            foreach (var response in await Task.WhenAll(batch.Select(i => Ask(client, Body(i % 2 == 0 ? ",\"stream\":true" : "")))))
            {
                failed += response.StatusCode == HttpStatusCode.InternalServerError ? 1 : 0;
                response.Dispose();
            }
        }
        Assert.InRange(failed, 150, 250); // 200 ± 4 standard deviations of 12.6
    }

    [Fact]
    public async Task A_cut_stream_breaks_off_after_its_tokens_and_is_no_proper_end()
    {
        await using var server = await Start(Quick, options => options with { CutStreams = 1, CutAfterTokens = 3 });
        using var client = new HttpClient { BaseAddress = server.Address };
        using var response = await Ask(client, Body(",\"stream\":true"), HttpCompletionOption.ResponseHeadersRead);
        var received = new StringBuilder();
        await using var stream = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[4096];
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            for (int read; (read = await stream.ReadAsync(buffer)) > 0;)
                received.Append(Encoding.UTF8.GetString(buffer, 0, read));
        });
        Assert.DoesNotContain("[DONE]", received.ToString());
    }

    [Fact]
    public async Task A_client_that_reads_late_gets_every_token_though_its_slot_was_freed_long_before()
    {
        const int Tokens = 40_000; // some 8 MB of events: more than the buffers on the way hold
        await using var server = await Start(Fixed.Model(first: .001, perToken: 0, tokens: Tokens));
        using var client = new HttpClient { BaseAddress = server.Address };
        using var response = await Ask(client, Body(",\"stream\":true"), HttpCompletionOption.ResponseHeadersRead);
        await Until(async () => (await client.GetStringAsync("metrics")).Contains("\nllm_busy_slots 0\n"));
        Assert.Contains("llm_requests_total{end=\"ok\"} 0", await client.GetStringAsync("metrics"));
        var text = await response.Content.ReadAsStringAsync();
        Assert.EndsWith("data: [DONE]\n\n", text);
        Assert.Equal(Tokens + 1, text.Split("\"content\":\"").Length - 1); // and the role chunk's
        Assert.Equal(1, text.Split("[DONE]").Length - 1);
    }

    [Fact]
    public async Task The_same_seed_draws_the_same_requests()
    {
        async Task<string> Lengths()
        {
            await using var server = await Start(Quick with { OutputTokens = new Uniform(1, 500), PerToken = new Fixed(0) });
            using var client = new HttpClient { BaseAddress = server.Address };
            var lengths = new List<int>();
            for (var i = 0; i < 8; i++)
                lengths.Add((await Json(await Ask(client, Body()))).GetProperty("usage").GetProperty("completion_tokens").GetInt32());
            Assert.True(lengths.Distinct().Count() > 5);
            return string.Join(' ', lengths);
        }
        Assert.Equal(await Lengths(), await Lengths());
    }

    [Fact]
    public async Task Models_health_and_unknown_paths_answer()
    {
        await using var server = await Start(Quick, options => options with { ModelName = "mo\"del" });
        using var client = new HttpClient { BaseAddress = server.Address };
        Assert.Equal("mo\"del", JsonSerializer.Deserialize<JsonElement>(await client.GetStringAsync("v1/models")).GetProperty("data")[0].GetProperty("id").GetString());
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("health")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("v1/engines")).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await client.GetAsync("v1/chat/completions")).StatusCode);
    }

    [Fact]
    public async Task Options_that_break_rules_are_refused_together()
    {
        var problem = await Assert.ThrowsAsync<ArgumentException>(() => Start(Quick with { Slots = 0, Failures = 2 }));
        Assert.Contains("slots 0", problem.Message);
        Assert.Contains("failures 2", problem.Message);
    }

    private sealed record Uniform(double Low, double High) : Distribution
    {
        public override double Mean => (Low + High) / 2;

        public override double Sample(Random random) => Low + random.NextDouble() * (High - Low);
    }
}
