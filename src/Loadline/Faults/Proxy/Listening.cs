using System.Net;
using System.Net.Sockets;

namespace Loadline.Faults.Proxy;

/// <summary>A proxy's place to listen: open, or closed and its port kept, so that connections are refused and nobody gets it for a free one meanwhile.</summary>
internal sealed class Listening : IDisposable
{
    private const int Backlog = 1024;

    private Socket? _kept;

    /// <summary>The socket that accepts; null while closed.</summary>
    internal Socket? Socket { get; private set; }

    /// <summary>Opens it.</summary>
    /// <returns>Where: with the port that was found, if any was asked for.</returns>
    /// <exception cref="SocketException">The address can't be had.</exception>
    internal IPEndPoint Open(IPEndPoint address)
    {
        Dispose();
        var socket = Bind(address);
        try
        {
            socket.Listen(Backlog);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        Socket = socket;
        return (IPEndPoint)socket.LocalEndPoint!;
    }

    /// <summary>Listens no more and keeps its port: a bound socket that doesn't listen refuses.</summary>
    internal void Refuse(IPEndPoint address)
    {
        if (Socket is { } socket && StopListening(socket))
            (_kept, Socket) = (socket, null);
        else
        {
            Dispose();
            _kept = Bind(address);
        }
    }

    public void Dispose()
    {
        // At once: closing alone may wait for an accept under way, and who opens the place again at once would find it taken.
        if (Socket is { } socket)
            StopListening(socket);
        Socket?.Dispose();
        _kept?.Dispose();
        (Socket, _kept) = (null, null);
    }

    // Linux: shutdown(2) makes a listening socket one that is only bound. Elsewhere it fails.
    private static bool StopListening(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static Socket Bind(IPEndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            socket.Bind(address);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
