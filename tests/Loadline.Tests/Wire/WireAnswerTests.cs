using System.Net;
using System.Net.Sockets;
using Loadline.Wire;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Loadline.Tests.Wire;

/// <summary>Answers in one piece: what every wire makes of them.</summary>
public abstract class WireAnswerTests(WireKind kind) : WireConformance(kind)
{
    private const string Rules = "{ error: [$.error, $.detail], required: $.answer, citations: \"$.citations[*].document_id\", tokens: $.usage.completion_tokens, degraded: \"$.degraded[*]\", id: $.id }";

    [Theory]
    [InlineData(200, """{"answer":"x","error":null,"degraded":[]}""", Outcome.Ok, null)]
    [InlineData(200, """{"answer":"x","degraded":["vectors"]}""", Outcome.Degraded, null)]
    [InlineData(200, """{"answer":"x","error":{"message":"no"}}""", Outcome.Failed, "body_error")]
    [InlineData(200, """{"detail":"internal"}""", Outcome.Failed, "body_error")]
    [InlineData(200, """{"answer":""}""", Outcome.Failed, "body_incomplete")]
    [InlineData(200, """{"other":1}""", Outcome.Failed, "body_incomplete")]
    [InlineData(200, """{"answer":"x" """, Outcome.Failed, "unreadable_body")]
    [InlineData(200, "<html>gateway</html>", Outcome.Failed, "unreadable_body")]
    [InlineData(200, "", Outcome.Failed, "unreadable_body")]
    [InlineData(204, "", Outcome.Failed, "http_204")]
    [InlineData(302, "", Outcome.Failed, "http_302")]
    [InlineData(401, "{}", Outcome.Failed, "http_401")]
    [InlineData(503, "busy", Outcome.Failed, "http_503")]
    [InlineData(429, "slow down", Outcome.Throttled, "throttled")]
    public async Task An_answer_is_what_status_and_body_say_together(int status, string body, Outcome outcome, string? reason)
    {
        await using var target = await TestTarget.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "/elsewhere";
            return body.Length == 0 ? Task.CompletedTask : context.Response.WriteAsync(body);
        });
        var (exchange, reply) = await SendAsync(target.Address, TestTarget.Profile(Rules));
        Assert.Equal((outcome, reason, status), (exchange.Outcome, exchange.Reason, exchange.Status));
        Assert.True(reply.Ended);
        Assert.True(exchange.Sent <= exchange.FirstByte && exchange.FirstByte <= exchange.End);
        Assert.Equal(body.Length, exchange.BytesReceived);
    }

    [Fact]
    public async Task Tokens_citations_and_ids_are_read_and_the_key_is_sent()
    {
        string? key = null;
        await using var target = await TestTarget.StartAsync(context =>
        {
            key = context.Request.Headers["X-API-Key"];
            return context.Response.WriteAsync("""{"answer":"x","id":"d9","citations":[{"document_id":"d1"},{"document_id":"d2"}],"usage":{"completion_tokens":42}}""");
        });
        var (right, reply) = await SendAsync(target.Address, TestTarget.Profile(Rules), expected: "d2");
        var (wrong, _) = await SendAsync(target.Address, TestTarget.Profile(Rules), expected: "d3");
        var (unknown, _) = await SendAsync(target.Address, TestTarget.Profile(Rules));
        Assert.Equal((true, false, null), (right.Correct, wrong.Correct, unknown.Correct));
        Assert.Equal((42, "d9", "secret-key"), (right.Tokens, reply.DocumentId, key));
    }

    [Fact]
    public async Task A_throttled_answer_says_when_to_come_back()
    {
        await using var target = await TestTarget.StartAsync(context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "7";
            return Task.CompletedTask;
        });
        var (_, reply) = await SendAsync(target.Address, TestTarget.Profile());
        Assert.Equal(TimeSpan.FromSeconds(7), reply.RetryAfter);
    }

    [Fact]
    public async Task Nothing_that_listens_is_a_refused_connection()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        var (exchange, _) = await SendAsync(new Uri($"http://127.0.0.1:{port}"), TestTarget.Profile());
        Assert.Equal((Outcome.Failed, "connect_refused", 0, Exchange.Never), (exchange.Outcome, exchange.Reason, exchange.Status, exchange.FirstByte));
    }

    [Fact]
    public async Task A_name_without_an_address_is_dns()
    {
        var (exchange, _) = await SendAsync(new Uri("http://no-such-host.invalid"), TestTarget.Profile());
        Assert.Equal((Outcome.Failed, "dns"), (exchange.Outcome, exchange.Reason));
    }

    [Fact]
    public async Task A_target_that_hangs_times_out_and_not_before_its_time()
    {
        await using var target = await TestTarget.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        var (exchange, reply) = await SendAsync(target.Address, TestTarget.Profile(), timeout: TimeSpan.FromMilliseconds(150));
        Assert.Equal((Outcome.TimedOut, "timeout"), (exchange.Outcome, exchange.Reason));
        Assert.True(reply.Ended);
        Assert.True(exchange.End - exchange.Sent >= 140_000_000, $"{exchange.End - exchange.Sent} ns");
    }

    [Fact]
    public async Task A_body_that_stalls_times_out()
    {
        await using var target = await TestTarget.StartAsync(async context =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("{\"answer\":");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        var (exchange, _) = await SendAsync(target.Address, TestTarget.Profile(Rules), timeout: TimeSpan.FromMilliseconds(1500));
        Assert.Equal((Outcome.TimedOut, "timeout", 200), (exchange.Outcome, exchange.Reason, exchange.Status));
    }

    [Fact]
    public async Task A_connection_closed_before_the_head_is_a_reset()
    {
        await using var target = await TestTarget.StartAsync(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        var (exchange, _) = await SendAsync(target.Address, TestTarget.Profile());
        Assert.Equal((Outcome.Failed, "reset", 0), (exchange.Outcome, exchange.Reason, exchange.Status));
    }

    [Fact]
    public async Task A_body_cut_in_the_middle_is_not_an_answer()
    {
        await using var target = await TestTarget.StartAsync(async context =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("{\"answer\":\"x\"}");
            await context.Response.Body.FlushAsync();
            // A reset throws away what the client has not read yet.
            await Task.Delay(600);
            context.Abort();
        });
        var (exchange, _) = await SendAsync(target.Address, TestTarget.Profile(Rules));
        Assert.Equal((Outcome.Failed, "body_cut"), (exchange.Outcome, exchange.Reason));
    }

    [Fact]
    public async Task A_body_over_the_limit_is_too_large_and_not_kept()
    {
        await using var target = await TestTarget.StartAsync(async context =>
        {
            for (var i = 0; i < 100; i++)
                await context.Response.WriteAsync(new string('x', 10_000));
        });
        var options = new WireOptions { BaseAddress = target.Address, Timeout = TimeSpan.FromSeconds(20), MaxBodyBytes = 100_000 };
        var (exchange, _) = await SendAsync(target.Address, TestTarget.Profile(Rules), options: options);
        Assert.Equal((Outcome.Failed, "too_large"), (exchange.Outcome, exchange.Reason));
        Assert.InRange(exchange.BytesReceived, 100_000, 400_000);
        Assert.Equal(4096, exchange.ResponseText!.Length);
    }

    [Fact]
    public async Task What_is_no_http_is_a_failure()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var served = Task.Run(async () =>
        {
            using var socket = await listener.AcceptSocketAsync();
            await socket.ReceiveAsync(new byte[4096]);
            await socket.SendAsync("SSH-2.0-OpenSSH_9.2\r\n\r\n"u8.ToArray());
        });
        var (exchange, _) = await SendAsync(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"), TestTarget.Profile());
        await served;
        Assert.Equal((Outcome.Failed, "protocol_error"), (exchange.Outcome, exchange.Reason));
    }

    [Fact]
    public async Task Stopping_drops_the_exchange_in_hand()
    {
        using var stop = new CancellationTokenSource();
        await using var target = await TestTarget.StartAsync(async context =>
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        var (_, reply) = await SendAsync(target.Address, TestTarget.Profile(), stop: stop.Token);
        Assert.False(reply.Ended);
    }

    [Fact]
    public async Task A_failures_text_is_kept_without_the_key()
    {
        await using var target = await TestTarget.StartAsync(context =>
        {
            context.Response.StatusCode = 500;
            return context.Response.WriteAsync("broken");
        });
        var (exchange, _) = await SendAsync(target.Address, TestTarget.Profile());
        Assert.Equal("POST /query\n\n{\"query\": \"why?\", \"stream\": false}", exchange.RequestText);
        Assert.Equal("broken", exchange.ResponseText);
    }
}

public class DotNetAnswerTests() : WireAnswerTests(WireKind.DotNet);

public class EpollAnswerTests() : WireAnswerTests(WireKind.Epoll);

public class SocketsAnswerTests() : WireAnswerTests(WireKind.Sockets);
