using System.Net.Sockets;
using Loadline.Wire.Lean.Epoll;

namespace Loadline.Faults.Proxy;

/// <summary>One side of a connection. Where there is a loop its thread passes bytes on itself; .NET's sockets wake a thread of the pool for each piece, which costs twice as much.</summary>
internal sealed class Peer
{
    private readonly Socket _socket;
    private readonly EpollStream? _stream;

    internal Peer(Socket socket, EpollLoop? loop)
    {
        _socket = socket;
        _stream = loop?.Adopt(socket) is { } adopted ? new EpollStream(adopted) : null;
    }

    internal ValueTask<int> ReceiveAsync(Memory<byte> buffer) => _stream?.ReadAsync(buffer) ?? _socket.ReceiveAsync(buffer);

    internal async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (_stream is not null)
        {
            await _stream.WriteAsync(bytes).ConfigureAwait(false);
            return;
        }
        while (!bytes.IsEmpty)
            bytes = bytes[await _socket.SendAsync(bytes).ConfigureAwait(false)..];
    }

    /// <summary>Says that nothing more comes.</summary>
    internal void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Closes it; whoever waits for it is told.</summary>
    internal void Close(bool reset)
    {
        try
        {
            if (reset)
                _socket.LingerState = new LingerOption(true, 0);
            else
                _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
        {
            // Its peer was quicker.
        }
        _socket.Dispose();
        _stream?.Dispose();
    }
}
