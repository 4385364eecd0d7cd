using Google.Protobuf;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Loadline.Traces;

/// <summary>
/// Takes spans by OTLP over HTTP with protobuf at <c>/v1/traces</c>, on a free port of the loopback address. JSON and gRPC it doesn't speak: those who send to it are processes
/// that Loadline started and told how. https://opentelemetry.io/docs/specs/otlp/#otlphttp
/// </summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private const int MostBytes = 8 << 20;
    private const string Protobuf = "application/x-protobuf";

    private readonly KestrelServer _server;
    private readonly ServiceProvider _services;
    private readonly SpanStore _store;

    private OtlpReceiver(KestrelServer server, ServiceProvider services, SpanStore store) => (_server, _services, _store) = (server, services, store);

    /// <summary>The value of <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>.</summary>
    public Uri Endpoint { get; private set; } = null!;

    /// <summary>Spans that were lost for want of room.</summary>
    public long Lost => _store.Lost;

    /// <summary>Starts one; it takes spans when this returns.</summary>
    public static async Task<OtlpReceiver> StartAsync(CancellationToken cancellationToken)
    {
        var store = new SpanStore();
        var services = new ServiceCollection().BuildServiceProvider();
        var kestrel = new KestrelServerOptions { AddServerHeader = false, ApplicationServices = services };
        kestrel.Limits.MaxRequestBodySize = MostBytes;
        kestrel.Limits.MaxConcurrentConnections = 100;
        kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        var server = new KestrelServer(Options.Create(kestrel), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance), NullLoggerFactory.Instance);
        var receiver = new OtlpReceiver(server, services, store);
        try
        {
            await server.StartAsync(new Application(store), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await receiver.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        receiver.Endpoint = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return receiver;
    }

    /// <summary>Says who knows which traces are wanted by now, for when there are too many.</summary>
    public void Wants(Func<IReadOnlySet<string>> wanted) => _store.Wants(wanted);

    /// <summary>What came in of some traces.</summary>
    public IReadOnlyList<KeptTrace> Of(IReadOnlySet<string> traces) => _store.Of(traces);

    /// <summary>Stops taking spans.</summary>
    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _server.StopAsync(atOnce.Token).ConfigureAwait(false);
        _server.Dispose();
        await _services.DisposeAsync().ConfigureAwait(false);
    }

    private sealed class Application(SpanStore store) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }

        public async Task ProcessRequestAsync(HttpContext context)
        {
            var (request, response) = (context.Request, context.Response);
            if (request.Path != "/v1/traces" || request.Method != "POST")
                response.StatusCode = 404;
            else if (request.ContentType?.StartsWith(Protobuf, StringComparison.OrdinalIgnoreCase) != true || request.Headers.ContentEncoding.Count > 0)
                response.StatusCode = 415;
            else
                await TakeAsync(request, response).ConfigureAwait(false);
        }

        private async Task TakeAsync(HttpRequest request, HttpResponse response)
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted).ConfigureAwait(false);
            try
            {
                store.Add(OtlpReader.Read(body.ToArray()));
                response.ContentType = Protobuf; // an empty ExportTraceServiceResponse: all was taken
            }
            catch (InvalidProtocolBufferException)
            {
                response.StatusCode = 400;
            }
        }
    }
}
