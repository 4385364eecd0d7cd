using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Loadline.Tests.Wire;

/// <summary>A server that says byte for byte what a test wants: what no proper server would send, or splits where none would.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _end = new(TimeSpan.FromSeconds(60));
    private readonly Func<Socket, int, CancellationToken, Task> _serve;
    private readonly Task _accepting;
    private int _connections;

    private RawServer(IPAddress address, Func<Socket, int, CancellationToken, Task> serve)
    {
        _serve = serve;
        _listener = new TcpListener(address, 0);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    internal Uri Address => new($"http://{_listener.LocalEndpoint}");

    /// <summary>How many connections were made.</summary>
    internal int Connections => Volatile.Read(ref _connections);

    /// <summary>Starts one.</summary>
    /// <param name="serve">Serves a connection; gets its number, from 1.</param>
    /// <param name="address">Where it listens; IPv4's loopback without.</param>
    internal static RawServer Start(Func<Socket, int, CancellationToken, Task> serve, IPAddress? address = null) => new(address ?? IPAddress.Loopback, serve);

    /// <summary>One that answers every request on every connection with the same bytes, and then closes the connection if wanted.</summary>
    internal static RawServer Answering(string response, bool close = false, int splitAfter = int.MaxValue) => Start(async (socket, _, end) =>
    {
        while (await ReceiveRequestAsync(socket, end) is not null)
        {
            foreach (var part in Encoding.UTF8.GetBytes(response).Chunk(splitAfter))
                await socket.SendAsync(part, end);
            if (close)
                break;
        }
    });

    /// <summary>Reads a request with its body; null when the connection has ended.</summary>
    internal static async Task<string?> ReceiveRequestAsync(Socket socket, CancellationToken end)
    {
        var bytes = new MemoryStream();
        var buffer = new byte[16 * 1024];
        var whole = int.MaxValue;
        while (bytes.Length < whole)
        {
            var count = await socket.ReceiveAsync(buffer, end);
            if (count == 0)
                return null;
            bytes.Write(buffer, 0, count);
            if (whole < int.MaxValue)
                continue;
            var head = Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length).Split("\r\n\r\n")[0];
            if (head.Length + 4 > bytes.Length)
                continue;
            var length = head.Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase));
            whole = Encoding.UTF8.GetByteCount(head) + 4 + (length is null ? 0 : int.Parse(length["Content-Length: ".Length..]));
        }
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptSocketAsync(_end.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using (socket)
        {
            socket.NoDelay = true;
            try
            {
                await _serve(socket, Interlocked.Increment(ref _connections), _end.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                // The client has gone, or the test is over.
            }
        }
    }
}
