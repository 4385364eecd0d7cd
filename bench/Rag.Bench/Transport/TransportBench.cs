using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Host.Wiring;
using Rag.Host.Wiring.Remote;
using Rag.Seams;

namespace Rag.Bench.Transport;

/// <summary>
/// The command <c>transport</c>: what a call to another service costs when the service runs in this process, in another one behind a unix socket, and behind TCP.
/// The services do nothing; callers ask in a closed loop. CPU is both processes', seam and serialisation included.
/// </summary>
internal static class TransportBench
{
    private const string ServerCommand = "transport-server";
    private const int StreamTexts = 200;

    public static Command Create()
    {
        var seconds = new Option<int>("--seconds") { Description = "How long each row is measured", DefaultValueFactory = _ => 3 };
        var command = new Command("transport", "What a call costs in one process, over a unix socket and over TCP") { seconds };
        command.SetAction((arguments, _) => RunAsync(TimeSpan.FromSeconds(arguments.GetValue(seconds))));
        return command;
    }

    /// <summary>The other side, which the command starts by itself.</summary>
    public static Command CreateServer()
    {
        var address = new Argument<string>("address");
        var command = new Command(ServerCommand, "Serves the transport bench") { address };
        command.Hidden = true;
        command.SetAction((arguments, _) => EchoProcess.ServeAsync(arguments.GetRequiredValue(address)));
        return command;
    }

    private static async Task<int> RunAsync(TimeSpan time)
    {
        var folder = Directory.CreateTempSubdirectory("rag-transport-");
        try
        {
            Console.WriteLine($"{Environment.ProcessorCount} cores, {System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription}, {time.TotalSeconds} s a row");
            Console.WriteLine($"{"",-34}{"in flight",10}{"calls/s",12}{"P50 µs",10}{"P99 µs",10}{"CPU µs caller",15}{"CPU µs service",15}");
            using var socket = await EchoProcess.StartAsync(ServerCommand, $"unix:{folder.FullName}/echo.sock");
            using var tcp = await EchoProcess.StartAsync(ServerCommand, "http://127.0.0.1:0");
            await using var here = Here();
            await using var bySocket = Elsewhere(socket.Address);
            await using var byTcp = Elsewhere(tcp.Address);
            (string Name, IServiceProvider Services, EchoProcess? Other)[] ways = [("co-hosted", here, null), ("unix socket", bySocket, socket), ("TCP, loopback", byTcp, tcp)];
            (string Name, int Parts, Func<IServiceProvider, Task> Call)[] calls =
            [
                ("small", 1, EchoCalls.SmallAsync), ("vector search", 1, EchoCalls.UsualAsync),
                ("text of a stream, many at once", StreamTexts, services => EchoCalls.StreamAsync(services, StreamTexts, each: false)),
                ("text of a stream, one at a time", StreamTexts, services => EchoCalls.StreamAsync(services, StreamTexts, each: true)),
            ];
            foreach (var (name, parts, call) in calls)
                foreach (var inFlight in new[] { 1, 16 })
                    foreach (var (way, services, other) in ways)
                        Print($"{name}, {way}", inFlight, parts, await MeasureAsync(() => call(services), inFlight, time, other));
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<Row> MeasureAsync(Func<Task> call, int inFlight, TimeSpan time, EchoProcess? other)
    {
        await LoopAsync(call, inFlight, time); // compiled and connected
        using var self = Process.GetCurrentProcess();
        var (own, others) = (self.TotalProcessorTime, other?.Cpu ?? default);
        var started = Stopwatch.GetTimestamp();
        var times = await LoopAsync(call, inFlight, time);
        var elapsed = Stopwatch.GetElapsedTime(started);
        self.Refresh();
        times.Sort();
        return new Row(
            times.Count, elapsed, Stopwatch.GetElapsedTime(0, times[times.Count / 2]), Stopwatch.GetElapsedTime(0, times[(int)(times.Count * 0.99)]),
            self.TotalProcessorTime - own, (other?.Cpu ?? default) - others);
    }

    private static async Task<List<long>> LoopAsync(Func<Task> call, int inFlight, TimeSpan time)
    {
        var end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        var times = await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(async () =>
        {
            var own = new List<long>(1 << 20);
            for (var now = Stopwatch.GetTimestamp(); now < end;)
            {
                await call();
                var then = Stopwatch.GetTimestamp();
                own.Add(then - now);
                now = then;
            }

            return own;
        })));
        return [.. times.SelectMany(t => t)];
    }

    private static void Print(string name, int inFlight, int parts, Row row)
    {
        var calls = (double)row.Calls * parts;
        // A stream's times are divided among its texts.
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-46}{inFlight,4}{calls / row.Elapsed.TotalSeconds,12:0}{row.Median.TotalMicroseconds / parts,10:0.0}{row.Late.TotalMicroseconds / parts,10:0.0}{row.Own.TotalMicroseconds / calls,15:0.0}{row.Other.TotalMicroseconds / calls,15:0.0}"));
    }

    private static ServiceProvider Here() => Caller(services =>
    {
        var echo = new EchoServices();
        echo.Register(services, new ConfigurationBuilder().Build());
        foreach (var contract in echo.Contracts)
            contract.Accept(new SeamRegistration(services));
    });

    private static ServiceProvider Elsewhere(string address) => Caller(services =>
    {
        var at = ServiceAddress.Read(address, out var read) is { } problem ? throw new InvalidOperationException(problem) : read!;
        foreach (var contract in new EchoServices().Contracts)
            contract.Accept(new RemoteRegistration(services, [at]));
    });

    private static ServiceProvider Caller(Action<IServiceCollection> register)
    {
        // On a busy machine a call may take longer than its cap; here it is to be measured, not given up.
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["seams:cap_ms"] = "60000" }).Build();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<IConfiguration>(configuration);
        services.AddSeams(configuration, [new EchoServices()]);
        services.AddSingleton<PeerChannels>();
        register(services);
        return services.BuildServiceProvider();
    }

    private sealed record Row(int Calls, TimeSpan Elapsed, TimeSpan Median, TimeSpan Late, TimeSpan Own, TimeSpan Other);
}
