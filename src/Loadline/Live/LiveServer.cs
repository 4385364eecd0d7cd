using System.Net;
using System.Security.Cryptography;
using Loadline.Serving;

namespace Loadline.Live;

/// <summary>
/// The live page of a run, or of one run of a suite after another, on loopback: whoever has its address, token included, sees the run and may pause it, end it and end its faults. It reads the run folder, and
/// only while somebody looks.
/// </summary>
public sealed class LiveServer : IAsyncDisposable
{
    // So that pages that are open hear how the run ended.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(3);

    private readonly BareServer _server;
    private readonly LiveApplication _application;

    private LiveServer(BareServer server, LiveApplication application, string token) => (_server, _application, Token) = (server, application, token);

    /// <summary>The page's address with its token, for a browser.</summary>
    public Uri Address => new(_server.Address, "/?token=" + Token);

    /// <summary>What has to come with each request: 32 random hexadecimal digits, new for each server.</summary>
    public string Token { get; }

    /// <summary>Starts a server; it answers when this returns.</summary>
    /// <param name="subject">The run.</param>
    /// <param name="adminKey">The target's admin key, for faults of a run that is gone; null for none.</param>
    /// <param name="port">The port; 0 for any free one.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<LiveServer> StartAsync(LiveSubject subject, string? adminKey, int port, TimeProvider time, CancellationToken cancellationToken)
    {
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var application = new LiveApplication(subject, adminKey, token, time);
        try
        {
            var server = await BareServer.StartAsync(
                new IPEndPoint(IPAddress.Loopback, port), limits => (limits.MaxRequestBodySize, limits.MaxConcurrentConnections) = (0, 64), application, cancellationToken).ConfigureAwait(false);
            return new LiveServer(server, application, token);
        }
        catch
        {
            application.Dispose();
            throw;
        }
    }

    /// <summary>Shows another run from now on: pages that are open load themselves anew.</summary>
    public void Show(LiveSubject subject) => _application.Show(subject);

    /// <summary>Waits, for some seconds at most, until every page that is open knows that the run is over.</summary>
    public Task FarewellAsync() => _application.LastReaderAsync(Farewell);

    /// <summary>Closes the pages' connections, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _application.Close();
        await _server.DisposeAsync().ConfigureAwait(false);
        _application.Dispose();
    }
}
