using System.Text;
using Loadline.Tests.Targets.Speakers;
using Loadline.Wire;
using Xunit;

namespace Loadline.Tests.Targets;

/// <summary>
/// Every profile's framing on virtual time: the head at once, the first token at 300 ms, twenty tokens 50 ms apart, however the bytes are split.
/// <code>
/// 0 ms       300    350    400         1250 ms
/// head …     t1     t2     t3    …     t20      TTFT 300 ms, 19 gaps of 50 ms, 19 ÷ 0.95 s = 20 tokens/s
/// </code>
/// </summary>
public class StreamTimingTests
{
    private const int Tokens = 20;

    public static TheoryData<string> Streaming => [.. ProfileConversationTests.Streaming.Select(row => row.Data).Append("rag")];

    [Theory]
    [MemberData(nameof(Streaming))]
    public void First_token_gaps_and_speed_are_right_wherever_bytes_are_split(string name)
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var (exchange, reading) = Read(name, Timed(name, new Random(seed)));
            Assert.Null(exchange.Reason);
            Assert.Equal(300_000_000, exchange.FirstContent - exchange.Sent);
            Assert.Equal(Enumerable.Repeat(50_000_000L, Tokens - 1), exchange.TokenGaps!);
            Assert.Equal(Tokens, exchange.Tokens);
            Assert.Equal(20.0, (Tokens - 1) / ((exchange.LastContent - exchange.FirstContent) / 1e9), 6);
            Assert.True(reading.Ended);
            Assert.Equal(ProfileConversationTests.Speakers[name]().Tokens, reading.Tokens);
            Assert.Equal(ProfileConversationTests.Speakers[name]().Cites && name != "haystack", reading.ExpectedCited);
        }
    }

    [Theory]
    [MemberData(nameof(Streaming))]
    public void A_stream_in_two_parts_is_the_same_at_every_byte(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(ProfileConversationTests.Speakers[name]().Stream(["Größe ", "“x”", " 水", "."], "d7").Select(one => one.Text)));
        for (var at = 0; at <= bytes.Length; at++)
        {
            var (exchange, reading) = Read(name, [(0, bytes[..at]), (0, bytes[at..])]);
            Assert.Equal((null, 4), (exchange.Reason, exchange.Tokens));
            Assert.True(reading.Ended);
        }
    }

    [Theory]
    [MemberData(nameof(Streaming))]
    public void A_stream_that_is_cut_before_its_end_is_never_whole(string name)
    {
        var speaker = ProfileConversationTests.Speakers[name]();
        var events = speaker.Stream(["a ", "b ", "c"], "d7").Select(one => one.Text).ToList();
        // The end marker is the last event, or the one before the done message that may follow it.
        var ends = name is "kernel-memory" ? events.Count - 2 : events.Count - 1;
        var bytes = Encoding.UTF8.GetBytes(string.Concat(events.Take(ends)));
        for (var length = 0; length <= bytes.Length; length++)
        {
            var (exchange, _) = Read(name, [(0, bytes[..length])]);
            Assert.Equal(Reasons.StreamCut, exchange.Reason);
        }
    }

    // What doesn't bring text comes with what follows it; each event's last byte comes at its time, its first ones up to 40 ms before.
    private static List<(int At, byte[] Bytes)> Timed(string name, Random random)
    {
        var parts = new List<(int, byte[])>();
        var at = 0;
        var tokens = 0;
        foreach (var (text, content) in ProfileConversationTests.Speakers[name]().Stream([.. Enumerable.Range(0, Tokens).Select(index => $"wörd{index} ")], "d7"))
        {
            if (content)
                at = 300 + (50 * tokens++);
            var bytes = Encoding.UTF8.GetBytes(text);
            var early = content ? random.Next(0, 40) : 0;
            var from = 0;
            while (from < bytes.Length)
            {
                var to = Math.Min(bytes.Length, from + random.Next(1, 30));
                parts.Add((to == bytes.Length ? at : at - early, bytes[from..to]));
                from = to;
            }
        }
        return parts;
    }

    // Each part arrives at its time.
    private static (Exchange Exchange, AnswerReading Reading) Read(string name, IEnumerable<(int At, byte[] Bytes)> parts)
    {
        var stream = Speaker.ProfileOf(name).Operations["query"].Stream!;
        var exchange = new Exchange { Operation = "query", Sent = 0 };
        var reading = new AnswerReading();
        reading.Reset("d7");
        using var intake = new StreamIntake(new WireOptions { BaseAddress = new Uri("http://x"), Timeout = TimeSpan.FromSeconds(60) });
        intake.Begin(stream, exchange, reading);
        var now = 0L;
        foreach (var (at, bytes) in parts)
        {
            if (bytes.Length == 0)
                continue;
            now = Math.Max(now, at * 1_000_000L);
            exchange.BytesReceived += bytes.Length;
            if (intake.Take(bytes, now) != BodyStep.More)
                return (exchange, reading);
        }
        intake.EndOfBody(now);
        return (exchange, reading);
    }
}
