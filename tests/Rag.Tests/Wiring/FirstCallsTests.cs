using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Rag.Host.Serving;
using Rag.Host.Wiring;
using Xunit;

namespace Rag.Tests.Wiring;

public sealed class FirstCallsTests
{
    [Fact]
    public async Task Before_it_is_ready_a_process_has_called_those_that_it_needs()
    {
        var called = new ConcurrentQueue<string>();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        await using var peer = builder.Build();
        peer.Run(context =>
        {
            called.Enqueue(context.Request.Path);
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        });
        await peer.StartAsync();
        await using var app = Build(peer.Urls.Single());
        await app.StartAsync();
        Assert.Contains("/rag.search.ISearch/Search", called);
        Assert.Contains("/rag.caching.ICaching/GetOrLead", called);
        Assert.DoesNotContain("/rag.generation.IGeneration/Generate", called); // it would cost somebody's tokens
    }

    [Fact]
    public async Task A_peer_that_is_not_there_keeps_nobody_from_starting()
    {
        await using var app = Build($"unix:{Path.Combine(Path.GetTempPath(), "there-is-no-such-socket.sock")}");
        await app.StartAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    private static WebApplication Build(string search)
    {
        var configuration = ProbeServer.Configured(
            ("urls", "http://127.0.0.1:0"), ("grpc", "http://127.0.0.1:0"), ("services", "query"), ("peers:search", search), ("peers:reranking", search),
            ("peers:generation", search), ("peers:caching", search), ("peers:embedding", search), ("peers:documents", search), ("peers:keywords", search));
        return RagApp.Build(configuration, Placement.Read(configuration, Modules.All), _ => { });
    }
}
