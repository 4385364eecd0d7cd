using System.Net;

namespace Rag.Host.Supervising;

/// <summary>Asks <c>/health/ready</c>: any answer means that the process lives.</summary>
internal sealed class HttpHealthProbe : IHealthProbe, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        MaxConnectionsPerServer = 1,
        ConnectTimeout = Patience,
        ActivityHeadersPropagator = null,
    })
    { Timeout = Patience, MaxResponseContentBufferSize = 64 * 1024 };

    public async Task<Health> AskAsync(string address)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri(Reachable(address), "/health/ready")).ConfigureAwait(false);
            return answer.StatusCode == HttpStatusCode.OK ? Health.Ready : Health.Live;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return Health.Silent;
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Who listens on every address of the machine is asked on its own.</summary>
    private static Uri Reachable(string address)
    {
        var uri = new UriBuilder(address);
        if (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip))
            uri.Host = ip.Equals(IPAddress.Any) ? "127.0.0.1" : ip.Equals(IPAddress.IPv6Any) ? "[::1]" : uri.Host;
        return uri.Uri;
    }
}
