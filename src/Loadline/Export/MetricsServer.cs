using System.Net;
using System.Text;
using Loadline.Export.Formats;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Loadline.Export;

/// <summary><c>GET /metrics</c>, for Prometheus to scrape: native histograms for those who take protobuf, text for all others.</summary>
internal sealed class MetricsServer : IHttpApplication<IFeatureCollection>, IAsyncDisposable
{
    private readonly Func<IReadOnlyList<Series>> _collect;
    private readonly KestrelServer _server;
    private readonly ServiceProvider _services;

    private MetricsServer(IPEndPoint listen, Func<IReadOnlyList<Series>> collect)
    {
        _collect = collect;
        _services = new ServiceCollection().BuildServiceProvider();
        var kestrel = new KestrelServerOptions { AddServerHeader = false, ApplicationServices = _services };
        kestrel.Limits.MaxConcurrentConnections = 32;
        kestrel.Listen(listen, options => options.Protocols = HttpProtocols.Http1);
        _server = new KestrelServer(Options.Create(kestrel), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance), NullLoggerFactory.Instance);
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Starts it; it answers when this returns.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<MetricsServer> StartAsync(IPEndPoint listen, Func<IReadOnlyList<Series>> collect, CancellationToken stop)
    {
        var server = new MetricsServer(listen, collect);
        try
        {
            await server._server.StartAsync(server, stop).ConfigureAwait(false);
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        server.Address = new Uri(new Uri(server._server.Features.Get<IServerAddressesFeature>()!.Addresses.Single()), "/metrics");
        return server;
    }

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public async Task ProcessRequestAsync(IFeatureCollection context)
    {
        var (request, response) = (context.Get<IHttpRequestFeature>()!, context.Get<IHttpResponseFeature>()!);
        var writer = context.Get<IHttpResponseBodyFeature>()!.Writer;
        if (request.Path != "/metrics" || request.Method is not ("GET" or "HEAD"))
        {
            response.StatusCode = request.Path == "/metrics" ? StatusCodes.Status405MethodNotAllowed : StatusCodes.Status404NotFound;
            return;
        }
        var isProtobuf = ExpositionFormat.IsProtobuf(request.Headers.Accept);
        response.Headers.ContentType = isProtobuf ? ExpositionFormat.ProtobufType : ExpositionFormat.TextType;
        var body = isProtobuf ? ExpositionFormat.Protobuf(_collect()) : Encoding.UTF8.GetBytes(ExpositionFormat.Text(_collect()));
        response.Headers.ContentLength = body.Length;
        if (request.Method == "GET")
            await writer.WriteAsync(body).ConfigureAwait(false);
    }

    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
        // Nothing is held.
    }

    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _server.StopAsync(atOnce.Token).ConfigureAwait(false);
        _server.Dispose();
        await _services.DisposeAsync().ConfigureAwait(false);
    }
}
