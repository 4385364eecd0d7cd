using System.Net.Security;

namespace Loadline.Wire;

/// <summary>Begins TLS on a stream.</summary>
internal static class TlsHandshake
{
    internal static async ValueTask<Stream> OverAsync(Stream inner, SslClientAuthenticationOptions options, CancellationToken limit)
    {
        var stream = new SslStream(inner);
        try
        {
            await stream.AuthenticateAsClientAsync(options, limit).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
