using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Xunit;
using static Loadline.Tests.Faults.Proxy.ProxyRig;

namespace Loadline.Tests.Faults.Proxy.Http;

/// <summary>Toxics on HTTP/1.1 and token streams, in virtual time.</summary>
public class HttpToxicTests
{
    private const string Get = "GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n";
    private const string Post = "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n{\"a\":1}";
    private const string ChunkedPost = "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4;x=y\r\n\":1}\r\n0\r\nTrailer: t\r\n\r\n";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    private const string StreamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n";
    private const string StreamEnd = "0\r\n\r\n";

    private static async Task<string> ReadAnswerAsync(Socket client)
    {
        var head = "";
        while (!head.EndsWith("\r\n\r\n", StringComparison.Ordinal))
            head += await ReadAsync(client, 1);
        var length = head.Split("\r\n").Single(line => line.StartsWith("Content-Length: ", StringComparison.Ordinal))["Content-Length: ".Length..];
        return head + await ReadAsync(client, int.Parse(length, CultureInfo.InvariantCulture));
    }

    private static string Event(int number) => Chunk($"data: {{\"token\":{number}}}\n\n");

    private static string Chunk(string text) => $"{text.Length:x}\r\n{text}\r\n";

    private static async Task AnswerAsync(ProxyRig rig, Socket client, Socket server, string request, string response)
    {
        await client.SendAsync(Encoding.ASCII.GetBytes(request));
        Assert.Equal(request, await ReadAsync(server, request.Length));
        await rig.SendDownAsync(server, response);
    }

    [Theory]
    [InlineData(Get)]
    [InlineData(Post)]
    [InlineData(ChunkedPost)]
    public async Task Http_status_answers_in_the_servers_place_and_the_connection_lives_on(string request)
    {
        await using var rig = new ProxyRig();
        rig.Proxy.Add(Of("http_status", ("status", 429), ("retry_after", 3), ("first", 2)));
        var (client, server) = await rig.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            // Split wherever: here byte by byte.
            foreach (var each in Encoding.ASCII.GetBytes(request))
                await client.SendAsync(new[] { each });
            var answer = await ReadAnswerAsync(client);
            Assert.StartsWith("HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nContent-Length: ", answer);
            Assert.Contains("\r\nRetry-After: 3\r\n", answer);
            Assert.EndsWith(
                "\r\n\r\n{\"error\":{\"message\":\"Answered by Loadline\\u0027s proxy in the server\\u0027s place (toxic http_status_downstream).\",\"type\":\"requests\",\"param\":null,\"code\":\"rate_limit_exceeded\"}}", answer);
        }
        Assert.Equal(0, server.Available);
        await AnswerAsync(rig, client, server, request, Ok);
        Assert.Equal(Ok, await ReadAsync(client, Ok.Length));
        Assert.Equal(2, rig.Proxy.Met("http_status_downstream"));
    }

    [Fact]
    public async Task Http_status_answers_HEAD_without_a_body_and_closes_if_the_client_closes()
    {
        await using var rig = new ProxyRig();
        rig.Proxy.Add(Of("http_status", ("status", 503)));
        var (client, _) = await rig.ConnectAsync();
        await client.SendAsync("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"u8.ToArray());
        var answer = await ReadToEndAsync(client);
        Assert.StartsWith("HTTP/1.1 503 Service Unavailable\r\n", answer);
        Assert.EndsWith("\r\nConnection: close\r\n\r\n", answer);
    }

    [Fact]
    public async Task Http_status_answers_pipelined_requests_in_their_turn()
    {
        await using var rig = new ProxyRig();
        rig.Proxy.Add(Of("http_status", ("status", 500), ("first", 1)) with { Name = "later", Toxicity = 0 });
        var (client, server) = await rig.ConnectAsync();
        await client.SendAsync(Encoding.ASCII.GetBytes(Get));
        Assert.Equal(Get, await ReadAsync(server, Get.Length));
        rig.Proxy.Update("later", toxicity: 1);
        await rig.SendUpAsync(client, Get);
        Assert.Equal((0, 0), (server.Available, client.Available));
        await rig.SendDownAsync(server, Ok);
        Assert.Equal(Ok + "HTTP/1.1 500 Internal", await ReadAsync(client, Ok.Length + 21));
    }

    [Fact]
    public async Task Late_first_token_lets_the_head_pass_and_delays_the_body()
    {
        await using var rig = new ProxyRig();
        rig.Proxy.Add(Of("late_first_token", ("delay", 2000)));
        var (client, server) = await rig.ConnectAsync();
        var body = Event(0) + Event(1) + StreamEnd;
        await AnswerAsync(rig, client, server, Post, StreamHead + body);
        Assert.Equal(StreamHead, await ReadAsync(client, StreamHead.Length));
        rig.Advance(1999);
        await rig.SentDownAsync(StreamHead.Length);
        rig.Advance(1);
        Assert.Equal(body, await ReadAsync(client, body.Length));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(1000)]
    public async Task Stall_is_a_gap_after_so_many_events_wherever_the_bytes_are_split(int split)
    {
        await using var rig = new ProxyRig();
        rig.Proxy.Add(Of("stall", ("events", 2), ("delay", 500)));
        var (client, server) = await rig.ConnectAsync();
        await client.SendAsync(Encoding.ASCII.GetBytes(Post));
        await ReadAsync(server, Post.Length);
        // A comment is no event, and two events may share a chunk, or one have two.
        var before = StreamHead + Chunk(": hello\n\n") + Event(0) + "13\r\ndata: {\"token\":1}\n\n";
        var after = "\r\n" + Chunk("data: 2\r\n") + Chunk("\r\ndata: 3\r\n\r\n") + StreamEnd;
        foreach (var piece in (before + after).Chunk(split))
            await rig.SendDownAsync(server, new string(piece));
        Assert.Equal(before, await ReadAsync(client, before.Length));
        rig.Advance(499);
        await rig.SentDownAsync(before.Length);
        rig.Advance(1);
        Assert.Equal(after, await ReadAsync(client, after.Length));
    }

    [Fact]
    public async Task Stall_0_stops_a_stream_until_the_toxic_goes()
    {
        await using var rig = new ProxyRig();
        rig.Proxy.Add(Of("stall"));
        var (client, server) = await rig.ConnectAsync();
        await AnswerAsync(rig, client, server, Post, StreamHead + Event(0) + Event(1) + StreamEnd);
        var before = StreamHead.Length + Event(0).Length - 2;
        await ReadAsync(client, before);
        rig.Advance(3_600_000);
        await rig.SentDownAsync(before);
        // Others of its sort come and go without letting it on.
        rig.Proxy.Add(Of("cut", ("events", 50)));
        rig.Proxy.Remove("cut_downstream");
        await rig.SentDownAsync(before);
        rig.Proxy.Remove("stall_downstream");
        Assert.Equal("\r\n" + Event(1) + StreamEnd, await ReadAsync(client, 2 + Event(1).Length + StreamEnd.Length));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Cut_ends_the_connection_after_so_many_events_without_an_end(int events)
    {
        await using var rig = new ProxyRig();
        rig.Proxy.Add(Of("cut", ("events", events)));
        var (client, server) = await rig.ConnectAsync();
        await AnswerAsync(rig, client, server, Post, StreamHead + Event(0) + Event(1) + Event(2) + Event(3) + StreamEnd);
        var expected = StreamHead + string.Concat(Enumerable.Range(0, events).Select(Event));
        Assert.Equal(events == 0 ? expected : expected[..^2], await ReadToEndAsync(client));
    }

    [Theory]
    [InlineData("Content-Length: 36\r\n")]
    [InlineData("")]
    public async Task Lines_count_as_events_and_bodies_end_by_length_or_with_the_connection(string length)
    {
        await using var rig = new ProxyRig();
        rig.Proxy.Add(Of("cut", ("events", 2)));
        var (client, server) = await rig.ConnectAsync();
        var head = $"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n{length}\r\n";
        await AnswerAsync(rig, client, server, Post, head + "{\"token\":1}\n{\"token\":2}\n{\"token\":3}\n");
        Assert.Equal(head + "{\"token\":1}\n{\"token\":2}\n", await ReadToEndAsync(client));
    }

    [Fact]
    public async Task On_an_open_connection_they_act_from_the_next_request_on()
    {
        await using var rig = new ProxyRig();
        var (client, server) = await rig.ConnectAsync();
        await AnswerAsync(rig, client, server, Post, StreamHead + Event(0));
        await ReadAsync(client, (StreamHead + Event(0)).Length);
        rig.Proxy.Add(Of("cut", ("events", 1)));
        await rig.SendDownAsync(server, Event(1) + Event(2) + StreamEnd);
        await ReadAsync(client, (Event(1) + Event(2) + StreamEnd).Length);
        await AnswerAsync(rig, client, server, Post, StreamHead + Event(0) + Event(1));
        Assert.Equal((StreamHead + Event(0))[..^2], await ReadToEndAsync(client));
    }

    [Fact]
    public async Task What_isnt_HTTP_passes_untouched_and_is_counted()
    {
        await using var rig = new ProxyRig();
        rig.Proxy.Add(Of("http_status"));
        rig.Proxy.Add(Of("cut"));
        var (client, server) = await rig.ConnectAsync();
        await AnswerAsync(rig, client, server, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\0\0\u0012");
        Assert.Equal("\0\0\u0012", await ReadAsync(client, 3));
        await client.SendAsync(Encoding.ASCII.GetBytes(Get));
        Assert.Equal(Get, await ReadAsync(server, Get.Length));
        Assert.Equal(1, rig.Proxy.Counters.Unread);
    }

    [Fact]
    public async Task An_answer_to_HEAD_and_interim_answers_are_followed()
    {
        await using var rig = new ProxyRig();
        rig.Proxy.Add(Of("cut", ("events", 1)));
        var (client, server) = await rig.ConnectAsync();
        await AnswerAsync(rig, client, server, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", StreamHead);
        Assert.Equal(StreamHead, await ReadAsync(client, StreamHead.Length));
        const string Interim = "HTTP/1.1 100 Continue\r\n\r\n";
        await AnswerAsync(rig, client, server, Post, Interim + StreamHead + Event(0) + Event(1));
        Assert.Equal(Interim + (StreamHead + Event(0))[..^2], await ReadToEndAsync(client));
    }
}
