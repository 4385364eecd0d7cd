using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Loadline.Serving;

/// <summary>Kestrel with HTTP/1.1 and nothing around it: no host, no routing, no logging. What Loadline serves beside a load is small, and must cost it little.</summary>
internal sealed class BareServer : IAsyncDisposable
{
    private readonly KestrelServer _server;
    // Only what Kestrel itself asks for.
    private readonly ServiceProvider _services = new ServiceCollection().BuildServiceProvider();

    private BareServer(IPEndPoint listen, Action<KestrelServerLimits> limit)
    {
        var kestrel = new KestrelServerOptions { AddServerHeader = false, ApplicationServices = _services };
        limit(kestrel.Limits);
        kestrel.Listen(listen, options => options.Protocols = HttpProtocols.Http1);
        _server = new KestrelServer(Options.Create(kestrel), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance), NullLoggerFactory.Instance);
    }

    /// <summary>Where it listens, such as <c>http://127.0.0.1:40123/</c>.</summary>
    public Uri Address => new(_server.Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <summary>Starts a server; it answers when this returns.</summary>
    /// <param name="listen">Where it listens; port 0 for any free one.</param>
    /// <param name="limit">Sets its bounds.</param>
    /// <param name="application">Answers; it is not disposed of.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<BareServer> StartAsync<TContext>(IPEndPoint listen, Action<KestrelServerLimits> limit, IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        var server = new BareServer(listen, limit);
        try
        {
            await server._server.StartAsync(application, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        return server;
    }

    /// <summary>Stops; who is being answered has a second.</summary>
    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _server.StopAsync(atOnce.Token).ConfigureAwait(false);
        _server.Dispose();
        await _services.DisposeAsync().ConfigureAwait(false);
    }
}
