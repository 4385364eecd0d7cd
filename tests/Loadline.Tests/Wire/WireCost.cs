using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Loadline.Targets;
using Loadline.Users;
using Loadline.Users.Feeds;
using Loadline.Wire;
using Xunit;

namespace Loadline.Tests.Wire;

/// <summary>
/// What the client costs; not part of the suite. The server must be another process, or its cost would count too:
/// <code>
/// Loadline.Tests -explicit only -method '*WireCost.Serve' &amp;          # prints its port, ends by itself after 5 min
/// LOADLINE_COST_PORT=… Loadline.Tests -explicit only -method '*WireCost.Measure' -showLiveOutput
/// </code>
/// With a token a millisecond the pool's threads spin between tokens: DOTNET_ThreadPool_UnfairSemaphoreSpinLimit=0 (or the runtime setting
/// System.Threading.ThreadPool.UnfairSemaphoreSpinLimit) makes a token three times as cheap; measure both.
/// </summary>
public class WireCost(ITestOutputHelper output)
{
    private const int Tokens = 200;

    [Fact(Explicit = true)]
    public async Task Serve()
    {
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(300));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        output.WriteLine($"port {((IPEndPoint)listener.LocalEndpoint).Port}");
        var answer = "{\"answer\":\"" + new string('x', 400) + "\",\"citations\":[{\"document_id\":\"d1\"},{\"document_id\":\"d2\"}],\"usage\":{\"completion_tokens\":80},\"degraded\":[]}";
        var plain = Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {answer.Length}\r\n\r\n{answer}");
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptSocketAsync(end.Token), plain, end.Token);
        }
        catch (OperationCanceledException)
        {
        }
    }

    [Fact(Explicit = true)]
    public async Task Measure()
    {
        var port = Environment.GetEnvironmentVariable("LOADLINE_COST_PORT");
        Assert.SkipWhen(port is null, "start Serve first and set LOADLINE_COST_PORT");
        var address = new Uri($"http://127.0.0.1:{port}");
        var profile = TargetProfileReader.ReadFile(Path.Combine(Targets.TargetProfileReaderTests.Profiles, "rag.yaml"));
        using var wire = new HttpWire(profile, new WireOptions { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) }, new RunClock(TimeProvider.System));
        for (var round = 0; round < 6; round++)
        {
            var (perPlain, allocated) = await CostAsync(wire, profile, streamed: false, 32, 600);
            var (perStream, _) = await CostAsync(wire, profile, streamed: true, 32, 8);
            output.WriteLine($"plain exchange {perPlain:0.0} us CPU, {allocated / 1024:0.0} KiB; stream of {Tokens} tokens {perStream:0} us, {perStream / Tokens:0.00} us a token");
        }
        var feed = new DataFeed(Tests.Users.TestPlan.Data with { Words = new Tests.Users.Always(200) }, 1);
        var random = new SeededRandom(1);
        for (var round = 0; round < 4; round++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < 5000; i++)
                feed.Document(i);
            var documents = Stopwatch.GetElapsedTime(start).TotalMicroseconds / 5000;
            start = Stopwatch.GetTimestamp();
            for (var i = 0; i < 5000; i++)
                feed.Question(random);
            output.WriteLine($"document of 200 words {documents:0.0} us; question {Stopwatch.GetElapsedTime(start).TotalMicroseconds / 5000:0.00} us");
        }
    }

    private static async Task<(double Microseconds, double Bytes)> CostAsync(IWire wire, TargetProfile profile, bool streamed, int users, int each)
    {
        using var process = Process.GetCurrentProcess();
        var (cpu, bytes) = (process.TotalProcessorTime, GC.GetTotalAllocatedBytes());
        await Task.WhenAll(Enumerable.Range(0, users).Select(async user =>
        {
            var request = new WireRequest { Operation = profile.Operations["query"], Values = new TemplateValues { Question = "What is the height of Bagatela?" }, Authorization = "Bearer x", Streamed = streamed, ExpectedDocument = "d2" };
            for (var i = 0; i < each; i++)
            {
                var exchange = new Exchange { Operation = "query" };
                await wire.SendAsync(request, exchange, default).ConfigureAwait(false);
                if (exchange.Outcome != Outcome.Ok || exchange.Correct != true)
                    throw new InvalidOperationException($"{exchange.Outcome} {exchange.Reason}");
            }
        }));
        process.Refresh();
        return ((process.TotalProcessorTime - cpu).TotalMicroseconds / (users * each), (GC.GetTotalAllocatedBytes() - bytes) / (double)(users * each));
    }

    private static async Task ServeAsync(Socket socket, byte[] plain, CancellationToken stop)
    {
        var head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray();
        var citations = Chunk("event: citations\ndata: [{\"document_id\":\"d1\"},{\"document_id\":\"d2\"}]\n\n");
        var token = Chunk("event: token\ndata: {\"text\":\"word \"}\n\n");
        var last = Chunk("event: usage\ndata: {\"usage\":{\"completion_tokens\":200},\"degraded\":[]}\n\nevent: done\ndata: {}\n\n").Concat("0\r\n\r\n"u8.ToArray()).ToArray();
        var buffer = new byte[8192];
        socket.NoDelay = true;
        using (socket)
        {
            while (await socket.ReceiveAsync(buffer, stop) is > 0 and var count)
            {
                if (!buffer.AsSpan(0, count).IndexOf("\"stream\": true"u8).Equals(-1))
                {
                    await socket.SendAsync(head, stop);
                    await socket.SendAsync(citations, stop);
                    for (var i = 0; i < Tokens; i++)
                    {
                        // One packet a token, as a model sends them: the client must wake for each.
                        await socket.SendAsync(token, stop);
                        await Task.Delay(1, stop);
                    }
                    await socket.SendAsync(last, stop);
                }
                else if (buffer.AsSpan(0, count).IndexOf("\"stream\": false"u8) >= 0)
                    await socket.SendAsync(plain, stop);
            }
        }

        static byte[] Chunk(string text) => Encoding.UTF8.GetBytes($"{text.Length:x}\r\n{text}\r\n");
    }
}
