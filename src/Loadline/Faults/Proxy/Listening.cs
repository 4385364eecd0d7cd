using System.Net;
using System.Net.Sockets;

namespace Loadline.Faults.Proxy;

/// <summary>
/// A proxy's place to listen: open; or closed and its port kept, so that connections are refused and nobody gets it for a free one meanwhile; or full, so that connections
/// are not answered.
/// </summary>
internal sealed class Listening : IDisposable
{
    private const int Backlog = 1024, MostFillers = 16;
    private static readonly TimeSpan Answered = TimeSpan.FromMilliseconds(20);

    private readonly List<Socket> _fillers = [];
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

    /// <summary>What it is for who comes.</summary>
    internal Reception Reception => Socket is not null ? Reception.Accepts : _fillers.Count > 0 ? Reception.Unanswering : Reception.Refuses;

    /// <summary>Listens no more and keeps its port: a bound socket that doesn't listen refuses.</summary>
    internal void Refuse(IPEndPoint address)
    {
        Empty();
        if (_kept is { } full && StopListening(full))
            return;
        if (Socket is { } socket && StopListening(socket))
            (_kept, Socket) = (socket, null);
        else
        {
            Dispose();
            _kept = Bind(address);
        }
    }

    /// <summary>
    /// Answers nobody. Linux drops who asks to be connected while the queue of those that wait to be accepted is full (listen(2), tcp(7)): with a queue of none that is one, and we
    /// are that one.
    /// </summary>
    internal void Unanswer(IPEndPoint address)
    {
        // Another socket: the one that accepted might still take one out of the queue.
        Dispose();
        _kept = Bind(address);
        _kept.Listen(0);
        var here = new IPEndPoint(address.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address.Address, address.Port);
        // Until one isn't answered: then it is full.
        do
        {
            var filler = new Socket(here.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            _fillers.Add(filler);
            try
            {
                filler.Connect(here);
            }
            catch (SocketException pending) when (pending.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                // It doesn't wait.
            }
        }
        while (_fillers[^1].Poll(Answered, SelectMode.SelectWrite) && _fillers.Count < MostFillers);
    }

    public void Dispose()
    {
        Empty();
        // At once: closing alone may wait for an accept under way, and who opens the place again at once would find it taken.
        if (Socket is { } socket)
            StopListening(socket);
        Socket?.Dispose();
        _kept?.Dispose();
        (Socket, _kept) = (null, null);
    }

    private void Empty()
    {
        _fillers.ForEach(filler => filler.Dispose());
        _fillers.Clear();
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

/// <summary>What becomes of who connects.</summary>
internal enum Reception
{
    /// <summary>It is connected.</summary>
    Accepts,

    /// <summary>It is refused.</summary>
    Refuses,

    /// <summary>It hears nothing.</summary>
    Unanswering,
}
