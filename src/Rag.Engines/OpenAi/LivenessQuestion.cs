using System.Net.Http.Headers;

namespace Rag.Engines.OpenAi;

/// <summary>
/// The question whether a server lives: the cheapest that every OpenAI-compatible server knows. Any HTTP answer says yes, a refusal too. It has a connection of
/// its own: those for answers may all be taken.
/// </summary>
internal sealed class LivenessQuestion(Uri models, string? key) : IDisposable
{
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        ConnectTimeout = ServerLiveness.Answer,
        MaxConnectionsPerServer = 1,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
        UseCookies = false,
        UseProxy = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
    });

    /// <summary>Asks.</summary>
    /// <returns>True: it answered.</returns>
    /// <exception cref="HttpRequestException">It can't be reached.</exception>
    public async Task<bool> AskAsync(CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, models);
        if (key is { Length: > 0 })
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await _http.SendAsync(message, cancellationToken).ConfigureAwait(false);
        return true;
    }

    public void Dispose() => _http.Dispose();
}
