using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Rag.Bench.Engines;

/// <summary>Asks a Redis on this machine how many clients it has (<c>INFO clients</c>).</summary>
internal static class RedisClients
{
    private const string Name = "connected_clients:";

    /// <summary>How many, without the one that asks.</summary>
    public static async Task<int> CountAsync(int port, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync("INFO clients\r\nQUIT\r\n"u8.ToArray(), cancellationToken);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var text = await reader.ReadToEndAsync(cancellationToken); // up to the end that QUIT asked for
        var at = text.IndexOf(Name, StringComparison.Ordinal);
        return at < 0
            ? throw new InvalidOperationException("Redis did not tell its clients")
            : int.Parse(text.AsSpan(at + Name.Length)[..text.AsSpan(at + Name.Length).IndexOf('\r')], CultureInfo.InvariantCulture) - 1;
    }
}
