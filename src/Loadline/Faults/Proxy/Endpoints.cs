using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Loadline.Faults.Proxy;

/// <summary>Addresses written as <c>HOST:PORT</c>.</summary>
public static class Endpoints
{
    /// <summary>Splits an address; the host is empty when only a port is given, and an IPv6 one stands in brackets.</summary>
    /// <returns>False when it is none.</returns>
    public static bool TrySplit(string address, out string host, out int port)
    {
        var colon = address.LastIndexOf(':');
        (host, port) = ("", 0);
        if (colon < 0 || !int.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port > IPEndPoint.MaxPort)
            return false;
        host = address[..colon];
        if (host.StartsWith('[') && host.EndsWith(']'))
            host = host[1..^1];
        else if (host.Contains(':'))
            return false;
        return true;
    }

    /// <summary>Where to listen: without a host on loopback; of a name's addresses the first of IPv4.</summary>
    /// <exception cref="FormatException">It is no address.</exception>
    /// <exception cref="SocketException">The host's name is not known.</exception>
    public static IPEndPoint Resolve(string address)
    {
        if (!TrySplit(address, out var host, out var port))
            throw new FormatException($"address '{address}': not an address; give HOST:PORT, such as 127.0.0.1:8080");
        if (host.Length == 0)
            return new IPEndPoint(IPAddress.Loopback, port);
        if (IPAddress.TryParse(host, out var known))
            return new IPEndPoint(known, port);
        var all = Dns.GetHostAddresses(host);
        return new IPEndPoint(all.FirstOrDefault(each => each.AddressFamily == AddressFamily.InterNetwork) ?? all[0], port);
    }

    /// <summary>Connects to an address.</summary>
    internal static async Task<Socket> ConnectAsync(string address, CancellationToken cancellationToken)
    {
        TrySplit(address, out var host, out var port);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (IPAddress.TryParse(host, out var known))
                await socket.ConnectAsync(known, port, cancellationToken).ConfigureAwait(false);
            else
                await socket.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
