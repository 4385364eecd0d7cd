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

    [Fact]
    public async Task A_requests_own_limit_goes_before_the_wires()
    {
        await using var target = await TestTarget.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        var (exchange, _) = await SendAsync(target.Address, request => request.Timeout = TimeSpan.FromMilliseconds(50));
        Assert.Equal(Outcome.TimedOut, exchange.Outcome);
    }

    private static async Task<(Exchange Exchange, WireReply Reply)> SendAsync(Uri address, Action<WireRequest> change)
    {
        var profile = TestTarget.Profile("{ required: $.answer }");
        using var wire = new HttpWire(profile, new WireOptions { BaseAddress = address, Timeout = TimeSpan.FromSeconds(20) }, new RunClock(TimeProvider.System));
        var exchange = new Exchange { Operation = "query", Due = 0 };
        var request = new WireRequest { Operation = profile.Operations["query"], Values = new TemplateValues { Question = "How deep?" } };
        change(request);
        return (exchange, await wire.SendAsync(request, exchange, default));
    }
}
