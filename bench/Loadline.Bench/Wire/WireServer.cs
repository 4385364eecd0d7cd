using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Loadline.Bench.Wire;

/// <summary>
/// The bench's peer: answers a query with 500 bytes at once, or with a stream of tokens a millisecond apart, each a packet of its own, as a model sends them: the
/// client must wake for each. A process of its own, so that its cost does not count. Ends by itself after five minutes.
/// </summary>
internal static class WireServer
{
    public const int Tokens = 200;

    public static Command Create()
    {
        var command = new Command("wire-server", "The peer of 'wire'; started by it.") { Hidden = true };
        command.SetAction((_, _) => RunAsync());
        return command;
    }

    private static async Task RunAsync()
    {
        using var end = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Console.WriteLine($"port {((IPEndPoint)listener.LocalEndpoint).Port}");
        var answer = "{\"answer\":\"" + new string('x', 400) + "\",\"citations\":[{\"document_id\":\"d1\"},{\"document_id\":\"d2\"}],\"usage\":{\"completion_tokens\":80},\"degraded\":[]}";
        var plain = Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {answer.Length}\r\n\r\n{answer}");
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptSocketAsync(end.Token), plain, end.Token);
        }
        catch (OperationCanceledException)
        {
            // Five minutes are over.
        }
    }

    private static async Task ServeAsync(Socket socket, byte[] plain, CancellationToken stop)
    {
        var head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray();
        var citations = Chunk("event: citations\ndata: [{\"document_id\":\"d1\"},{\"document_id\":\"d2\"}]\n\n");
        var token = Chunk("event: token\ndata: {\"text\":\"word \"}\n\n");
        byte[] last = [.. Chunk($"event: usage\ndata: {{\"usage\":{{\"completion_tokens\":{Tokens}}},\"degraded\":[]}}\n\nevent: done\ndata: {{}}\n\n"), .. "0\r\n\r\n"u8];
        var buffer = new byte[8192];
        socket.NoDelay = true;
        using (socket)
        {
            while (await socket.ReceiveAsync(buffer, stop) is > 0 and var count)
            {
                if (buffer.AsSpan(0, count).IndexOf("\"stream\": true"u8) < 0)
                {
                    await socket.SendAsync(plain, stop);
                    continue;
                }

                await socket.SendAsync(head, stop);
                await socket.SendAsync(citations, stop);
                for (var i = 0; i < Tokens; i++)
                {
                    await socket.SendAsync(token, stop);
                    await Task.Delay(1, stop);
                }

                await socket.SendAsync(last, stop);
            }
        }
    }

    private static byte[] Chunk(string text) => Encoding.UTF8.GetBytes($"{text.Length:x}\r\n{text}\r\n");
}
