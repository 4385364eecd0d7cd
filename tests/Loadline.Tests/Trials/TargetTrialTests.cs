using Loadline.Targets;
using Loadline.Tests.Wire;
using Loadline.Trials;
using Loadline.Wire;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Loadline.Tests.Trials;

/// <summary>What doesn't fit is named, with what there is instead.</summary>
public class TargetTrialTests
{
    [Fact]
    public async Task A_path_that_leads_nowhere_is_told_with_the_keys_that_there_are()
    {
        var text = await TryAsync(
            "answer: { required: $.anser, citations: \"$.meta.sources[*].id\", tokens: $.usage.tokens }",
            context => context.Response.WriteAsync("""{"answer": "x", "meta": {"refs": [1]}, "usage": {"tokens": null}}"""));
        Assert.Contains("✗ query: failed (body_incomplete), HTTP 200", text);
        Assert.Contains("✗ answer.required: $.anser leads nowhere: at $ there is answer, meta, usage; did you mean $.answer?", text);
        Assert.Contains("? answer.citations: $.meta.sources[*].id leads nowhere: at $.meta there is refs", text);
        Assert.Contains("? answer.tokens: $.usage.tokens is there and null", text);
    }

    [Fact]
    public async Task A_stream_whose_events_are_other_than_described_is_told_with_the_events_that_came()
    {
        var text = await TryAsync(
            "answer: { required: $.answer }\n    stream: { delta: { event: token, path: $.text }, end: { event: done } }",
            context =>
            {
                context.Response.ContentType = "text/event-stream";
                return context.Response.WriteAsync("event: chunk\ndata: {\"delta\": \"a\"}\n\nevent: chunk\ndata: {\"delta\": \"b\"}\n\nevent: end\ndata: {}\n\n");
            });
        Assert.Contains("✗ query, streamed: failed (stream_cut), HTTP 200", text);
        Assert.Contains("✓ events: 2× chunk, 1× end", text);
        Assert.Contains("✗ stream.delta: no event matches { event: token, path: $.text }; the events look like: chunk {\"delta\": \"a\"}", text);
        Assert.Contains("✗ stream.end: no event matches { event: done }", text);
    }

    [Fact]
    public async Task Bare_text_is_a_stream_of_reads()
    {
        var text = await TryAsync("stream: { framing: text }", async context =>
        {
            await context.Response.WriteAsync("It marks ");
            await context.Response.Body.FlushAsync();
            await context.Response.WriteAsync("the depth.");
        });
        Assert.Contains("✓ query, streamed: ok, HTTP 200", text);
        Assert.Contains("✓ stream: text: It marks the depth.", text);
    }

    [Fact]
    public async Task A_target_that_is_not_there_is_told()
    {
        var profile = Profile("ok: [200]");
        var clock = new RunClock(TimeProvider.System);
        using var wire = TargetWire.To(profile, new WireOptions { BaseAddress = new Uri("http://127.0.0.1:1"), Timeout = TimeSpan.FromSeconds(20) }, clock);
        var text = "";
        await foreach (var result in new TargetTrial(profile, wire, clock, null).RunAsync(default))
            text += TrialText.Render(result);
        Assert.StartsWith("✗ query: failed (connect_refused), no response", text);
    }

    private static TargetProfile Profile(string more) => TargetProfileReader.Read($$$$"""
        name: test
        about: a server in a test
        operations:
          query:
            request: POST /query
            body: '{"query": {{question}}}'
            {{{{more}}}}
        """);

    private static async Task<string> TryAsync(string more, RequestDelegate handler)
    {
        await using var target = await TestTarget.StartAsync(handler);
        var profile = Profile(more);
        var clock = new RunClock(TimeProvider.System);
        using var wire = TargetWire.To(profile, new WireOptions { BaseAddress = target.Address, Timeout = TimeSpan.FromSeconds(20), KeptBytes = 1 << 20 }, clock);
        var text = "";
        await foreach (var result in new TargetTrial(profile, wire, clock, null).RunAsync(default))
            text += TrialText.Render(result);
        return text;
    }
}
