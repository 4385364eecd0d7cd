using Google.Protobuf;
using Loadline.Recording;
using Loadline.Reports;
using Loadline.Targets;
using Loadline.Traces;
using Loadline.Wire;
using Xunit;

namespace Loadline.Tests.Traces;

public class TraceTests
{
    [Fact]
    public void The_header_is_W3Cs()
    {
        var trace = new TraceParent(0x0af7651916cd43dd, 0x8448eb211c80319c, 0xb7ad6b7169203331, Sampled: true);
        var bytes = new byte[TraceParent.Length];
        trace.Write(bytes);
        // The example of https://www.w3.org/TR/trace-context/#examples-of-http-traceparent-headers
        Assert.Equal("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", System.Text.Encoding.ASCII.GetString(bytes));
        Assert.Equal(System.Text.Encoding.ASCII.GetString(bytes), trace.ToString());
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", trace.TraceId);
        Assert.EndsWith("-0000000000000001-00", TraceParent.Of(0, 0, 0, sampled: false).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_needed_of_an_export_is_read_and_the_rest_passed_over()
    {
        // A request as the protocol has it, fields out of order and some that this reader doesn't know.
        var span = Message(
            Bytes(1, Convert.FromHexString("0af7651916cd43dd8448eb211c80319c")), Bytes(2, Convert.FromHexString("b7ad6b7169203331")), Bytes(4, Convert.FromHexString("00f067aa0ba902b7")),
            Text(3, "state=1"), Text(5, "POST /query"), Number(6, 2), Fixed(7, 1_000), Fixed(8, 3_000),
            Bytes(9, Message(Text(1, "http.route"), Bytes(2, Message(Text(1, "/query"))))), Bytes(9, Message(Text(1, "http.response.status_code"), Bytes(2, Message(Number(3, 503))))),
            Bytes(9, Message(Text(1, "rag.degraded"), Bytes(2, Message(Bytes(5, Message(Bytes(1, Message(Text(1, "a"))), Bytes(1, Message(Text(1, "b"))))))))),
            Number(10, 7), Bytes(15, Message(Text(2, "why"), Number(3, 2))));
        var request = Message(Bytes(1, Message(Bytes(2, Message(Bytes(2, span))), Bytes(1, Message(Bytes(1, Message(Text(1, "service.name"), Bytes(2, Message(Text(1, "rag-query")))))))))); // the name after its spans

        var (trace, read) = Assert.Single(OtlpReader.Read(request));
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", trace);
        Assert.Equal(("b7ad6b7169203331", "00f067aa0ba902b7", "rag-query", "POST /query", "server", 1_000, 3_000, true), (read.SpanId, read.ParentId, read.Service, read.Name, read.Kind, read.Start, read.End, read.Failed));
        Assert.Equal(["http.route: /query", "http.response.status_code: 503", "rag.degraded: a, b"], read.Attributes.Select(attribute => $"{attribute.Key}: {attribute.Value}"));
    }

    [Fact]
    public void What_is_no_export_is_refused()
    {
        var chance = new Random(5);
        for (var i = 0; i < 2_000; i++)
        {
            var bytes = new byte[chance.Next(200)];
            chance.NextBytes(bytes);
            try
            {
                OtlpReader.Read(bytes);
            }
            catch (InvalidProtocolBufferException)
            {
                // Nothing else comes of it.
            }
        }
    }

    [Fact]
    public async Task A_receiver_takes_exports_and_nothing_else()
    {
        await using var receiver = await OtlpReceiver.StartAsync(default);
        using var http = new HttpClient { BaseAddress = receiver.Endpoint };
        Assert.Equal(404, await PostAsync("v1/metrics", [], "application/x-protobuf"));
        Assert.Equal(415, await PostAsync("v1/traces", "{}"u8.ToArray(), "application/json"));
        Assert.Equal(400, await PostAsync("v1/traces", [0x0a, 0x7f], "application/x-protobuf"));
        Assert.Equal(200, await PostAsync("v1/traces", Export("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"), "application/x-protobuf"));
        Assert.Equal("b7ad6b7169203331", Assert.Single(Assert.Single(receiver.Of(new HashSet<string> { "0af7651916cd43dd8448eb211c80319c", "other" })).Spans).SpanId);

        async Task<int> PostAsync(string path, byte[] body, string type)
        {
            using var content = new ByteArrayContent(body) { Headers = { ContentType = new(type) } };
            using var answer = await http.PostAsync(path, content);
            return (int)answer.StatusCode;
        }
    }

    [Fact]
    public void A_full_store_drops_the_oldest_traces_that_nobody_wants()
    {
        var store = new SpanStore(mostSpans: 8);
        store.Wants(() => new HashSet<string> { "1" });
        for (var trace = 0; trace < 12; trace++)
            store.Add([($"{trace}", Span($"{trace}", null, 0, 1))]);
        var kept = store.Of(Enumerable.Range(0, 12).Select(trace => $"{trace}").ToHashSet()).Select(trace => trace.TraceId).ToList();
        Assert.Contains("1", kept);
        Assert.Contains("11", kept);
        Assert.DoesNotContain("0", kept);
        Assert.True(kept.Count <= 8);
        Assert.Equal(12, kept.Count + store.Lost);
    }

    [Fact]
    public void A_waterfall_is_indented_by_parents_and_shows_what_hangs_on_nothing_and_escapes_what_services_say()
    {
        var html = WaterfallSection.Render(new KeptTrace("t", [Span("a", "the client", 0, 1_000_000_000), Span("b", "a", 250_000_000, 750_000_000) with { Name = "<b>", Failed = true }, Span("c", "gone", 0, 1)])).Value;
        Assert.Contains("padding-left:0em\">span a<", html, StringComparison.Ordinal);
        Assert.Contains("padding-left:0.9em\">&lt;b&gt; (failed)<", html, StringComparison.Ordinal);
        Assert.Contains("x=\"25%\" y=\"1\" width=\"50%\"", html, StringComparison.Ordinal);
        Assert.Contains("padding-left:0em\">span c<", html, StringComparison.Ordinal);
        Assert.Equal("", WaterfallSection.Render(null).Value ?? "");
    }

    [Fact]
    public void A_damaged_trace_whose_spans_are_their_own_ancestors_is_drawn_without_them()
    {
        var html = WaterfallSection.Render(new KeptTrace("t", [Span("a", "b", 0, 1), Span("b", "a", 0, 1), Span("c", null, 0, 1)])).Value;
        Assert.DoesNotContain("span a", html, StringComparison.Ordinal);
        Assert.Contains("span c", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Kept_exchanges_name_their_trace_and_a_few_ordinary_ones_are_kept_where_the_target_was_asked_to()
    {
        var sampler = new ExchangeSampler(1, 1, $"http://127.0.0.1:16686/trace/{TargetProfile.TraceIdMark}");
        for (var i = 1UL; i <= 100; i++)
            sampler.Offer(0, new Exchange { Operation = "query", Due = 0, Sent = 0, End = 1_000_000, Trace = TraceParent.Of(i, i, i, sampled: i % 10 == 0) });
        var samples = sampler.Samples();
        var traced = samples.Where(sample => sample.Why == "traced").ToList();
        Assert.Equal(5, traced.Count);
        Assert.All(traced, sample => Assert.Equal($"http://127.0.0.1:16686/trace/{sample.TraceId}", sample.TraceUrl));
        Assert.All(samples, sample => Assert.Equal(32, sample.TraceId!.Length));
    }

    [Theory]
    [InlineData("http://127.0.0.1:16686/trace/{trace_id}", true)]
    [InlineData("http://127.0.0.1:16686/trace/", false)]
    [InlineData("javascript:alert('{trace_id}')", false)]
    [InlineData("http://user:password@127.0.0.1/{trace_id}", false)]
    public void A_profiles_traces_are_an_address_with_the_id_in_it(string address, bool isGood)
    {
        var yaml = $"name: x\nabout: x\ntraces: \"{address}\"\noperations: {{ query: {{ request: POST /q, body: \"{{}}\" }} }}\n";
        if (isGood)
            Assert.Equal(address, TargetProfileReader.Read(yaml).Traces);
        else
            Assert.Contains("traces", Assert.Throws<TargetProfileException>(() => TargetProfileReader.Read(yaml)).Message, StringComparison.Ordinal);
    }

    private static TraceSpan Span(string id, string? parent, long start, long end) => new(id, parent, "rag", $"span {id}", "internal", start, end, false, new Dictionary<string, string>());

    private static byte[] Export(string trace, string span) => Message(Bytes(1, Message(Bytes(2, Message(Bytes(2, Message(Bytes(1, Convert.FromHexString(trace)), Bytes(2, Convert.FromHexString(span)))))))));

    private static byte[] Message(params byte[][] fields) => [.. fields.SelectMany(field => field)];

    private static byte[] Bytes(int field, byte[] value) => Written(field, WireFormat.WireType.LengthDelimited, output => output.WriteBytes(ByteString.CopyFrom(value)));

    private static byte[] Text(int field, string value) => Written(field, WireFormat.WireType.LengthDelimited, output => output.WriteString(value));

    private static byte[] Number(int field, int value) => Written(field, WireFormat.WireType.Varint, output => output.WriteInt32(value));

    private static byte[] Fixed(int field, ulong value) => Written(field, WireFormat.WireType.Fixed64, output => output.WriteFixed64(value));

    private static byte[] Written(int field, WireFormat.WireType type, Action<CodedOutputStream> write)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream))
        {
            output.WriteTag(field, type);
            write(output);
        }

        return stream.ToArray();
    }
}
