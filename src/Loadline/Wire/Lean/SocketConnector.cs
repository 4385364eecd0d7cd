using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Loadline.Wire.Lean;

/// <summary>Connections on .NET's own sockets, with TLS or without, on every system.</summary>
/// <param name="tls">How TLS is spoken; null for not at all.</param>
internal sealed class SocketConnector(SslClientAuthenticationOptions? tls) : IConnector
{
    public int Shelves => 1;

    public int Here => 0;

    public async ValueTask<LeanConnection> ConnectAsync(LeanWire wire, IPEndPoint address, CancellationToken limit)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(address, limit).ConfigureAwait(false);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (tls is not null)
                stream = await TlsHandshake.OverAsync(stream, tls, limit).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException or AuthenticationException)
        {
            stream?.Dispose();
            socket.Dispose();
            throw new ConnectException(FailureClassifier.OfConnecting(e));
        }
        var connection = new StreamConnection(wire, stream, 0);
        _ = connection.ReceiveAsync();
        return connection;
    }

    public void Dispose()
    {
    }
}
