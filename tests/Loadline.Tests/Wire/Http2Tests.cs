using Loadline.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Loadline.Tests.Wire;

/// <summary>What only .NET's wire speaks.</summary>
public class Http2Tests() : WireConformance(WireKind.DotNet)
{
    [Fact]
    public async Task Http2_is_spoken_with_prior_knowledge()
    {
        var protocol = "";
        await using var target = await TestTarget.StartAsync(
            context =>
            {
                protocol = context.Request.Protocol;
                return context.Response.WriteAsync("{\"answer\":\"x\"}");
            }, HttpProtocols.Http2);
        var (exchange, _) = await SendAsync(target.Address, TestTarget.Profile("{ required: $.answer }", protocol: "http2"));
        Assert.Equal((Outcome.Ok, "HTTP/2"), (exchange.Outcome, protocol));
    }

    [Fact]
    public async Task Streams_work_on_http2()
    {
        await using var target = await TestTarget.StartAsync(context =>
            {
                context.Response.ContentType = "text/event-stream";
                return context.Response.WriteAsync("event: token\ndata: {\"text\":\"word \"}\n\nevent: token\ndata: {\"text\":\"word \"}\n\nevent: done\ndata: {}\n\n");
            }, HttpProtocols.Http2);
        var (exchange, _) = await SendAsync(target.Address, TestTarget.Profile(protocol: "http2"), streamed: true);
        Assert.Equal((Outcome.Ok, 2), (exchange.Outcome, exchange.Tokens));
    }
}
