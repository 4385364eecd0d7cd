using System.Net;
using System.Net.Sockets;
using Loadline.Targets;
using Loadline.Testing;
using Loadline.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loadline.Tests.Testing;

/// <summary>What becomes of one exchange whose operation is code.</summary>
public class CodeWireTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Times_are_those_at_which_the_code_said_so()
    {
        var time = new FakeTimeProvider();
        var exchange = await SendAsync(call =>
        {
            time.Advance(TimeSpan.FromMilliseconds(300));
            call.Token(""); // a role, no content
            time.Advance(TimeSpan.FromMilliseconds(10));
            call.FirstByte();
            foreach (var gap in (int[])[90, 50, 60])
            {
                time.Advance(TimeSpan.FromMilliseconds(gap));
                call.Token("word ");
            }
            time.Advance(TimeSpan.FromMilliseconds(5));
            return Task.CompletedTask;
        }, time: time);
        Assert.Equal((Outcome.Ok, 3), (exchange.Outcome, exchange.Tokens));
        Assert.Equal([310, 400, 510, 515], new[] { exchange.FirstByte, exchange.FirstContent, exchange.LastContent, exchange.End }.Select(at => (at - exchange.Sent) / 1_000_000));
        Assert.Equal([50, 60], exchange.TokenGaps!.Select(gap => gap / 1_000_000));
    }

    [Fact]
    public async Task What_the_target_counts_comes_before_what_was_seen()
    {
        var exchange = await SendAsync(call =>
        {
            call.Token("two words");
            call.Tokens(17);
            return Task.CompletedTask;
        });
        Assert.Equal(17, exchange.Tokens);
    }

    [Fact]
    public async Task Each_way_to_end_is_an_outcome_of_its_own()
    {
        await EndsAsync(Outcome.Ok, null, _ => Task.CompletedTask);
        await EndsAsync(Outcome.Degraded, null, call => Said(() => call.Degraded("reranking")));
        await EndsAsync(Outcome.Throttled, "throttled", call => Said(() => call.Throttled(TimeSpan.FromSeconds(3))));
        await EndsAsync(Outcome.Failed, "no_answer", call => Said(() => call.Failed("no_answer")));
        await EndsAsync(Outcome.Failed, "FormatException", _ => throw new FormatException("odd"));
        await EndsAsync(Outcome.Failed, "http_503", _ => throw new HttpRequestException("down", null, HttpStatusCode.ServiceUnavailable));
        await EndsAsync(Outcome.Throttled, "throttled", _ => throw new HttpRequestException("slow down", null, HttpStatusCode.TooManyRequests));
        await EndsAsync(Outcome.Failed, "connect_refused", _ => throw new HttpRequestException("refused", new SocketException((int)SocketError.ConnectionRefused)));
        await EndsAsync(Outcome.TimedOut, "timeout", _ => throw new TimeoutException());
        await EndsAsync(Outcome.TimedOut, "timeout", _ => throw new TaskCanceledException("the client's own limit"));

        static Task Said(Action say)
        {
            say();
            return Task.CompletedTask;
        }

        static async Task EndsAsync(Outcome outcome, string? reason, Func<OperationCall, Task> code)
        {
            var exchange = await SendAsync(code);
            Assert.Equal((outcome, reason), (exchange.Outcome, exchange.Reason));
            Assert.True(exchange.End >= exchange.Sent && exchange.Sent >= 0);
            Assert.Equal(reason is null, exchange.FirstByte >= 0);
        }
    }

    [Fact]
    public async Task Code_that_does_not_heed_its_time_out_is_left_behind_and_what_it_says_then_counts_for_nothing()
    {
        var time = new FakeTimeProvider();
        var (begun, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        OperationCall? late = null;
        using var wire = Wire(async call =>
        {
            late = call;
            call.Token("a");
            begun.SetResult();
            await release.Task;
        }, time);
        var exchange = new Exchange { Operation = "query" };
        var sending = wire.SendAsync(Request(), exchange, default);
        await begun.Task;
        time.Advance(Timeout);
        Assert.True((await sending).Ended);
        Assert.Equal((Outcome.TimedOut, "timeout", 1), (exchange.Outcome, exchange.Reason, exchange.Tokens));
        Assert.Equal(Timeout, TimeSpan.FromMicroseconds((exchange.End - exchange.Sent) / 1000));
        Assert.True(late!.Stop.IsCancellationRequested);
        late.Token("b");
        late.Failed("late");
        release.SetResult();
        Assert.Equal((1, "timeout"), (exchange.Tokens, exchange.Reason));
        Assert.Empty(exchange.TokenGaps!);
    }

    [Fact]
    public async Task A_stopped_run_drops_the_exchange()
    {
        using var stop = new CancellationTokenSource();
        using var wire = Wire(async call =>
        {
            await stop.CancelAsync();
            await Task.Delay(System.Threading.Timeout.Infinite, call.Stop);
        }, TimeProvider.System);
        Assert.False((await wire.SendAsync(Request(), new Exchange { Operation = "query" }, stop.Token)).Ended);
    }

    [Fact]
    public async Task Code_runs_on_the_pool_so_that_it_may_block()
    {
        using var held = new ManualResetEventSlim();
        using var wire = Wire(_ =>
        {
            held.Wait();
            return Task.CompletedTask;
        }, TimeProvider.System);
        var sending = wire.SendAsync(Request(), new Exchange { Operation = "query" }, default); // would not return otherwise
        Assert.False(sending.IsCompleted);
        held.Set();
        Assert.True((await sending).Ended);
    }

    [Theory]
    [InlineData(true, "d1", "d7")]
    [InlineData(false, "d1")]
    [InlineData(false)]
    [InlineData(null, null)]
    public async Task An_answer_is_right_when_it_cites_what_the_question_is_about(bool? right, params string[]? cited)
    {
        var exchange = await SendAsync(call =>
        {
            if (cited is not null)
                call.Cited(cited);
            return Task.CompletedTask;
        }, request: Request("d7"));
        Assert.Equal(right, exchange.Correct);
    }

    [Fact]
    public async Task What_failed_is_shown_without_the_users_key()
    {
        var request = Request();
        request.Values.Key = "planted-key-0001";
        request.Values.Question = "Why?";
        var exchange = await SendAsync(call => throw new InvalidOperationException($"refused {call.Key}"), request: request);
        Assert.Equal("query (C#)\n\nWhy?", exchange.RequestText);
        Assert.StartsWith("System.InvalidOperationException: refused •••", exchange.ResponseText, StringComparison.Ordinal);
    }

    private static async Task<Exchange> SendAsync(Func<OperationCall, Task> code, TimeProvider? time = null, WireRequest? request = null)
    {
        using var wire = Wire(code, time ?? TimeProvider.System);
        var exchange = new Exchange { Operation = "query" };
        Assert.True((await wire.SendAsync(request ?? Request(), exchange, default)).Ended);
        return exchange;
    }

    private static CodeWire Wire(Func<OperationCall, Task> code, TimeProvider time)
    {
        return new CodeWire(
            new Dictionary<string, CodeOperation> { ["query"] = CodeOperation.Asks(code) }, null, LoadTest.Bare,
            new WireOptions { BaseAddress = new Uri("code://operations"), Timeout = Timeout }, new RunClock(time));
    }

    private static WireRequest Request(string? expected = null) => new()
    {
        Operation = CodeOperation.Asks(_ => Task.CompletedTask).Profile("query", null),
        Values = new TemplateValues(),
        ExpectedDocument = expected,
    };
}
