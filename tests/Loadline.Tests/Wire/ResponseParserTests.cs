using System.Text;
using CsCheck;
using Loadline.Wire.Lean;
using Xunit;

namespace Loadline.Tests.Wire;

public class ResponseParserTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd", "200 keep [abc] End")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", "200 keep [ab] More")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 1\n\na", "200 keep [a] End")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", "200 close [a] End")]
    [InlineData("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na", "200 keep [a] End")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 7\r\n\r\n1\r\na\r\n0\r\n\r\n", "200 close [a] End")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "200 keep [] End")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nabc", "200 close [abc] More")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\n\r\n", "Malformed")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "Malformed")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\nabcd", "Malformed")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "Malformed")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na", "Malformed")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "Malformed")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n 2\r\n\r\nab", "Malformed")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\na", "Malformed")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "Malformed")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", "200 keep [] Malformed")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", "200 keep [] Malformed")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000000000000000\r\n", "200 keep [] Malformed")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", "200 keep [a] Malformed")]
    [InlineData("HTTP/2 200\r\n\r\n", "Malformed")]
    [InlineData("HTTP/1.1 099 Low\r\n\r\n", "Malformed")]
    [InlineData("<html>", "Malformed")]
    public void A_response_is_read_as_the_standard_says_wherever_it_is_split(string response, string expected)
    {
        var bytes = Encoding.Latin1.GetBytes(response);
        Assert.Equal(expected, Read(bytes, bytes.Length));
        for (var size = 1; size < Math.Min(bytes.Length, 9); size++)
            Assert.Equal(expected, Read(bytes, size));
    }

    [Fact]
    public void A_head_and_trailers_over_the_limit_are_refused()
    {
        var head = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nX: {new string('x', 3000)}\r\n\r\n");
        Assert.Equal("TooLarge", Read(head, head.Length));
        Assert.Equal("TooLarge", Read(head, 100));
        var trailers = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: {new string('x', 3000)}\r\n\r\n");
        Assert.Equal("200 keep [] TooLarge", Read(trailers, trailers.Length));
    }

    [Fact]
    public void A_server_that_says_continue_for_ever_is_refused() =>
        Assert.Equal("Malformed", Read(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 40))), 7));

    [Fact]
    public void A_body_in_chunks_is_the_body_whatever_the_chunks_and_wherever_they_are_split()
    {
        var chunk = Gen.Select(Gen.String[Gen.Char['a', 'z'], 1, 40], Gen.Bool, (text, extended) => (text, extended));
        Gen.Select(chunk.Array[0, 12], Gen.Int[1, 9], Gen.Bool).Sample((chunks, size, trailers) =>
        {
            var wire = new StringBuilder("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            foreach (var (text, extended) in chunks)
                wire.Append($"{text.Length:X}{(extended ? ";a=\"b;c\"" : "")}\r\n{text}\r\n");
            wire.Append("0\r\n").Append(trailers ? "A: b\r\nC: d\r\n" : "").Append("\r\n");
            var expected = $"200 keep [{string.Concat(chunks.Select(c => c.text))}] End";
            Assert.Equal(expected, Read(Encoding.ASCII.GetBytes(wire.ToString()), size));
        });
    }

    internal static string Read(byte[] bytes, int size, int maxHeadBytes = 2048)
    {
        using var parser = new ResponseParser(maxHeadBytes);
        parser.Begin(toHead: false);
        var (head, body) = ("", new StringBuilder());
        var last = ResponseStep.More;
        for (var at = 0; at < bytes.Length && last == ResponseStep.More; at += size)
        {
            ReadOnlySpan<byte> chunk = bytes.AsSpan(at, Math.Min(size, bytes.Length - at));
            do
            {
                last = parser.Next(ref chunk, out var piece);
                if (last == ResponseStep.Head)
                    head = $"{parser.Head.Status} {(parser.Head.Persistent ? "keep" : "close")}";
                body.Append(Encoding.Latin1.GetString(piece));
            }
            while (last is ResponseStep.Head or ResponseStep.Body);
        }
        return head.Length == 0 ? last.ToString() : $"{head} [{body}] {last}";
    }
}
