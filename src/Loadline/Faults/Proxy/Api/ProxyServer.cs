using System.Net;
using System.Text.Json;
using Loadline.Serving;

namespace Loadline.Faults.Proxy.Api;

/// <summary>Proxies that are made, disturbed and removed over Toxiproxy's HTTP API, so that its clients work with them.</summary>
public sealed class ProxyServer : IAsyncDisposable
{
    private readonly BareServer _server;
    private readonly ProxyCollection _proxies;

    private ProxyServer(BareServer server, ProxyCollection proxies) => (_server, _proxies) = (server, proxies);

    /// <summary>Where the API listens, such as <c>http://127.0.0.1:8474/</c>.</summary>
    public Uri Address => _server.Address;

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
        var proxies = new ProxyCollection(time, seed);
        try
        {
            if (config is { } given)
                await proxies.PopulateAsync(ProxyApi.ReadAll(ApiJson.Parse(given, JsonValueKind.Array)), []).ConfigureAwait(false);
            return new ProxyServer(await BareServer.StartAsync(listen, limits => limits.MaxRequestBodySize = 8 << 20, new ProxyApi(proxies), cancellationToken).ConfigureAwait(false), proxies);
        }
        catch (Exception problem)
        {
            await proxies.DisposeAsync().ConfigureAwait(false);
            if (problem is ApiException wrong)
                throw new ArgumentException(wrong.Message, nameof(config), wrong);
            throw;
        }
    }

    /// <summary>The proxies that there are, by name.</summary>
    public IReadOnlyDictionary<string, ToxicProxy> Proxies => _proxies.All.ToDictionary(each => each.Key, each => each.Value);

    /// <summary>Stops the API, and closes all proxies and their connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync().ConfigureAwait(false);
        await _proxies.DisposeAsync().ConfigureAwait(false);
    }
}
