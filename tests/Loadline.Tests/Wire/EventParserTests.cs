using System.Text;
using CsCheck;
using Loadline.Targets;
using Loadline.Wire;
using Xunit;

namespace Loadline.Tests.Wire;

public class EventParserTests
{
    [Theory]
    [InlineData("data: a\n\ndata: b\n\n", "|a;|b")]
    [InlineData("data:a\r\n\r\ndata:  b\r\n\r\n", "|a;| b")]
    [InlineData("data: a\r\rdata: b\r\r", "|a;|b")]
    [InlineData("event: token\ndata: x\n\ndata: y\n\n", "token|x;|y")]
    [InlineData("data: one\ndata: two\ndata\n\n", "|one\ntwo\n")]
    [InlineData(": ping\n\n: ping\ndata: a\n: in between\n\n", "|a")]
    [InlineData("event: lonely\n\ndata: a\n\n", "|a")]
    [InlineData("id: 7\nretry: 10\ndata: a\nunknown: z\n\n", "|a")]
    [InlineData("\uFEFFdata: a\n\n", "|a")]
    [InlineData("data: [DONE]", "|[DONE]")]
    [InlineData("data: [DONE]\n", "|[DONE]")]
    [InlineData("data:\n\n", "|")]
    [InlineData("", "")]
    [InlineData("\n\n\n", "")]
    public void Server_sent_events_are_read_as_the_standard_says(string text, string expected) =>
        Assert.Equal(expected, string.Join(";", Parse(StreamFraming.Sse, text, [])));

    [Theory]
    [InlineData("{\"a\":1}\n{\"b\":2}\r\n\n {\"c\":3} ", "|{\"a\":1};|{\"b\":2};|{\"c\":3}")]
    [InlineData("\n\n", "")]
    public void A_json_value_a_line_is_an_event(string text, string expected) =>
        Assert.Equal(expected, string.Join(";", Parse(StreamFraming.Ndjson, text, [])));

    [Fact]
    public void Wherever_the_bytes_are_split_the_events_are_the_same()
    {
        var lineEnd = OneOf("\n", "\r\n", "\r");
        var line = OneOf("data: ", "data:", "data", "event: token", "event:", ": ping", "data: {\"text\":\"żółć\"}", "data: [DONE]", "id: 3", "", "", "x:y");
        var text = Gen.Select(line, lineEnd, (content, end) => content + end).Array[0, 30].Select(string.Concat);
        Gen.Select(text, Gen.Int[1, 12].Array[0, 60]).Sample((whole, cuts) =>
        {
            foreach (var framing in new[] { StreamFraming.Sse, StreamFraming.Ndjson })
                Assert.Equal(Parse(framing, whole, []), Parse(framing, whole, cuts));
        });
    }

    [Fact]
    public void An_event_over_the_limit_is_refused_however_it_comes()
    {
        Assert.Throws<EventTooLargeException>(() => Parse(StreamFraming.Sse, "data: " + new string('x', 200), [], 100));
        Assert.Throws<EventTooLargeException>(() => Parse(StreamFraming.Sse, string.Concat(Enumerable.Repeat("data: 1234567890\n", 20)), [], 100));
    }

    private static Gen<string> OneOf(params string[] choices) => Gen.Int[0, choices.Length - 1].Select(choice => choices[choice]);

    private static List<string> Parse(StreamFraming framing, string text, int[] cuts, int limit = 1 << 20)
    {
        using var parser = new EventParser(limit);
        parser.Begin(framing);
        var events = new List<string>();
        var bytes = Encoding.UTF8.GetBytes(text);
        var at = 0;
        foreach (var cut in cuts.Append(int.MaxValue))
        {
            ReadOnlySpan<byte> chunk = bytes.AsSpan(at, Math.Min(cut, bytes.Length - at));
            at += chunk.Length;
            while (parser.Next(ref chunk))
                Add();
        }
        if (parser.End())
            Add();
        return events;

        void Add() => events.Add($"{Encoding.UTF8.GetString(parser.Name)}|{Encoding.UTF8.GetString(parser.Data)}");
    }
}
