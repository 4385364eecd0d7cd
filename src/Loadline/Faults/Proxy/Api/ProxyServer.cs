using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Loadline.Faults.Proxy.Api;

/// <summary>Proxies that are made, disturbed and removed over Toxiproxy's HTTP API, so that its clients work with them.</summary>
public sealed class ProxyServer : IAsyncDisposable
{
    private readonly KestrelServer _server;
    private readonly ServiceProvider _services;
    private readonly ProxyCollection _proxies;

    private ProxyServer(KestrelServer server, ServiceProvider services, ProxyCollection proxies) => (_server, _services, _proxies) = (server, services, proxies);

    /// <summary>Where the API listens, such as <c>http://127.0.0.1:8474/</c>.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Starts an API; it answers when this returns.</summary>
    /// <param name="listen">Where it listens; anyone who reaches it can reach what this machine reaches, so: loopback.</param>
    /// <param name="config">Proxies to begin with: a JSON array as <c>POST /populate</c> takes it; null for none.</param>
    /// <param name="time">The clock of its toxics.</param>
    /// <param name="seed">The seed of what they draw.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="ArgumentException">The configuration is wrong, or a proxy's place can't be had; the message says which.</exception>
    /// <exception cref="IOException">The API's port is taken.</exception>
    public static async Task<ProxyServer> StartAsync(IPEndPoint listen, ReadOnlyMemory<byte>? config, TimeProvider time, ulong seed, CancellationToken cancellationToken)
    {
        var services = new ServiceCollection().BuildServiceProvider();
        var kestrel = new KestrelServerOptions { AddServerHeader = false, ApplicationServices = services };
        kestrel.Limits.MaxRequestBodySize = 8 << 20;
        kestrel.Listen(listen, options => options.Protocols = HttpProtocols.Http1);
        var server = new KestrelServer(Options.Create(kestrel), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance), NullLoggerFactory.Instance);
        var started = new ProxyServer(server, services, new ProxyCollection(time, seed));
        try
        {
            if (config is { } given)
                await started._proxies.PopulateAsync(ProxyApi.ReadAll(ApiJson.Parse(given, JsonValueKind.Array)), []).ConfigureAwait(false);
            await server.StartAsync(new ProxyApi(started._proxies), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception problem)
        {
            await started.DisposeAsync().ConfigureAwait(false);
            if (problem is ApiException wrong)
                throw new ArgumentException(wrong.Message, nameof(config), wrong);
            throw;
        }
        started.Address = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return started;
    }

    /// <summary>The proxies that there are, by name.</summary>
    public IReadOnlyDictionary<string, ToxicProxy> Proxies => _proxies.All.ToDictionary(each => each.Key, each => each.Value);

    /// <summary>Stops the API, and closes all proxies and their connections.</summary>
    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _server.StopAsync(atOnce.Token).ConfigureAwait(false);
        _server.Dispose();
        await _services.DisposeAsync().ConfigureAwait(false);
        await _proxies.DisposeAsync().ConfigureAwait(false);
    }
}
