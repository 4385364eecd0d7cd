using System.Net;
using System.Text;
using Loadline.Export.Formats;
using Loadline.Serving;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Loadline.Export;

/// <summary><c>GET /metrics</c>, for Prometheus to scrape: native histograms for those who take protobuf, text for all others.</summary>
internal sealed class MetricsServer : IHttpApplication<IFeatureCollection>, IAsyncDisposable
{
    private readonly Func<IReadOnlyList<Series>> _collect;
    private BareServer? _server;

    private MetricsServer(Func<IReadOnlyList<Series>> collect) => _collect = collect;

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_server!.Address, "/metrics");

    /// <summary>Starts it; it answers when this returns.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<MetricsServer> StartAsync(IPEndPoint listen, Func<IReadOnlyList<Series>> collect, CancellationToken stop)
    {
        var server = new MetricsServer(collect);
        server._server = await BareServer.StartAsync(listen, limits => limits.MaxConcurrentConnections = 32, server, stop).ConfigureAwait(false);
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

    public ValueTask DisposeAsync() => _server!.DisposeAsync();
}
