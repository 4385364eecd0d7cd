using System.Net;
using Google.Protobuf;
using Loadline.Serving;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Loadline.Traces;

/// <summary>
/// Takes spans by OTLP over HTTP with protobuf at <c>/v1/traces</c>, on a free port of the loopback address. JSON and gRPC it doesn't speak: those who send to it are processes
/// that Loadline started and told how. https://opentelemetry.io/docs/specs/otlp/#otlphttp
/// </summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private const int MostBytes = 8 << 20;
    private const string Protobuf = "application/x-protobuf";

    private readonly BareServer _server;
    private readonly SpanStore _store;

    private OtlpReceiver(BareServer server, SpanStore store) => (_server, _store) = (server, store);

    /// <summary>The value of <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>.</summary>
    public Uri Endpoint => _server.Address;

    /// <summary>Spans that were lost for want of room.</summary>
    public long Lost => _store.Lost;

    /// <summary>Starts one; it takes spans when this returns.</summary>
    public static async Task<OtlpReceiver> StartAsync(CancellationToken cancellationToken)
    {
        var store = new SpanStore();
        var server = await BareServer.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0), limits => (limits.MaxRequestBodySize, limits.MaxConcurrentConnections) = (MostBytes, 100), new Application(store), cancellationToken).ConfigureAwait(false);
        return new OtlpReceiver(server, store);
    }

    /// <summary>Says who knows which traces are wanted by now, for when there are too many.</summary>
    public void Wants(Func<IReadOnlySet<string>> wanted) => _store.Wants(wanted);

    /// <summary>What came in of some traces.</summary>
    public IReadOnlyList<KeptTrace> Of(IReadOnlySet<string> traces) => _store.Of(traces);

    /// <summary>Stops taking spans.</summary>
    public ValueTask DisposeAsync() => _server.DisposeAsync();

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
