using System.Net;
using System.Net.Sockets;

namespace Loadline.Tests.Faults.Proxy.Api;

/// <summary>Answers every connection's first request with <c>hello</c>, and closes it.</summary>
internal sealed class HelloServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    internal HelloServer()
    {
        _listener.Start();
        _ = ServeAsync();
    }

    internal string Address => _listener.LocalEndpoint.ToString()!;

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync();
                _ = AnswerAsync(socket);
            }
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task AnswerAsync(Socket socket)
    {
        using (socket)
        {
            try
            {
                await socket.ReceiveAsync(new byte[4096].AsMemory());
                await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"u8.ToArray());
                socket.Shutdown(SocketShutdown.Send);
                await socket.ReceiveAsync(new byte[1].AsMemory());
            }
            catch (SocketException)
            {
                // Its client was made to leave.
            }
        }
    }
}
