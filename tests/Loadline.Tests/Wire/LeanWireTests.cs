using System.Text;
using Loadline.Wire;
using Loadline.Wire.Lean;
using Xunit;

namespace Loadline.Tests.Wire;

/// <summary>What only the wire of our own does.</summary>
public class LeanWireTests
{
    private static readonly byte[] Answer = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_request_that_meets_a_closing_connection_is_sent_once_more_and_counted(bool epoll)
    {
        // The first connection takes a second request and closes without a byte, as one does whose idle time is just over.
        await using var server = RawServer.Start(async (socket, number, end) =>
        {
            await RawServer.ReceiveRequestAsync(socket, end);
            await socket.SendAsync(Answer, end);
            await RawServer.ReceiveRequestAsync(socket, end);
            if (number > 1)
                await socket.SendAsync(Answer, end);
        });
        using var wire = Open(server, epoll);
        var (first, _) = await SendAsync(wire);
        var (second, _) = await SendAsync(wire);
        Assert.Equal((Outcome.Ok, Outcome.Ok, 1L, 2), (first.Outcome, second.Outcome, wire.SentAgain, server.Connections));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_answered_in_part_is_not_sent_again(bool epoll)
    {
        await using var server = RawServer.Start(async (socket, _, end) =>
        {
            await RawServer.ReceiveRequestAsync(socket, end);
            await socket.SendAsync(Answer, end);
            await RawServer.ReceiveRequestAsync(socket, end);
            await socket.SendAsync("HTTP/1.1 2"u8.ToArray(), end);
        });
        using var wire = Open(server, epoll);
        await SendAsync(wire);
        var (second, _) = await SendAsync(wire);
        Assert.Equal((Outcome.Failed, "reset", 0L), (second.Outcome, second.Reason, wire.SentAgain));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_that_answers_before_it_has_read_the_request_gets_no_other_on_that_connection(bool epoll)
    {
        await using var server = RawServer.Start(async (socket, _, end) =>
        {
            await socket.ReceiveAsync(new byte[100], end);
            await socket.SendAsync("HTTP/1.1 413 Too Much\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), end);
            await Task.Delay(Timeout.Infinite, end);
        });
        using var wire = Open(server, epoll);
        for (var i = 0; i < 2; i++)
        {
            var exchange = new Exchange { Operation = "query" };
            await wire.SendAsync(Request(new string('q', 12_000_000)), exchange, default);
            Assert.Equal((Outcome.Failed, "http_413"), (exchange.Outcome, exchange.Reason));
        }
        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public async Task Bytes_after_an_answer_end_the_connection_and_not_the_answer()
    {
        await using var server = RawServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}surprise");
        using var wire = Open(server, epoll: true);
        var (first, _) = await SendAsync(wire);
        var (second, _) = await SendAsync(wire);
        Assert.Equal((Outcome.Ok, Outcome.Ok, 2), (first.Outcome, second.Outcome, server.Connections));
    }

    [Fact]
    public async Task Stopping_drops_every_exchange_in_hand_at_once()
    {
        var arrived = new SemaphoreSlim(0);
        await using var server = RawServer.Start(async (socket, _, end) =>
        {
            await RawServer.ReceiveRequestAsync(socket, end);
            arrived.Release();
            await Task.Delay(Timeout.Infinite, end);
        });
        using var wire = Open(server, epoll: true);
        using var stop = new CancellationTokenSource();
        var sending = Enumerable.Range(0, 50).Select(_ => SendAsync(wire, stop.Token)).ToList();
        for (var i = 0; i < sending.Count; i++)
            await arrived.WaitAsync();
        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(sending), sent => Assert.False(sent.Reply.Ended));
    }

    [Fact]
    public async Task Disposing_ends_what_is_in_hand()
    {
        var arrived = new TaskCompletionSource();
        await using var server = RawServer.Start(async (socket, _, end) =>
        {
            await RawServer.ReceiveRequestAsync(socket, end);
            arrived.SetResult();
            await Task.Delay(Timeout.Infinite, end);
        });
        var wire = Open(server, epoll: true);
        var sending = SendAsync(wire);
        await arrived.Task;
        wire.Dispose();
        Assert.False((await sending).Reply.Ended);
    }

    [Fact]
    public async Task An_exchange_whose_caller_may_go_on_here_allocates_next_to_nothing()
    {
        await using var server = RawServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        using var wire = Open(server, epoll: true);
        if (!wire.UsesEpoll)
            return;
        Assert.InRange(await LeastAllocatedAsync(wire), 0, 64);
    }

    // The loop's thread sends and receives all of a round but its first: what that thread allocates is what the wire does. Slow exchanges keep their text, so the least of some rounds counts.
    private static async Task<long> LeastAllocatedAsync(LeanWire wire)
    {
        const int each = 20;
        var exchange = new Exchange { Operation = "query" };
        var request = Request();
        request.ContinuesOnWire = true;
        var (before, least, thread) = (0L, long.MaxValue, 0);
        for (var round = 0; round < 30; round++)
        {
            for (var i = 0; i < each; i++)
            {
                if (i == 1)
                    (before, thread) = (GC.GetAllocatedBytesForCurrentThread(), Environment.CurrentManagedThreadId);
                exchange.Sent = Exchange.Never;
                exchange.End = Exchange.Never;
                await wire.SendAsync(request, exchange, default).ConfigureAwait(false);
            }
            // A round that another thread ends, as when an answer was there at once, compares two threads' counts and says nothing.
            if (Environment.CurrentManagedThreadId == thread)
                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(Outcome.Ok, exchange.Outcome);
        return least / (each - 1);
    }

    private static readonly Loadline.Targets.TargetProfile Profile = TestTarget.Profile();

    private static LeanWire Open(RawServer server, bool epoll) =>
        new(Profile, new WireOptions { BaseAddress = server.Address, Timeout = TimeSpan.FromSeconds(20) }, new RunClock(TimeProvider.System), epoll ? null : false);

    private static WireRequest Request(string question = "why?") => new() { Operation = Profile.Operations["query"], Values = new() { Question = question } };

    private static async Task<(Exchange Exchange, WireReply Reply)> SendAsync(LeanWire wire, CancellationToken stop = default)
    {
        var exchange = new Exchange { Operation = "query" };
        return (exchange, await wire.SendAsync(Request(), exchange, stop));
    }
}
