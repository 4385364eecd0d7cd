using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Loadline.Probes;

/// <summary>A server on loopback that answers every request at once with the same small JSON: what remains of a response time is the load generator's own.</summary>
internal sealed class NullServer : IAsyncDisposable
{
    private const string Body = "{\"answer\":\"nothing\"}";

    private static readonly byte[] Answer = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;

    public NullServer()
    {
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        await Task.WhenAll(_connections).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token).ConfigureAwait(false)));
        }
        catch (Exception problem) when (problem is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    // Requests have no body, and a connection carries one at a time: a request ends with an empty line.
    private async Task ServeAsync(Socket socket)
    {
        using var _ = socket;
        socket.NoDelay = true;
        var buffer = new byte[8192];
        var filled = 0;
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(filled), _stop.Token).ConfigureAwait(false) is > 0 and var count)
            {
                filled += count;
                if (buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8) < 0 && filled < buffer.Length)
                    continue;
                filled = 0;
                await socket.SendAsync(Answer, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (Exception problem) when (problem is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The client has gone, or the server stops.
        }
    }
}
