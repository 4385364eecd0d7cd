using System.CommandLine;
using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Loadline.Bench.Wire;

/// <summary>
/// The peer of 'streams': sends each stream's head at once, its first token after 300 ms, the others 50 ms apart, and writes down when it sent each in a file that the bench reads: both
/// processes have the same monotonic clock. One thread sends; a stream's number is its question. Ends by itself after five minutes.
/// </summary>
internal static class StreamServer
{
    public const int FirstMilliseconds = 300, EveryMilliseconds = 50;

    private static readonly byte[] Head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray();
    private static readonly byte[] Token = Chunk("event: token\ndata: {\"text\":\"word \"}\n\n");
    private static readonly byte[] Last = [.. Chunk("event: done\ndata: {}\n\n"), .. "0\r\n\r\n"u8];

    public static Command Create()
    {
        var file = new Argument<string>("file");
        var tokens = new Argument<int>("tokens");
        var split = new Option<bool>("--split") { Description = "Send each token in two pieces, cut at another byte each time." };
        var command = new Command("stream-server", "The peer of 'streams'; started by it.") { file, tokens, split };
        command.Hidden = true;
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(file)!, parsed.GetValue(tokens), parsed.GetValue(split)));
        return command;
    }

    private static async Task RunAsync(string file, int tokens, bool split)
    {
        using var end = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(4096);
        using var mapped = MemoryMappedFile.CreateFromFile(file, FileMode.Open);
        using var stamps = mapped.CreateViewAccessor();
        var queue = new PriorityQueue<Stream, long>();
        var sender = new Thread(() => Send(queue, stamps, tokens, split)) { IsBackground = true };
        sender.Start();
        Console.WriteLine($"port {((IPEndPoint)listener.LocalEndpoint).Port}");
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptSocketAsync(end.Token), queue, end.Token);
        }
        catch (OperationCanceledException)
        {
            // Five minutes are over.
        }
    }

    private static async Task ServeAsync(Socket socket, PriorityQueue<Stream, long> queue, CancellationToken end)
    {
        socket.NoDelay = true;
        var buffer = new byte[1024];
        while (await socket.ReceiveAsync(buffer, end) is > 0 and var count)
        {
            var asked = Encoding.ASCII.GetString(buffer, 0, count).Split("\"query\": \"")[1].Split('"')[0];
            await socket.SendAsync(Head, end);
            lock (queue)
            {
                var due = Stopwatch.GetTimestamp() + (FirstMilliseconds * Stopwatch.Frequency / 1000);
                queue.Enqueue(new Stream(socket, int.Parse(asked)), due);
                Monitor.Pulse(queue);
            }
        }
    }

    private static void Send(PriorityQueue<Stream, long> queue, MemoryMappedViewAccessor stamps, int tokens, bool split)
    {
        while (true)
        {
            Stream stream;
            long due;
            lock (queue)
            {
                while (!queue.TryPeek(out _, out due) || due > Stopwatch.GetTimestamp())
                {
                    var wait = queue.Count == 0 ? 1000 : (due - Stopwatch.GetTimestamp()) * 1000 / Stopwatch.Frequency;
                    if (wait > 0)
                        Monitor.Wait(queue, (int)Math.Min(wait, 1000));
                }
                stream = queue.Dequeue();
            }
            try
            {
                if (split)
                    stream.Socket.Send(Token.AsSpan(0, 1 + (stream.Sent * 7 % (Token.Length - 2))));
                // What completes the token's event is what counts as its sending.
                stamps.Write(((long)stream.Number * tokens + stream.Sent) * sizeof(long), Stopwatch.GetTimestamp());
                stream.Socket.Send(split ? Token.AsSpan(1 + (stream.Sent * 7 % (Token.Length - 2))) : Token);
                if (++stream.Sent == tokens)
                {
                    stream.Socket.Send(Last);
                    continue;
                }
            }
            catch (SocketException)
            {
                continue;
            }
            lock (queue)
                queue.Enqueue(stream, due + (EveryMilliseconds * Stopwatch.Frequency / 1000));
        }
    }

    private static byte[] Chunk(string text) => Encoding.UTF8.GetBytes($"{text.Length:x}\r\n{text}\r\n");

    private sealed class Stream(Socket socket, int number)
    {
        public Socket Socket => socket;

        public int Number => number;

        public int Sent { get; set; }
    }
}
