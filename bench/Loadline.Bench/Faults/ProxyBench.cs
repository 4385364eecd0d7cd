using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Loadline.Plans.Reading;
using Loadline.Recording;
using Loadline.Targets;
using Loadline.Users;
using Loadline.Wire;

namespace Loadline.Bench.Faults;

/// <summary>What the proxy costs while it does nothing, and whether it does what it says: latency, bandwidth, resets. Direct and through it in one run.</summary>
internal static class ProxyBench
{
    private static readonly TargetProfile Profile = TargetProfileReader.Read("name: proxy-bench\nabout: 500 bytes\noperations: { get: { request: GET /, ok: [200] } }");
    private static bool _holds = true;

    public static Command Create()
    {
        var rate = new Option<int>("--rate") { Description = "Requests per second.", DefaultValueFactory = _ => 5000 };
        var seconds = new Option<int>("--seconds") { Description = "Length of each row.", DefaultValueFactory = _ => 4 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds of direct, through the proxy, direct again.", DefaultValueFactory = _ => 5 };
        var command = new Command("proxy", "An idle proxy's added latency, and how exact its latency, bandwidth and resets are.") { rate, seconds, rounds };
        command.SetAction(async (arguments, _) =>
        {
            using var server = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["wire-server"]) { RedirectStandardOutput = true })!;
            using var peer = await ProxyPeer.StartAsync();
            try
            {
                Console.WriteLine($"{Environment.ProcessorCount} cores, .NET {Environment.Version}");
                var direct = int.Parse((await server.StandardOutput.ReadLineAsync())!.Split(' ')[1]);
                var proxied = await peer.ProxyAsync("idle", direct);
                await IdleAsync(peer, direct, proxied, arguments.GetValue(rate), arguments.GetValue(seconds), arguments.GetValue(rounds));
                await LatencyAsync(peer, direct, proxied);
                await BandwidthAsync(peer);
                await ResetsAsync(peer);
                return _holds ? 0 : 1;
            }
            finally
            {
                server.Kill();
            }
        });
        return command;
    }

    private static async Task IdleAsync(ProxyPeer peer, int direct, int proxied, int rate, int seconds, int rounds)
    {
        var added = new List<(double P50, double P99)>();
        for (var round = 1; round <= rounds; round++)
        {
            var first = await LoadAsync("direct", direct, rate, seconds);
            var cpu = peer.Cpu;
            var through = await LoadAsync("through the proxy", proxied, rate, seconds);
            cpu = peer.Cpu - cpu;
            var second = await LoadAsync("direct again", direct, rate, seconds);
            Console.WriteLine(FormattableString.Invariant($"    the proxy's CPU: {cpu.TotalMicroseconds / rate / (seconds + 1):0.0} µs a request"));
            added.Add((through.P50 - ((first.P50 + second.P50) / 2), through.P99 - ((first.P99 + second.P99) / 2)));
        }
        var (p50, p99) = (Median(added.Select(each => each.P50)), Median(added.Select(each => each.P99)));
        Check(p99 < 0.3, FormattableString.Invariant($"an idle proxy adds {p50:0.000} ms to P50 and {p99:0.000} ms to P99 at {rate} requests/s (medians of {rounds} rounds; P99 below 0.3 ms)"));
    }

    private static async Task<(double P50, double P99)> LoadAsync(string name, int port, int rate, int seconds)
    {
        var plan = PlanReader.Read(
            $$"""
            name: proxy-bench
            purpose: A steady rate
            target: proxy-bench
            seed: 1
            load: { rate: {{rate}}/s, users-at-most: 2000, phases: { up: 2s, hold: {{seconds}}s, down: 0s }, mix: { get: 100 }, timeout: 15s, stream: 0%, watch: 0% }
            data: { documents: 0 }
            objectives: [errors < 1%]
            """,
            "proxy-bench", operationsOf: _ => ["get"]) is { Plan: { } read } ? read : throw new InvalidOperationException("the plan is wrong");
        var clock = new RunClock(TimeProvider.System);
        using var wire = Wires.Open(Profile, new WireOptions { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(15), Connections = UserPopulation.ConnectionsFor(plan) }, clock);
        using var recorder = new Recorder(new RecorderOptions { Operations = ["get"], Times = PhaseTimes.Of(plan.Load.Up, plan.Load.Hold, plan.Load.Down) });
        using var over = new CancellationTokenSource();
        var flushing = recorder.RunAsync(TimeProvider.System, () => clock.Now, over.Token);
        await new UserPopulation(plan, Profile, [], wire, recorder, clock).RunAsync(default);
        await over.CancelAsync();
        await flushing;
        var all = recorder.Complete(clock.Now).Hold.All();
        var service = all.AnsweredService!;
        var (p50, p99) = (service.GetValueAtPercentile(50) / 1e3, service.GetValueAtPercentile(99) / 1e3);
        Console.WriteLine(FormattableString.Invariant($"{name,-20} {service.TotalCount / (double)seconds,7:0}/s  p50 {p50:0.000}  p99 {p99:0.000}  p99.9 {service.GetValueAtPercentile(99.9) / 1e3:0.000} ms  errors {all.Counts.Errors}"));
        return (p50, p99);
    }

    private static async Task LatencyAsync(ProxyPeer peer, int direct, int proxied)
    {
        using var plain = await ConnectAsync(direct);
        using var open = await ConnectAsync(proxied);
        await AskAsync(open);
        await peer.AddAsync("idle", "latency", new { latency = 100 });
        using var later = await ConnectAsync(proxied);
        foreach (var (name, socket) in new[] { ("on an open connection", open), ("on a new one", later) })
        {
            var added = new List<double>();
            for (var i = 0; i < 60; i++)
            {
                var without = await AskAsync(plain);
                added.Add((await AskAsync(socket) - without).TotalMilliseconds);
            }
            added.Sort();
            Check(added[0] >= 95 && added[57] <= 105, FormattableString.Invariant($"latency of 100 ms {name}: {added[0]:0.00}, {added[30]:0.00}, {added[57]:0.00}, {added[^1]:0.00} ms (least, median, P95, most of 60; all but the most within 5 ms)"));
        }
        await peer.RemoveAsync("idle", "latency");
    }

    private static async Task BandwidthAsync(ProxyPeer peer)
    {
        using var listener = Serve(socket => SendAsync(socket, 64 << 20));
        var port = await peer.ProxyAsync("bulk", ((IPEndPoint)listener.LocalEndpoint).Port);
        foreach (var rate in new[] { 10, 100, 1_000, 10_000 })
        {
            await peer.AddAsync("bulk", "bandwidth", new { rate });
            using var client = await ConnectAsync(port);
            var buffer = new byte[1 << 16];
            // From the first byte on, for three seconds.
            long bytes = 0;
            await client.ReceiveAsync(buffer.AsMemory());
            var begin = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(begin) is var elapsed && elapsed < TimeSpan.FromSeconds(3))
                bytes += await client.ReceiveAsync(buffer.AsMemory());
            var measured = bytes / Stopwatch.GetElapsedTime(begin).TotalSeconds / 1000;
            Check(Math.Abs(measured / rate - 1) <= 0.05, FormattableString.Invariant($"bandwidth of {rate} KB/s: {measured:0.0} KB/s ({(measured / rate - 1) * 100:+0.0;-0.0} %; within 5 %)"));
            client.Close();
            await peer.RemoveAsync("bulk", "bandwidth");
        }
    }

    private static async Task ResetsAsync(ProxyPeer peer)
    {
        const int Connections = 200;
        const int Payload = 100_000;
        using var listener = Serve(socket => SendAsync(socket, 1 << 20));
        var port = await peer.ProxyAsync("reset", ((IPEndPoint)listener.LocalEndpoint).Port);
        foreach (var bytes in new[] { 0, Payload })
        {
            await peer.AddAsync("reset", "reset_peer", new { bytes });
            var (resets, read) = (0, 0L);
            for (var i = 0; i < Connections; i++)
            {
                try
                {
                    using var client = await ConnectAsync(port);
                    var buffer = new byte[1 << 16];
                    while (await client.ReceiveAsync(buffer.AsMemory()) is > 0 and var count)
                        read += count;
                }
                catch (SocketException problem) when (problem.SocketErrorCode == SocketError.ConnectionReset)
                {
                    resets++;
                }
            }
            Check(resets == Connections && read <= (long)bytes * Connections, $"reset after {bytes} bytes: {resets} of {Connections} clients saw a reset, after {read / Connections} bytes on average");
            await peer.RemoveAsync("reset", "reset_peer");
        }
    }

    private static TcpListener Serve(Func<Socket, Task> serve)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _ = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    var socket = await listener.AcceptSocketAsync();
                    _ = Task.Run(() => serve(socket));
                }
            }
            catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
            {
                // The row is over.
            }
        });
        return listener;
    }

    private static async Task SendAsync(Socket socket, long bytes)
    {
        var buffer = new byte[1 << 14];
        using (socket)
        {
            try
            {
                for (; bytes > 0; bytes -= buffer.Length)
                    await socket.SendAsync(buffer.AsMemory());
            }
            catch (SocketException)
            {
                // As the row asks for.
            }
        }
    }

    private static async Task<Socket> ConnectAsync(int port)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return socket;
    }

    private static async Task<TimeSpan> AskAsync(Socket socket)
    {
        var buffer = new byte[4096];
        var begin = Stopwatch.GetTimestamp();
        await socket.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
        await socket.ReceiveAsync(buffer.AsMemory());
        return Stopwatch.GetElapsedTime(begin);
    }

    private static double Median(IEnumerable<double> values) => values.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : 0;

    private static void Check(bool holds, string line)
    {
        _holds &= holds;
        Console.WriteLine($"{(holds ? "holds" : "FAILS")}: {line}");
    }
}
