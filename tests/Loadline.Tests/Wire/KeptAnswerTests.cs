using Loadline.Targets;
using Loadline.Wire;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Loadline.Tests.Wire;

/// <summary>What a session needs of an answer, and a limit of a request's own.</summary>
public class KeptAnswerTests
{
    private const string Events = "event: token\ndata: {\"text\":\"deep \"}\n\nevent: token\ndata: {\"text\":\"enough\"}\n\nevent: done\ndata: {}\n\n";

    [Theory]
    [InlineData(true, true, "deep enough")]
    [InlineData(false, true, "too deep")]
    [InlineData(true, false, null)]
    [InlineData(false, false, null)]
    public async Task The_text_of_an_answer_is_there_when_it_is_asked_for(bool streamed, bool keep, string? text)
    {
        await using var target = await TestTarget.StartAsync(context =>
        {
            context.Response.ContentType = streamed ? "text/event-stream" : "application/json";
            return context.Response.WriteAsync(streamed ? Events : """{"answer":"too deep"}""");
        });
        var (exchange, reply) = await SendAsync(target.Address, request => (request.Streamed, request.KeepAnswer) = (streamed, keep));
        Assert.Equal((Outcome.Ok, text), (exchange.Outcome, reply.Answer));
    }

    [Theory]
    [InlineData("{ delta: { path: $.text, cumulative: true }, end: closed }", "data: {\"text\":\"no\"}\n\ndata: {\"text\":\"deep\"}\n\ndata: {\"text\":\"deep enough\"}\n\n", "deep enough")]
    [InlineData("{ framing: text }", "tief genug, ✓", "tief genug, ✓")]
    public async Task Whole_answers_in_each_event_are_kept_once_and_bare_text_as_it_came(string stream, string body, string text)
    {
        var profile = TargetProfileReader.Read($$$"""
            name: test
            about: kept answers
            operations:
              query: { request: POST /query, body: '{"messages": {{messages}} }', stream: {{{stream}}} }
            """);
        await using var target = await TestTarget.StartAsync(async context =>
        {
            context.Response.ContentType = stream.Contains("text }", StringComparison.Ordinal) ? "text/plain" : "text/event-stream";
            // Cut anywhere, in the middle of a character too.
            foreach (var one in System.Text.Encoding.UTF8.GetBytes(body))
            {
                await context.Response.Body.WriteAsync(new[] { one });
                await context.Response.Body.FlushAsync();
            }
        });
        var (exchange, reply) = await SendAsync(target.Address, profile, request => (request.Streamed, request.KeepAnswer) = (true, true));
        Assert.Equal((Outcome.Ok, text), (exchange.Outcome, reply.Answer));
    }

    [Fact]
    public async Task A_requests_own_limit_goes_before_the_wires()
    {
        await using var target = await TestTarget.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        var (exchange, _) = await SendAsync(target.Address, request => request.Timeout = TimeSpan.FromMilliseconds(50));
        Assert.Equal(Outcome.TimedOut, exchange.Outcome);
    }

    private static Task<(Exchange Exchange, WireReply Reply)> SendAsync(Uri address, Action<WireRequest> change) =>
        SendAsync(address, TestTarget.Profile("{ required: $.answer }"), change);

    private static async Task<(Exchange Exchange, WireReply Reply)> SendAsync(Uri address, TargetProfile profile, Action<WireRequest> change)
    {
        using var wire = new HttpWire(profile, new WireOptions { BaseAddress = address, Timeout = TimeSpan.FromSeconds(20) }, new RunClock(TimeProvider.System));
        var exchange = new Exchange { Operation = "query", Due = 0 };
        var request = new WireRequest { Operation = profile.Operations["query"], Values = new TemplateValues { Question = "How deep?" } };
        change(request);
        return (exchange, await wire.SendAsync(request, exchange, default));
    }
}
