using System.Net;
using Loadline.Targets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Loadline.Tests.Wire;

/// <summary>A real server on a port of the system's choice that does what a test wants.</summary>
internal sealed class TestTarget : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestTarget(WebApplication app) => _app = app;

    internal Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    internal static async Task<TestTarget> StartAsync(RequestDelegate handler, HttpProtocols protocols = HttpProtocols.Http1, Action<HttpsConnectionAdapterOptions>? https = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = protocols;
                if (https is not null)
                    listen.UseHttps(https);
            });
            kestrel.Limits.MaxRequestBodySize = null;
        });
        var app = builder.Build();
        app.Run(handler);
        await app.StartAsync();
        return new TestTarget(app);
    }

    /// <summary>A profile with one operation <c>query</c>; the YAML below <c>query:</c> is the caller's.</summary>
    internal static TargetProfile Profile(string answer = "{}", string stream = "", string protocol = "http1", string transport = "") => TargetProfileReader.Read($$$$"""
        name: test
        about: a server in a test
        protocol: {{{{protocol}}}}
        {{{{transport}}}}
        auth: { header: X-API-Key, value: "{{key}}" }
        operations:
          query:
            request: POST /query
            body: '{"query": {{question}}, "stream": {{stream}}}'
            ok: [200]
            answer: {{{{answer}}}}
            stream: {{{{(stream.Length == 0 ? Sse : stream)}}}}
        """);

    internal const string Sse =
        "{ framing: sse, delta: { event: token, path: $.text }, end: { event: done }, error: { event: error }, citations: { event: citations, path: \"$[*].document_id\" }, tokens: { event: usage, path: $.usage.completion_tokens }, degraded: { event: usage, path: \"$.degraded[*]\" } }";

    public async ValueTask DisposeAsync()
    {
        // Handlers that hang on purpose must not hold the server.
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
