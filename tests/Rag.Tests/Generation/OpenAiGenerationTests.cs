using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Time.Testing;
using Rag.Engines.OpenAi;
using Rag.Errors;
using Rag.Generation;
using Xunit;

namespace Rag.Tests.Generation;

public class OpenAiGenerationTests
{
    private const string Role = """data: {"model":"m-1","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}""" + "\n\n";
    private const string Stop = """data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""" + "\n\n";
    private const string Usage = """data: {"choices":[],"usage":{"prompt_tokens":21,"completion_tokens":3,"total_tokens":24}}""" + "\n\n";
    private const string Done = "data: [DONE]\n\n";

    private static readonly GenerationRequest Request = new()
    {
        Messages = [new ChatMessage("system", "rules"), new ChatMessage("user", "Wo ist \"Zürich\"?\n")],
        Question = "q",
        Passages = [],
        MaxTokens = 9,
        Temperature = 0.5,
    };

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Text_and_end_come_as_the_server_says_and_it_was_asked_rightly()
    {
        await using var server = await LlmServer.StartAsync(async context =>
            await LlmServer.SayAsync(context, Role + LlmServer.Chunk("Zü") + LlmServer.Chunk("\"r\"\n") + LlmServer.Chunk("ich") + Stop + Usage + Done));
        using var generation = New(server);
        var events = await generation.GenerateAsync(Request, default).ToListAsync();
        Assert.Equal(["Zü", "\"r\"\n", "ich"], events.OfType<GenerationText>().Select(t => t.Text));
        Assert.Equal(new GenerationEnd(21, 3, "stop", "m-1"), events[^1]);
        Assert.Equal("Bearer the-key", server.Authorization);
        Assert.Equal("Wo ist \"Zürich\"?\n", server.Body.GetProperty("messages")[1].GetProperty("content").GetString());
        Assert.Equal("the-model", server.Body.GetProperty("model").GetString());
        Assert.Equal(9, server.Body.GetProperty("max_tokens").GetInt32());
        Assert.Equal(0.5, server.Body.GetProperty("temperature").GetDouble());
        Assert.True(server.Body.GetProperty("stream_options").GetProperty("include_usage").GetBoolean());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    public async Task Bytes_may_be_cut_anywhere(int size)
    {
        var bytes = Encoding.UTF8.GetBytes(": hello\r\nevent: x\r\n" + (Role + LlmServer.Chunk("Zü🌊") + LlmServer.Chunk("rich") + Stop).ReplaceLineEndings("\r\n") + Usage + Done);
        await using var server = await LlmServer.StartAsync(async context =>
        {
            for (var at = 0; at < bytes.Length; at += size)
            {
                await context.Response.Body.WriteAsync(bytes.AsMemory(at, Math.Min(size, bytes.Length - at)));
                await context.Response.Body.FlushAsync();
            }
        });
        using var generation = New(server);
        var events = await generation.GenerateAsync(Request, default).ToListAsync();
        Assert.Equal(["Zü🌊", "rich"], events.OfType<GenerationText>().Select(t => t.Text));
        Assert.Equal(21, Assert.IsType<GenerationEnd>(events[^1]).PromptTokens);
    }

    [Fact]
    public async Task Events_far_longer_than_the_buffer_are_read()
    {
        var text = new string('x', 100_000);
        await using var server = await LlmServer.StartAsync(context => LlmServer.SayAsync(context, LlmServer.Chunk(text) + LlmServer.Chunk("end") + Stop + Done));
        using var generation = New(server);
        Assert.Equal([text, "end"], (await generation.GenerateAsync(Request, default).ToListAsync()).OfType<GenerationText>().Select(t => t.Text));
    }

    [Fact]
    public async Task Without_usage_texts_are_counted_and_the_prompt_is_estimated()
    {
        await using var server = await LlmServer.StartAsync(context =>
            LlmServer.SayAsync(context, LlmServer.Chunk("a") + LlmServer.Chunk("b") + Stop.Replace("stop", "length", StringComparison.Ordinal) + Done));
        using var generation = New(server);
        var end = Assert.IsType<GenerationEnd>((await generation.GenerateAsync(Request, default).ToListAsync())[^1]);
        Assert.Equal((2, "length", 5), (end.CompletionTokens, end.FinishReason, end.PromptTokens)); // 22 characters / 4
    }

    public static TheoryData<string, string> Broken => new()
    {
        { LlmServer.Chunk("a"), "cut the answer off after 1 tokens" },
        { LlmServer.Chunk("a") + Done, "cut the answer off after 1 tokens" },
        { LlmServer.Chunk("a") + """data: {"error":{"message":"out of memory"}}""" + "\n\n", "out of memory" },
        { LlmServer.Chunk("a") + "data: {\"choices\n\n", "can't be read" },
        { "data: [1]\n\n", "can't be read" },
        { "data: " + new string('x', 1_200_000), "no event stream" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task A_broken_stream_is_a_failure_with_its_reason(string said, string told)
    {
        await using var server = await LlmServer.StartAsync(context => LlmServer.SayAsync(context, said));
        using var generation = New(server);
        var error = await Assert.ThrowsAsync<RagException>(() => generation.GenerateAsync(Request, default).ToListAsync().AsTask());
        Assert.Equal(RagError.Unavailable, error.Error);
        Assert.Contains(told, error.Message);
    }

    [Fact]
    public async Task A_connection_that_breaks_is_a_failure()
    {
        await using var server = await LlmServer.StartAsync(async context =>
        {
            await LlmServer.SayAsync(context, LlmServer.Chunk("a"));
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        using var generation = New(server);
        Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(() => generation.GenerateAsync(Request, default).ToListAsync().AsTask())).Error);
    }

    [Theory]
    [InlineData(429, RagError.Overloaded)]
    [InlineData(503, RagError.Overloaded)]
    [InlineData(500, RagError.Unavailable)]
    [InlineData(401, RagError.Unavailable)]
    public async Task A_refusal_keeps_its_meaning_and_its_time(int status, RagError error)
    {
        await using var server = await LlmServer.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = "7";
            return Task.CompletedTask;
        });
        using var generation = New(server);
        var refused = await Assert.ThrowsAsync<RagException>(() => generation.GenerateAsync(Request, default).ToListAsync().AsTask());
        Assert.Equal((error, TimeSpan.FromSeconds(7)), (refused.Error, refused.RetryAfter));
        Assert.DoesNotContain("the-key", refused.ToString());
    }

    [Fact]
    public async Task Nobody_listening_is_unavailable()
    {
        var server = await LlmServer.StartAsync(_ => Task.CompletedTask);
        var url = server.Url;
        await server.DisposeAsync();
        using var generation = new OpenAiGeneration(new OpenAiOptions { Url = url }, TimeProvider.System);
        Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(() => generation.GenerateAsync(Request, default).ToListAsync().AsTask())).Error);
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_given_up_after_the_first_tokens_time()
    {
        var asked = new TaskCompletionSource();
        await using var server = await LlmServer.StartAsync(context =>
        {
            asked.SetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using var generation = New(server);
        var answer = generation.GenerateAsync(Request, default).ToListAsync().AsTask();
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(10));
        _time.Advance(TimeSpan.FromSeconds(14.9));
        Assert.False(answer.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(RagError.DeadlineExceeded, (await Assert.ThrowsAsync<RagException>(() => answer.WaitAsync(TimeSpan.FromSeconds(10)))).Error);
        await server.ClientWent.Task.WaitAsync(TimeSpan.FromSeconds(10)); // and its work is stopped
    }

    [Fact]
    public async Task A_server_that_stalls_is_given_up_after_the_time_between_tokens_and_slow_ones_are_not()
    {
        var next = new SemaphoreSlim(0);
        await using var server = await LlmServer.StartAsync(async context =>
        {
            for (var i = 0; i < 4; i++)
            {
                await LlmServer.SayAsync(context, LlmServer.Chunk($"{i}"));
                await context.Response.Body.FlushAsync();
                await next.WaitAsync(context.RequestAborted);
            }
        });
        using var generation = New(server);
        await using var events = generation.GenerateAsync(Request, default).GetAsyncEnumerator();
        for (var i = 0; i < 4; i++)
        {
            Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10)));
            _time.Advance(TimeSpan.FromSeconds(9.9)); // of 10, four times
            if (i < 3)
                next.Release();
        }

        var stalled = events.MoveNextAsync().AsTask();
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(RagError.DeadlineExceeded, (await Assert.ThrowsAsync<RagException>(() => stalled.WaitAsync(TimeSpan.FromSeconds(10)))).Error);
    }

    [Fact]
    public async Task A_caller_that_goes_stops_the_servers_work_at_once()
    {
        await using var server = await LlmServer.StartAsync(async context =>
        {
            await LlmServer.SayAsync(context, LlmServer.Chunk("a"));
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using var generation = New(server);
        using var going = new CancellationTokenSource();
        await using var events = generation.GenerateAsync(Request, going.Token).GetAsyncEnumerator(going.Token);
        Assert.True(await events.MoveNextAsync());
        var waiting = events.MoveNextAsync().AsTask();
        await going.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await server.ClientWent.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData("generation:url", "ftp://x", "expected an http or https address")]
    [InlineData("generation:connections", "0", "expected a whole number from 1 to 100000")]
    [InlineData("generation:token_seconds", "soon", "expected seconds from 0.01 to 3600")]
    [InlineData("generation:liveness", "maybe", "expected true or false")]
    public void A_wrong_setting_is_refused_with_its_rule(string name, string value, string rule)
    {
        var settings = new Dictionary<string, string?> { ["generation:url"] = "http://127.0.0.1:1", [name] = value };
        var error = Assert.Throws<InvalidOperationException>(() => OpenAiOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()));
        Assert.StartsWith(name, error.Message);
        Assert.Contains(rule, error.Message);
    }

    private OpenAiGeneration New(LlmServer server) => new(new OpenAiOptions { Url = server.Url, Model = "the-model", Key = "the-key", Liveness = false }, _time);
}
