using Loadline.Wire;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Loadline.Tests.Wire;

/// <summary>Streamed answers: what every wire makes of them.</summary>
public abstract class WireStreamTests(WireKind kind) : WireConformance(kind)
{
    private const string Citations = "event: citations\ndata: [{\"document_id\":\"d1\"},{\"document_id\":\"d2\"}]\n\n";
    private const string Token = "event: token\ndata: {\"text\":\"word \"}\n\n";
    private const string Usage = "event: usage\ndata: {\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12},\"degraded\":[]}\n\n";
    private const string Done = "event: done\ndata: {}\n\n";
    private const string OpenAi = "{ framing: sse, delta: \"$.choices[0].delta.content\", end: { data: \"[DONE]\" }, error: $.error, tokens: $.usage.completion_tokens }";

    [Theory]
    [InlineData(Citations + Token + Token + Usage + Done, Outcome.Ok, null, 12)]
    [InlineData(Citations + Token + Token + Token + Done, Outcome.Ok, null, 3)]
    [InlineData(Token + Token, Outcome.Failed, "stream_cut", 2)]
    [InlineData("", Outcome.Failed, "stream_cut", 0)]
    [InlineData(Token + "event: token\ndata: {\"te", Outcome.Failed, "stream_cut", 1)]
    [InlineData(Citations + Done, Outcome.Failed, "stream_empty", 0)]
    [InlineData("event: token\ndata: {\"text\":\"\"}\n\n" + Done, Outcome.Failed, "stream_empty", 0)]
    [InlineData(Token + "event: error\ndata: {\"title\":\"overloaded\"}\n\n", Outcome.Failed, "stream_error", 1)]
    [InlineData(Token + "event: token\ndata: {text}\n\n" + Done, Outcome.Failed, "unreadable_body", 1)]
    [InlineData(Token + "event: usage\ndata: {\"degraded\":[\"vectors\",\"reranking\"]}\n\n" + Done, Outcome.Degraded, null, 1)]
    public async Task A_stream_is_what_its_events_say(string body, Outcome outcome, string? reason, int tokens)
    {
        await using var target = await TestTarget.StartAsync(context => Stream(context, body));
        var (exchange, _) = await SendAsync(target.Address, TestTarget.Profile(), streamed: true);
        Assert.Equal((outcome, reason, tokens), (exchange.Outcome, exchange.Reason, exchange.Tokens));
    }

    [Theory]
    [InlineData("data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"choices\":[],\"usage\":{\"completion_tokens\":5}}\n\ndata: [DONE]\n\n", Outcome.Ok, null, 5)]
    [InlineData("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"error\":{\"message\":\"x\"}}\n\ndata: [DONE]\n\n", Outcome.Failed, "stream_error", 1)]
    [InlineData("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n", Outcome.Failed, "stream_cut", 1)]
    public async Task The_openai_framing_is_read(string body, Outcome outcome, string? reason, int tokens)
    {
        await using var target = await TestTarget.StartAsync(context => Stream(context, body));
        var (exchange, _) = await SendAsync(target.Address, TestTarget.Profile(stream: OpenAi), streamed: true);
        Assert.Equal((outcome, reason, tokens), (exchange.Outcome, exchange.Reason, exchange.Tokens));
    }

    [Fact]
    public async Task A_json_value_a_line_is_read()
    {
        const string ndjson = "{ framing: ndjson, delta: $.message.content, end: { path: $.done, equals: true }, error: $.error, tokens: $.eval_count }";
        await using var target = await TestTarget.StartAsync(context => Stream(context, "{\"message\":{\"content\":\"a\"},\"done\":false}\n{\"message\":{\"content\":\"b\"},\"done\":false}\n{\"done\":true,\"eval_count\":2}\n"));
        var (exchange, _) = await SendAsync(target.Address, TestTarget.Profile(stream: ndjson), streamed: true);
        Assert.Equal((Outcome.Ok, 2, 1), (exchange.Outcome, exchange.Tokens, exchange.TokenGaps!.Count));
    }

    [Theory]
    [InlineData("{\"error\":\"no model\"}", "body_error")]
    [InlineData("{\"answer\":\"x\"}", "not_a_stream")]
    public async Task A_plain_answer_to_a_request_for_a_stream_is_no_success(string body, string reason)
    {
        await using var target = await TestTarget.StartAsync(context =>
        {
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(body);
        });
        var (exchange, _) = await SendAsync(target.Address, TestTarget.Profile("{ error: $.error }"), streamed: true);
        Assert.Equal((Outcome.Failed, reason), (exchange.Outcome, exchange.Reason));
    }

    [Fact]
    public async Task First_content_is_the_first_text_and_not_the_citations_before_it()
    {
        var clock = new RunClock(TimeProvider.System);
        long beforeFirst = 0, beforeSecond = 0;
        await using var target = await TestTarget.StartAsync(async context =>
        {
            await Flushed(context, Citations);
            await Task.Delay(400);
            beforeFirst = clock.Now;
            await Flushed(context, Token);
            await Task.Delay(400);
            beforeSecond = clock.Now;
            await Flushed(context, Token + Done);
        });
        using var wire = Open(TestTarget.Profile(), new WireOptions { BaseAddress = target.Address, Timeout = TimeSpan.FromSeconds(20) }, clock);
        var exchange = new Exchange { Operation = "query" };
        var request = new WireRequest { Operation = TestTarget.Profile().Operations["query"], Values = new(), Streamed = true, ExpectedDocument = "d2" };
        await wire.SendAsync(request, exchange, default);

        Assert.Equal((Outcome.Ok, true), (exchange.Outcome, exchange.Correct));
        Assert.True(exchange.FirstByte < beforeFirst, "the head came with the citations");
        Assert.True(exchange.FirstContent >= beforeFirst, "no text was there before");
        Assert.True(exchange.FirstContent < beforeSecond, "seen before the second was written");
        Assert.True(exchange.LastContent >= beforeSecond && exchange.End >= exchange.LastContent);
        Assert.Equal(exchange.LastContent - exchange.FirstContent, Assert.Single(exchange.TokenGaps!));
    }

    [Fact]
    public async Task Text_counts_wherever_its_bytes_are_split()
    {
        await using var target = await TestTarget.StartAsync(async context =>
        {
            foreach (var part in (Citations + Token + Token + Done).Chunk(7))
                await Flushed(context, new string(part));
        });
        var (exchange, _) = await SendAsync(target.Address, TestTarget.Profile(), streamed: true, expected: "d1");
        Assert.Equal((Outcome.Ok, 2, true), (exchange.Outcome, exchange.Tokens, exchange.Correct));
    }

    [Fact]
    public async Task A_stream_that_stalls_times_out_and_keeps_what_it_saw()
    {
        await using var target = await TestTarget.StartAsync(async context =>
        {
            await Flushed(context, Token);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        var (exchange, _) = await SendAsync(target.Address, TestTarget.Profile(), streamed: true, timeout: TimeSpan.FromMilliseconds(1500));
        Assert.Equal((Outcome.TimedOut, "timeout", 1), (exchange.Outcome, exchange.Reason, exchange.Tokens));
        Assert.Contains("word", exchange.ResponseText);
    }

    [Fact]
    public async Task A_connection_reset_in_mid_stream_is_a_cut_stream()
    {
        await using var target = await TestTarget.StartAsync(async context =>
        {
            await Flushed(context, Token);
            // A reset throws away what the client has not read yet.
            await Task.Delay(600);
            context.Abort();
        });
        var (exchange, _) = await SendAsync(target.Address, TestTarget.Profile(), streamed: true);
        Assert.Equal((Outcome.Failed, "stream_cut"), (exchange.Outcome, exchange.Reason));
    }

    [Fact]
    public async Task A_connection_left_open_after_the_end_marker_does_not_lengthen_the_answer()
    {
        await using var target = await TestTarget.StartAsync(async context =>
        {
            await Flushed(context, Token + Done);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        var options = new WireOptions { BaseAddress = target.Address, Timeout = TimeSpan.FromSeconds(20), DrainLimit = TimeSpan.FromMilliseconds(100) };
        var (exchange, _) = await SendAsync(target.Address, TestTarget.Profile(), streamed: true, options: options);
        Assert.Equal((Outcome.Ok, exchange.LastContent), (exchange.Outcome, exchange.End));
    }

    [Fact]
    public async Task An_endless_stream_is_too_large()
    {
        await using var target = await TestTarget.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.WriteAsync(Token);
        });
        var options = new WireOptions { BaseAddress = target.Address, Timeout = TimeSpan.FromSeconds(20), MaxBodyBytes = 200_000 };
        var (exchange, _) = await SendAsync(target.Address, TestTarget.Profile(), streamed: true, options: options);
        Assert.Equal((Outcome.Failed, "too_large"), (exchange.Outcome, exchange.Reason));
    }

    private static Task Stream(HttpContext context, string body)
    {
        context.Response.ContentType = "text/event-stream";
        return body.Length == 0 ? Task.CompletedTask : context.Response.WriteAsync(body);
    }

    private static async Task Flushed(HttpContext context, string text)
    {
        if (!context.Response.HasStarted)
            context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync(text);
        await context.Response.Body.FlushAsync();
    }
}

public class DotNetStreamTests() : WireStreamTests(WireKind.DotNet);

public class EpollStreamTests() : WireStreamTests(WireKind.Epoll);

public class SocketsStreamTests() : WireStreamTests(WireKind.Sockets);
