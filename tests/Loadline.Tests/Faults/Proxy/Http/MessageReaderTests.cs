using System.Text;
using CsCheck;
using Loadline.Faults.Proxy.Http;
using Xunit;

namespace Loadline.Tests.Faults.Proxy.Http;

/// <summary>Bytes come out as they went in, wherever they are split and whatever they are.</summary>
public class MessageReaderTests
{
    private static readonly string[] Responses =
    [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\n9;a=b\r\ndata: 1\n\n\r\na\r\ndata: 22\n\n\r\n0\r\nX: y\r\n\r\n",
        "HTTP/1.1 304 Not Modified\nContent-Length: 12\n\n",
        "\r\nHTTP/1.0 500 Oops\r\nContent-Length: 0\r\n\r\n",
    ];

    private static readonly string[] Scraps =
        ["HTTP/1.1 ", "200", " OK", "\r\n", "\n", "\r\n\r\n", "Content-Length: 3", "Transfer-Encoding: chunked", "5", "hello", "x", ":"];

    [Fact]
    public void Messages_end_where_they_end_however_they_are_split() =>
        Gen.Select(Gen.Int[0, Responses.Length - 1].Array[1, 8], Gen.Int[1, 40].Array[1, 60]).Sample((which, splits) =>
        {
            var text = string.Concat(which.Select(each => Responses[each]));
            var (passed, ends, unread) = Read(new MessageReader(requests: false), text, splits);
            Assert.Equal((text, which.Length, false), (passed, ends, unread));
        });

    [Fact]
    public void Whatever_comes_comes_out_again() =>
        Gen.Select(Gen.Int[0, Scraps.Length - 1].Select(each => Scraps[each]).Array[0, 20], Gen.Int[1, 9].Array[1, 30]).Sample((parts, splits) =>
            Assert.Equal(string.Concat(parts), Read(new MessageReader(requests: false), string.Concat(parts), splits).Passed));

    private static (string Passed, int Ends, bool Unread) Read(MessageReader reader, string text, int[] splits)
    {
        var passed = new StringBuilder();
        var (ends, unread) = (0, false);
        for (int at = 0, i = 0; at < text.Length; i++)
        {
            var count = Math.Min(splits[i % splits.Length], text.Length - at);
            ReadOnlySpan<byte> chunk = Encoding.ASCII.GetBytes(text.Substring(at, count));
            at += count;
            for (var more = !unread; more;)
            {
                switch (reader.Next(ref chunk, out var bytes, out _))
                {
                    case MessageStep.More:
                        more = false;
                        break;
                    case MessageStep.Head:
                        passed.Append(Encoding.ASCII.GetString(reader.HeadBytes));
                        break;
                    case MessageStep.Body:
                        passed.Append(Encoding.ASCII.GetString(bytes));
                        break;
                    case MessageStep.End:
                        ends++;
                        break;
                    default:
                        passed.Append(Encoding.ASCII.GetString(reader.HeadBytes));
                        reader.Clear();
                        (unread, more) = (true, false);
                        break;
                }
            }
            passed.Append(Encoding.ASCII.GetString(chunk));
        }
        return (passed.Append(Encoding.ASCII.GetString(reader.Kept)).ToString(), ends, unread);
    }

    [Theory]
    [InlineData("data: 1\n\ndata: 2\n\n", "data: 1\n\n|data: 2\n\n|")]
    [InlineData("data: 1\r\n\r\ndata\r\n\r\n", "data: 1\r\n\r\n|data\r\n\r\n|")]
    [InlineData("data: 1\r\rdata:\r\r", "data: 1\r\r|data:\r\r|")]
    [InlineData(": ping\n\nevent: x\n\ndata: 1\ndata: 2\n\n\n\n", ": ping\n\nevent: x\n\ndata: 1\ndata: 2\n\n|\n\n")]
    [InlineData("database: 1\n\ndat\n\nxdata: 1\n\n", "database: 1\n\ndat\n\nxdata: 1\n\n")]
    public void Events_are_blocks_with_data(string body, string expected) => Assert.Equal(expected, Count(Pieces.Events, body));

    [Theory]
    [InlineData("{}\n{}\n\n{}", "{}\n|{}\n|\n{}")]
    [InlineData("{}\r\n{}\r\n", "{}\r\n|{}\r\n|")]
    public void Lines_are_lines_with_something_on_them(string body, string expected) => Assert.Equal(expected, Count(Pieces.Lines, body));

    private static string Count(Pieces pieces, string body)
    {
        var counter = new PieceCounter(pieces);
        var text = new StringBuilder();
        ReadOnlySpan<byte> bytes = Encoding.ASCII.GetBytes(body);
        while (!bytes.IsEmpty)
        {
            var count = counter.Take(bytes, out var ended);
            text.Append(Encoding.ASCII.GetString(bytes[..count])).Append(ended ? "|" : "");
            bytes = bytes[count..];
        }
        return text.ToString();
    }
}
