using System.Net;
using System.Net.Sockets;
using System.Text;
using Loadline.Wire;
using Xunit;

namespace Loadline.Tests.Wire;

/// <summary>Responses as servers really send them, byte for byte, and connections between them: what every wire makes of them.</summary>
public abstract class WireFramingTests(WireKind kind) : WireConformance(kind)
{
    private const string Body = "{\"answer\":\"x\"}";
    private const string Rules = "{ required: $.answer }";

    public static TheoryData<string, string, string?, int> Responses => new()
    {
        { "a length", $"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{Body}", null, 14 },
        { "names in any case, blanks around values", $"HTTP/1.1 200 OK\r\ncontent-LENGTH: \t 14 \r\n\r\n{Body}", null, 14 },
        { "no reason phrase", $"HTTP/1.1 200\r\nContent-Length: 14\r\n\r\n{Body}", null, 14 },
        { "chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"an\r\nA\r\nswer\":\"x\"}\r\n0\r\n\r\n", null, 14 },
        { "chunks with extensions and trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n004;a=b\r\n{\"an\r\na ; c=\"d\"\r\nswer\":\"x\"}\r\n0;z\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n", null, 14 },
        { "up to the end of the connection", $"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n{Body}", null, 14 },
        { "HTTP/1.0", $"HTTP/1.0 200 OK\r\n\r\n{Body}", null, 14 },
        { "interim answers before", $"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{Body}", null, 14 },
        { "no content", "HTTP/1.1 204 No Content\r\n\r\n", "http_204", 0 },
        { "not modified, with the length of what is not sent", "HTTP/1.1 304 Not Modified\r\nContent-Length: 14\r\n\r\n", "http_304", 0 },
        { "a length of nothing", "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "http_503", 0 },
        { "the same length twice", $"HTTP/1.1 200 OK\r\nContent-Length: 14\r\nContent-Length: 14\r\n\r\n{Body}", null, 14 },
        { "a folded field", $"HTTP/1.1 200 OK\r\nX-Long: a\r\n  b\r\nContent-Length: 14\r\n\r\n{Body}", null, 14 },
        { "a body that is cut", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"answer\":", "body_cut", 10 },
        { "chunks that are cut", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{\"answer\":", "body_cut", 10 },
        { "chunks without their end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ne\r\n" + Body + "\r\n", "body_cut", 14 },
        { "a head that is cut", "HTTP/1.1 200 OK\r\nContent-Le", "reset", 0 },
        { "nothing", "", "reset", 0 },
        { "a size that is no number", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "protocol_error", 0 },
        { "a status that is no number", "HTTP/1.1 2OO OK\r\nContent-Length: 0\r\n\r\n", "protocol_error", 0 },
        { "another protocol", "ICY 200 OK\r\n\r\n", "protocol_error", 0 },
        { "a field without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", "protocol_error", 0 },
    };

    [Theory]
    [MemberData(nameof(Responses))]
    public async Task A_response_is_read_as_its_framing_says(string name, string response, string? reason, int bytes)
    {
        await using var server = RawServer.Answering(response, close: true);
        var (exchange, _) = await SendAsync(server.Address, TestTarget.Profile(Rules));
        Assert.Equal((name, reason, bytes), (name, exchange.Reason, (int)exchange.BytesReceived));
    }

    [Theory]
    [MemberData(nameof(Responses))]
    public async Task Wherever_it_is_split_it_is_the_same(string name, string response, string? reason, int bytes)
    {
        await using var server = RawServer.Answering(response, close: true, splitAfter: 1);
        var (exchange, _) = await SendAsync(server.Address, TestTarget.Profile(Rules));
        Assert.Equal((name, reason, bytes), (name, exchange.Reason, (int)exchange.BytesReceived));
    }

    [Fact]
    public async Task A_head_without_end_is_too_large()
    {
        await using var server = RawServer.Start(async (socket, _, end) =>
        {
            await RawServer.ReceiveRequestAsync(socket, end);
            await socket.SendAsync("HTTP/1.1 200 OK\r\n"u8.ToArray(), end);
            var line = Encoding.ASCII.GetBytes($"X-A: {new string('a', 10_000)}\r\n");
            for (var i = 0; i < 20; i++)
                await socket.SendAsync(line, end);
        });
        var (exchange, _) = await SendAsync(server.Address, TestTarget.Profile(Rules));
        Assert.Equal((Outcome.Failed, "too_large"), (exchange.Outcome, exchange.Reason));
    }

    [Fact]
    public async Task One_connection_carries_one_exchange_after_another()
    {
        await using var server = RawServer.Answering($"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{Body}");
        var profile = TestTarget.Profile(Rules);
        using var wire = Open(profile, Options(server.Address), new RunClock(TimeProvider.System));
        for (var i = 0; i < 20; i++)
        {
            var exchange = new Exchange { Operation = "query" };
            await wire.SendAsync(Request(profile), exchange, default);
            Assert.Equal(Outcome.Ok, exchange.Outcome);
        }
        Assert.Equal(1, server.Connections);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 14\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: X-Other, Close\r\nContent-Length: 14\r\n\r\n")]
    public async Task A_connection_that_the_server_gives_up_is_not_used_again(string head)
    {
        await using var server = RawServer.Answering(head + Body);
        var profile = TestTarget.Profile(Rules);
        using var wire = Open(profile, Options(server.Address), new RunClock(TimeProvider.System));
        for (var i = 0; i < 3; i++)
        {
            var exchange = new Exchange { Operation = "query" };
            await wire.SendAsync(Request(profile), exchange, default);
            Assert.Equal(Outcome.Ok, exchange.Outcome);
        }
        Assert.Equal(3, server.Connections);
    }

    [Fact]
    public async Task A_connection_closed_while_it_rests_costs_nobody_an_answer()
    {
        var closed = new TaskCompletionSource();
        await using var server = RawServer.Start(async (socket, number, end) =>
        {
            while (await RawServer.ReceiveRequestAsync(socket, end) is not null)
            {
                await socket.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{Body}"), end);
                if (number > 1)
                    continue;
                socket.Shutdown(SocketShutdown.Both);
                socket.Close();
                closed.SetResult();
                return;
            }
        });
        var profile = TestTarget.Profile(Rules);
        using var wire = Open(profile, Options(server.Address), new RunClock(TimeProvider.System));
        var first = new Exchange { Operation = "query" };
        await wire.SendAsync(Request(profile), first, default);
        await closed.Task;
        var second = new Exchange { Operation = "query" };
        await wire.SendAsync(Request(profile), second, default);
        Assert.Equal((Outcome.Ok, Outcome.Ok, 2), (first.Outcome, second.Outcome, server.Connections));
    }

    [Fact]
    public async Task A_long_body_is_sent_whole_however_often_the_system_is_full()
    {
        long received = 0;
        await using var server = RawServer.Start(async (socket, _, end) =>
        {
            var text = await RawServer.ReceiveRequestAsync(socket, end);
            received = Encoding.UTF8.GetByteCount(text![(text!.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
            await socket.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{Body}"), end);
        });
        var profile = TestTarget.Profile(Rules);
        using var wire = Open(profile, Options(server.Address), new RunClock(TimeProvider.System));
        var exchange = new Exchange { Operation = "query" };
        await wire.SendAsync(Request(profile, question: new string('q', 12_000_000)), exchange, default);
        Assert.Equal((Outcome.Ok, exchange.BytesSent), (exchange.Outcome, received));
        Assert.InRange(received, 12_000_000, 12_000_100);
    }

    [Fact]
    public async Task The_request_is_what_the_profile_says_and_no_value_can_add_a_header_to_it()
    {
        var request = "";
        await using var server = RawServer.Start(async (socket, _, end) =>
        {
            request = await RawServer.ReceiveRequestAsync(socket, end) ?? "";
            await socket.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{Body}"), end);
        });
        var profile = TestTarget.Profile(Rules, transport: "headers: { X-Tenant: harbour }");
        using var wire = Open(profile, Options(new Uri(server.Address, "/base/")), new RunClock(TimeProvider.System));
        var asked = Request(profile, question: "żółć?");
        asked.Authorization = "secret key";
        await wire.SendAsync(asked, new Exchange { Operation = "query" }, default);
        var lines = request.Split("\r\n");
        Assert.Equal("POST /base/query HTTP/1.1", lines[0]);
        Assert.Contains($"Host: {server.Address.Authority}", lines);
        Assert.Contains("X-Tenant: harbour", lines);
        Assert.Contains("X-API-Key: secret key", lines);
        Assert.Contains("Content-Type: application/json", lines);
        Assert.Contains($"Content-Length: {Encoding.UTF8.GetByteCount("{\"query\": \"żółć?\", \"stream\": false}")}", lines);
        Assert.EndsWith("\r\n\r\n{\"query\": \"żółć?\", \"stream\": false}", request);
    }

    [Fact]
    public async Task IPv6_is_spoken_and_a_name_is_tried_at_each_of_its_addresses()
    {
        if (!Socket.OSSupportsIPv6)
            return;
        await using var server = RawServer.Answering($"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{Body}");
        // localhost may be ::1 first, where nothing listens.
        var (named, _) = await SendAsync(new Uri($"http://localhost:{server.Address.Port}"), TestTarget.Profile(Rules));
        Assert.Equal(Outcome.Ok, named.Outcome);
        await using var six = RawServer.Start(async (socket, _, end) =>
        {
            await RawServer.ReceiveRequestAsync(socket, end);
            await socket.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{Body}"), end);
        }, IPAddress.IPv6Loopback);
        var (numbered, _) = await SendAsync(six.Address, TestTarget.Profile(Rules));
        Assert.Equal(Outcome.Ok, numbered.Outcome);
    }

    [Fact]
    public async Task Fewer_connections_than_exchanges_are_taken_in_turn()
    {
        await using var server = RawServer.Answering($"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{Body}");
        var profile = TestTarget.Profile(Rules);
        using var wire = Open(profile, Options(server.Address) with { Connections = 2 }, new RunClock(TimeProvider.System));
        var exchanges = Enumerable.Range(0, 20).Select(_ => new Exchange { Operation = "query" }).ToList();
        await Task.WhenAll(exchanges.Select(exchange => wire.SendAsync(Request(profile), exchange, default).AsTask()));
        Assert.All(exchanges, exchange => Assert.Equal(Outcome.Ok, exchange.Outcome));
        Assert.InRange(server.Connections, 1, 2);
    }

    [Fact]
    public async Task Answers_never_reach_the_wrong_asker_whatever_is_stopped_or_late_beside_them()
    {
        // Each answer cites the question it answers; a third never comes, and a third is stopped under way.
        await using var server = RawServer.Start(async (socket, _, end) =>
        {
            while (await RawServer.ReceiveRequestAsync(socket, end) is { } request)
            {
                var question = request.Split("\"query\": \"")[1].Split('"')[0];
                if (question.EndsWith("-never", StringComparison.Ordinal))
                    continue;
                var body = $"{{\"answer\":\"x\",\"sources\":[\"{question}\"]}}";
                await socket.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body[..5]}"), end);
                await socket.SendAsync(Encoding.ASCII.GetBytes(body[5..]), end);
            }
        });
        var profile = TestTarget.Profile("{ required: $.answer, citations: \"$.sources[*]\" }");
        using var wire = Open(profile, Options(server.Address) with { Timeout = TimeSpan.FromMilliseconds(400) }, new RunClock(TimeProvider.System));
        var answered = 0;
        await Task.WhenAll(Enumerable.Range(0, 60).Select(async user =>
        {
            for (var i = 0; i < 15; i++)
            {
                var question = $"u{user}-{i}{(i == 7 && user % 3 == 0 ? "-never" : "")}";
                var exchange = new Exchange { Operation = "query" };
                using var stop = new CancellationTokenSource();
                var sending = wire.SendAsync(Request(profile, expected: question, question: question), exchange, user % 3 == 1 ? stop.Token : default);
                if (user % 3 == 1 && i % 2 == 1)
                    await stop.CancelAsync();
                if ((await sending).Ended && exchange.Outcome == Outcome.Ok)
                {
                    Assert.True(exchange.Correct, question);
                    Interlocked.Increment(ref answered);
                }
            }
        }));
        Assert.True(answered > 0);
    }
}

public class DotNetFramingTests() : WireFramingTests(WireKind.DotNet);

public class EpollFramingTests() : WireFramingTests(WireKind.Epoll);

public class SocketsFramingTests() : WireFramingTests(WireKind.Sockets);
