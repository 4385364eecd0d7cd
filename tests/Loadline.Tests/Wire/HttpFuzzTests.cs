using System.Text;
using CsCheck;
using Loadline.Targets;
using Loadline.Wire;
using Loadline.Wire.Lean;
using Xunit;

namespace Loadline.Tests.Wire;

/// <summary>
/// Responses that were damaged on the way, from the first byte of the head to the last event: nothing throws, nothing is read for ever, and where the bytes are split
/// changes nothing. Bounded here; <c>CsCheck_Time=600</c> in the environment makes it ten minutes.
/// </summary>
public class HttpFuzzTests
{
    private static readonly string[] Whole =
    [
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 47\r\n\r\n{\"answer\":\"x\",\"citations\":[{\"document_id\":\"d1\"}]}",
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n1d\r\nevent: token\ndata: {\"text\":\"a\r\n8\r\nb\"}\n\nev\r\n1c;x=y\r\nent: done\ndata: {}\n\n: bye.\n\n\r\n0\r\nA: b\r\n\r\n",
        "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nwait",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nevent: token\r\ndata: {\"text\":\"żółć\"}\r\n\r\ndata: [DONE]\r\n\r\n",
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\r\ndata:\r\n3\r\n a\n\r\n1\r\n\n\r\n0\r\n\r\n",
    ];

    private static readonly TargetProfile Profile = TestTarget.Profile("{ error: $.error, required: $.answer, citations: \"$.citations[*].document_id\" }");

    private static readonly byte[] Telling = [.. "\r\n: ;,0123456789abcdefHTP/.{}[]\"\\dataevn-\0\u007f"u8, 0x80, 0xC3, 0xFF];

    [Fact]
    public void Damaged_responses_are_read_to_one_end_wherever_they_are_split()
    {
        var edit = Gen.Select(Gen.Int[0, 400], Gen.Int[0, 3], Gen.Int[0, Telling.Length - 1], Gen.Int[1, 30]);
        Gen.Select(Gen.Int[0, Whole.Length - 1], edit.Array[0, 6], Gen.Int[1, 40], Gen.Bool).Sample((which, edits, size, streamed) =>
        {
            var bytes = Damaged(Encoding.UTF8.GetBytes(Whole[which]), edits);
            var atOnce = Read(bytes, bytes.Length, streamed);
            Assert.Equal(atOnce, Read(bytes, size, streamed));
        }, iter: 20_000);
    }

    private static byte[] Damaged(byte[] whole, (int At, int How, int What, int Length)[] edits)
    {
        var bytes = whole.ToList();
        foreach (var (at, how, what, length) in edits)
        {
            var place = at % (bytes.Count + 1);
            switch (how)
            {
                case 0:
                    bytes.Insert(place, Telling[what]);
                    break;
                case 1:
                    bytes.RemoveRange(place, Math.Min(length, bytes.Count - place));
                    break;
                case 2 when place < bytes.Count:
                    bytes[place] = Telling[what];
                    break;
                default:
                    bytes.InsertRange(place, bytes.GetRange(place, Math.Min(length, bytes.Count - place)));
                    break;
            }
        }
        return [.. bytes];
    }

    /// <summary>Drives parser and intake as a connection does, and says what became of the exchange.</summary>
    private static string Read(byte[] bytes, int size, bool streamed)
    {
        var options = new WireOptions { BaseAddress = new Uri("http://127.0.0.1"), Timeout = TimeSpan.FromSeconds(1), MaxHeadBytes = 500, MaxBodyBytes = 2000, MaxEventBytes = 300 };
        var clock = new RunClock(TimeProvider.System);
        using var intake = new AnswerIntake(new IntakeShared(Profile, options, clock));
        using var parser = new ResponseParser(options.MaxHeadBytes);
        var exchange = new Exchange { Operation = "query", Sent = 0 };
        intake.Begin(new WireRequest { Operation = Profile.Operations["query"], Values = new TemplateValues(), Streamed = streamed, ExpectedDocument = "d1" }, exchange);
        parser.Begin(toHead: false);
        Drive(bytes, size, intake, parser);
        var reply = intake.Conclude([]);
        Assert.True(exchange.End >= 0);
        return $"{exchange.Status} {exchange.Outcome} {exchange.Reason} {exchange.Tokens} {exchange.Correct} {reply.RetryAfter} {string.Join(',', exchange.DegradedParts)}";
    }

    private static void Drive(byte[] bytes, int size, AnswerIntake intake, ResponseParser parser)
    {
        for (var at = 0; at < bytes.Length; at += size)
        {
            ReadOnlySpan<byte> chunk = bytes.AsSpan(at, Math.Min(size, bytes.Length - at));
            for (var steps = 0; ; steps++)
            {
                Assert.True(steps <= bytes.Length + 2, "reads on without reading");
                var step = parser.Next(ref chunk, out var body);
                if (step == ResponseStep.More)
                    break;
                if (step == ResponseStep.Head)
                    intake.Head(parser.Head.Status, parser.Head.IsJson, RetryAfter.Parse(parser.Head.RetryAfter, new RunClock(TimeProvider.System)), 1);
                else if (step == ResponseStep.Body)
                {
                    if (intake.Take(body, 1) != BodyStep.More)
                        return;
                }
                else
                {
                    if (step == ResponseStep.End)
                        intake.EndOfBody(1);
                    else
                        intake.Break(Reasons.Protocol, Reasons.Protocol);
                    return;
                }
            }
        }
        if (parser.EndOfInput())
            intake.EndOfBody(1);
        else
            intake.Break(Reasons.Reset);
    }
}
