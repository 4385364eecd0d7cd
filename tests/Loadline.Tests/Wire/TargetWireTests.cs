using System.Collections.Concurrent;
using Loadline.Targets;
using Loadline.Wire;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Loadline.Tests.Wire;

/// <summary>Sessions and requests that follow others: more than one request, one exchange.</summary>
public class TargetWireTests
{
    private static readonly TargetProfile Profile = TargetProfileReader.Read("""
        name: test
        about: sessions and follow-ups
        session: { request: POST /sessions, body: '{"user": {{user}}}', id: $.id }
        operations:
          query: { request: POST /query, body: '{"session": {{session}}, "q": {{question}}}', answer: { required: $.answer } }
          upload:
            request: POST /documents
            body: '{"text": {{document.text}}}'
            answer: { id: $.id, handle: $.job }
            then: { request: "POST /index/{{document.id}}/{{document.handle}}", answer: { error: $.error } }
          stream: { request: POST /stream, stream: { delta: $.d, end: closed, throttled: { path: $.code, equals: "429" } } }
        """);

    [Fact]
    public async Task Each_user_has_one_session_and_a_session_that_is_refused_is_tried_again()
    {
        var opened = new ConcurrentQueue<string>();
        var asked = new ConcurrentQueue<string>();
        var refuse = 1;
        await using var target = await TestTarget.StartAsync(async context =>
        {
            var body = await new StreamReader(context.Request.Body).ReadToEndAsync();
            if (context.Request.Path == "/query")
                asked.Enqueue(body);
            else if (Interlocked.Decrement(ref refuse) >= 0)
                context.Response.StatusCode = 503;
            else
                opened.Enqueue(body);
            if (context.Response.StatusCode == 200)
                await context.Response.WriteAsJsonAsync(new { id = "s" + opened.Count, answer = "x" });
        });
        using var wire = Wire(target.Address);
        Assert.Equal((Outcome.Failed, "http_503"), await AskAsync(wire, "u1"));
        Assert.Equal((Outcome.Ok, null), await AskAsync(wire, "u1"));
        Assert.Equal((Outcome.Ok, null), await AskAsync(wire, "u2"));
        Assert.Equal((Outcome.Ok, null), await AskAsync(wire, "u1"));
        Assert.Equal(["{\"user\": \"u1\"}", "{\"user\": \"u2\"}"], opened);
        Assert.Equal(["s1", "s2", "s1"], asked.Select(body => body[13..15]));
    }

    [Fact]
    public async Task What_follows_a_success_is_part_of_the_exchange_and_can_fail_it()
    {
        var paths = new ConcurrentQueue<string>();
        var fail = false;
        await using var target = await TestTarget.StartAsync(context =>
        {
            paths.Enqueue(context.Request.Path.Value!);
            return context.Response.WriteAsync(context.Request.Path == "/documents" ? """{"id": "d 9", "job": "j7"}""" : fail ? """{"error": "full"}""" : "{}");
        });
        using var wire = Wire(target.Address);
        var (good, reply) = await SendAsync(wire, "upload");
        Assert.Equal((Outcome.Ok, "d 9", "j7"), (good.Outcome, reply.DocumentId, reply.DocumentHandle));
        Assert.Equal(["/documents", "/index/d 9/j7"], paths);
        Assert.Equal("""{"id": "d 9", "job": "j7"}{}""".Length, good.BytesReceived);
        fail = true;
        var (bad, _) = await SendAsync(wire, "upload");
        Assert.Equal((Outcome.Failed, "body_error"), (bad.Outcome, bad.Reason));
        Assert.Contains("full", bad.ResponseText);
        Assert.True(bad.End >= bad.FirstByte);
    }

    [Fact]
    public async Task Opening_a_session_is_waited_for_and_is_no_lateness()
    {
        var clock = new RunClock(TimeProvider.System);
        await using var target = await TestTarget.StartAsync(context => context.Response.WriteAsync("""{"id": "s1", "answer": "deep"}"""));
        using var wire = TargetWire.To(Profile, new WireOptions { BaseAddress = target.Address, Timeout = TimeSpan.FromSeconds(20) }, clock);
        const long forUser = 7;
        var due = clock.Now - forUser;
        var (first, reply) = await SendAsync(wire, "query", exchange: new Exchange { Operation = "query", Due = due, Waited = forUser }, change: request => request.KeepAnswer = true);
        Assert.Equal((Outcome.Ok, "deep"), (first.Outcome, reply.Answer));
        Assert.InRange(first.Waited, forUser + 1, first.Sent - due);
        var (second, _) = await SendAsync(wire, "query");
        Assert.Equal(0, second.Waited);
    }

    [Theory]
    [InlineData("query", "/sessions")]
    [InlineData("upload", "/index/d9/d9")]
    public async Task What_comes_before_and_after_a_request_has_its_limit(string operation, string hangs)
    {
        await using var target = await TestTarget.StartAsync(context =>
            context.Request.Path == hangs ? Task.Delay(Timeout.Infinite, context.RequestAborted) : context.Response.WriteAsync("""{"id": "d9", "answer": "x"}"""));
        using var wire = Wire(target.Address);
        var (exchange, _) = await SendAsync(wire, operation, change: request => request.Timeout = TimeSpan.FromMilliseconds(500));
        Assert.Equal((Outcome.TimedOut, "timeout"), (exchange.Outcome, exchange.Reason));
    }

    [Theory]
    [InlineData("data: {\"d\": \"a\"}\n\n", false, Outcome.Ok, null)]
    [InlineData("data: {\"d\": \"a\"}\n\n", true, Outcome.Failed, "stream_cut")]
    [InlineData("data: {\"d\": \"a\"}\n\ndata: {\"code\": 429}\n\n", false, Outcome.Throttled, "throttled")]
    [InlineData("", false, Outcome.Failed, "stream_empty")]
    public async Task A_stream_that_ends_by_closing_is_cut_where_http_says_so(string body, bool abort, Outcome outcome, string? reason)
    {
        await using var target = await TestTarget.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(body);
            await context.Response.Body.FlushAsync();
            if (abort)
            {
                // A reset throws away what the client has not read yet.
                await Task.Delay(300);
                context.Abort();
            }
        });
        using var wire = Wire(target.Address);
        var (exchange, _) = await SendAsync(wire, "stream", streamed: true);
        Assert.Equal((outcome, reason), (exchange.Outcome, exchange.Reason));
    }

    private static IWire Wire(Uri address) => TargetWire.To(Profile, new WireOptions { BaseAddress = address, Timeout = TimeSpan.FromSeconds(20) }, new RunClock(TimeProvider.System));

    private static async Task<(Outcome, string?)> AskAsync(IWire wire, string user)
    {
        var (exchange, _) = await SendAsync(wire, "query", user: user);
        Assert.True(exchange.Sent <= exchange.End);
        return (exchange.Outcome, exchange.Reason);
    }

    private static async Task<(Exchange Exchange, WireReply Reply)> SendAsync(IWire wire, string operation, bool streamed = false, string user = "u0", Exchange? exchange = null, Action<WireRequest>? change = null)
    {
        exchange ??= new Exchange { Operation = operation };
        var request = new WireRequest { Operation = Profile.Operations[operation], Values = new TemplateValues { User = user, Question = "q", DocumentText = "t" }, Streamed = streamed };
        change?.Invoke(request);
        return (exchange, await wire.SendAsync(request, exchange, default));
    }
}
