using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Rag.Host.Serving;
using Rag.Host.Wiring.Remote;
using Rag.Seams;

namespace Rag.Tests.Wiring;

/// <summary>A <see cref="Probe"/> in a host of its own, and the way to it.</summary>
internal sealed class ProbeServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly PeerChannels _channels;

    private ProbeServer(WebApplication app, PeerChannels channels, ServiceAddress address)
    {
        (_app, _channels) = (app, channels);
        Peer = Reach(address);
    }

    public IPeer<IProbe> Peer { get; }

    /// <summary>The public address of HTTP/2, where no service may be reached.</summary>
    public Uri Public => new(_app.Urls.ElementAt(1));

    public static async Task<ProbeServer> StartAsync(Probe probe, string address, params (string Key, string Value)[] settings)
    {
        var configuration = Configured([("grpc", address), ("urls", "http://127.0.0.1:0"), ("http2_urls", "http://127.0.0.1:0"), .. settings]);
        var app = RagApp.Build(configuration, [new Probe.Module(probe)], _ => { });
        await app.StartAsync();
        if (address.EndsWith(":0", StringComparison.Ordinal))
            address = app.Urls.Last();
        return new ProbeServer(app, new PeerChannels(configuration), At(address));
    }

    /// <summary>Another address, from here.</summary>
    public IPeer<IProbe> Reach(ServiceAddress address) => new RemotePeer<IProbe>("probe", address, _channels.To(address), TimeProvider.System);

    public static ServiceAddress At(string text) => ServiceAddress.Read(text, out var address) is { } problem ? throw new ArgumentException(problem) : address!;

    public static IConfiguration Configured(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Key, s => (string?)s.Value)).Build();

    public Task StopAsync() => _app.StopAsync();

    /// <summary>Stops without waiting for anyone.</summary>
    public Task StopNowAsync() => _app.StopAsync(new CancellationToken(canceled: true));

    public async ValueTask DisposeAsync()
    {
        _channels.Dispose();
        await StopNowAsync();
        await _app.DisposeAsync();
    }
}
