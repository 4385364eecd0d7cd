using System.Net;
using System.Security.Cryptography;
using Loadline.Runs;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Loadline.Live;

/// <summary>
/// The live page of one run, on loopback: whoever has its address, token included, sees the run and may pause it, end it and end its faults. It reads the run folder, and
/// only while somebody looks.
/// </summary>
public sealed class LiveServer : IAsyncDisposable
{
    // So that pages that are open hear how the run ended.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(3);

    private readonly KestrelServer _server;
    private readonly ServiceProvider _services;
    private readonly LiveApplication _application;

    private LiveServer(KestrelServer server, ServiceProvider services, LiveApplication application, string token) =>
        (_server, _services, _application, Token) = (server, services, application, token);

    /// <summary>The page's address with its token, for a browser.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>What has to come with each request: 32 random hexadecimal digits, new for each server.</summary>
    public string Token { get; }

    /// <summary>Starts a server; it answers when this returns.</summary>
    /// <param name="folder">The run folder; it need not be there yet.</param>
    /// <param name="control">What may be done to the run; null for its faults alone.</param>
    /// <param name="adminKey">The target's admin key, for faults of a run that is gone; null for none.</param>
    /// <param name="port">The port; 0 for any free one.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<LiveServer> StartAsync(string folder, RunControl? control, string? adminKey, int port, TimeProvider time, CancellationToken cancellationToken)
    {
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var services = new ServiceCollection().BuildServiceProvider();
        var kestrel = new KestrelServerOptions { AddServerHeader = false, ApplicationServices = services };
        kestrel.Limits.MaxRequestBodySize = 0;
        kestrel.Limits.MaxConcurrentConnections = 64;
        kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
        var server = new KestrelServer(Options.Create(kestrel), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance), NullLoggerFactory.Instance);
        var application = new LiveApplication(folder, control, adminKey, token, time);
        var started = new LiveServer(server, services, application, token);
        try
        {
            await server.StartAsync(application, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await started.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        started.Address = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.Single().TrimEnd('/') + "/?token=" + token);
        return started;
    }

    /// <summary>Waits, for some seconds at most, until every page that is open knows that the run is over.</summary>
    public Task FarewellAsync() => _application.LastReaderAsync(Farewell);

    /// <summary>Closes the pages' connections, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _application.Close();
        using var atOnce = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _server.StopAsync(atOnce.Token).ConfigureAwait(false);
        _server.Dispose();
        await _services.DisposeAsync().ConfigureAwait(false);
        _application.Dispose();
    }
}
