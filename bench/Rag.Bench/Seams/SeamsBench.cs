using System.CommandLine;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Rag.Errors;
using Rag.Seams;
using Rag.Seams.Faults;

namespace Rag.Bench.Seams;

/// <summary>
/// The command <c>seams</c>: what a call between two services of one process costs through the seam, and without it. Rounds of the two alternate, and the same
/// call is measured against itself first: what that differs by is what the machine makes of it.
/// </summary>
internal static class SeamsBench
{
    private const int Items = 100;

    public static Command Create()
    {
        var rounds = new Option<int>("--rounds") { Description = "Rounds of each side, the median of which counts", DefaultValueFactory = _ => 15 };
        var calls = new Option<int>("--calls") { Description = "Calls of a round", DefaultValueFactory = _ => 100_000 };
        var watched = new Option<bool>("--watched") { Description = "With a listener to the metrics, as /metrics has", DefaultValueFactory = _ => true };
        var command = new Command("seams", "What the seam costs per call within a process") { rounds, calls, watched };
        command.SetAction((arguments, _) => RunAsync(arguments.GetValue(rounds), arguments.GetValue(calls), arguments.GetValue(watched)));
        return command;
    }

    private static async Task<int> RunAsync(int rounds, int calls, bool watched)
    {
        using var dependencies = new Dependencies(SeamOptions.Default, TimeProvider.System, seed: 1);
        using var faults = new FaultBoard(new Dictionary<string, IReadOnlyList<string>>(), TimeProvider.System, seed: 1);
        using var listener = watched ? Listen() : null;
        IEcho echo = new Echo();
        var through = EchoContract.Instance.Through(new Seam<IEcho>(EchoContract.Instance, [new LocalPeer<IEcho>(echo, faults)], dependencies));
        CallScope.Enter(TimeProvider.System, TimeSpan.FromHours(1), Priority.Interactive);
        using var request = new CancellationTokenSource();
        var stop = request.Token;

        Console.WriteLine($"{Environment.ProcessorCount} cores, .NET {Environment.Version}, {rounds} rounds of {calls} calls; ns and bytes per call (per item where it says so)");
        Console.WriteLine($"{"",-34}{"direct",10}{"again",10}{"seam",10}{"more",10}{"bytes",10}{"bytes more",12}");
        await CompareAsync("answered at once", 1, s => SayAsync(s, calls, stop));
        await CompareAsync("answered after a yield", 1, s => LaterAsync(s, calls, stop));
        await CompareAsync($"stream of {Items}, all there", 1, s => StreamAsync(s, calls / Items, wait: false, stop), calls / Items);
        await CompareAsync($"stream of {Items}, per item", Items, s => StreamAsync(s, calls / Items, wait: false, stop), calls / Items);
        await CompareAsync($"stream of {Items}, each awaited, per item", Items, s => StreamAsync(s, calls / Items, wait: true, stop), calls / Items);
        using var closed = new Dependencies(Settings(), TimeProvider.System, seed: 1);
        var down = EchoContract.Instance.Through(new Seam<IEcho>(EchoContract.Instance, [new LocalPeer<IEcho>(new DownEcho(), faults)], closed));
        await FailAsync(down, 10, stop); // opens the circuit
        (echo, through) = (new DownEcho(), down);
        await CompareAsync("refused, circuit open", 1, s => FailAsync(s, calls / 10, stop), calls / 10);
        return 0;

        async Task CompareAsync(string name, int perCall, Func<IEcho, Task> run, int? count = null)
        {
            var n = (count ?? calls) * (double)perCall;
            var (direct, again, seam) = (new List<(double Ns, double Bytes)>(), new List<(double Ns, double Bytes)>(), new List<(double Ns, double Bytes)>());
            for (var round = -3; round < rounds; round++)
                foreach (var (results, service) in new[] { (direct, echo), (seam, through), (again, echo) })
                {
                    var measured = await MeasureAsync(() => run(service), n);
                    if (round >= 0) // compiled and warm
                        results.Add(measured);
                }

            var (d, a, s) = (Median(direct), Median(again), Median(seam));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{name,-34}{d.Ns,10:0}{a.Ns,10:0}{s.Ns,10:0}{s.Ns - d.Ns,10:0}{s.Bytes,10:0}{s.Bytes - d.Bytes,12:0}"));
        }
    }

    private static async Task<(double Ns, double Bytes)> MeasureAsync(Func<Task> run, double count)
    {
        var bytes = GC.GetTotalAllocatedBytes(precise: true);
        var started = Stopwatch.GetTimestamp();
        await run();
        var took = Stopwatch.GetElapsedTime(started);
        return (took.TotalNanoseconds / count, (GC.GetTotalAllocatedBytes(precise: true) - bytes) / count);
    }

    private static async Task SayAsync(IEcho service, int calls, CancellationToken stop)
    {
        for (var i = 0; i < calls; i++)
            await service.SayAsync("hello", stop);
    }

    private static async Task FailAsync(IEcho service, int calls, CancellationToken stop)
    {
        for (var i = 0; i < calls; i++)
            try
            {
                await service.SayAsync("hello", stop);
            }
            catch (RagException)
            {
            }
    }

    // A circuit that stays open for as long as it is measured.
    private static SeamOptions Settings() => SeamOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
    {
        ["seams:breaker_pause_ms"] = "60000",
        ["seams:breaker_longest_pause_ms"] = "60000",
    }).Build());

    private static async Task LaterAsync(IEcho service, int calls, CancellationToken stop)
    {
        for (var i = 0; i < calls; i++)
            await service.SayLaterAsync("hello", stop);
    }

    private static async Task StreamAsync(IEcho service, int calls, bool wait, CancellationToken stop)
    {
        for (var i = 0; i < calls; i++)
            await foreach (var _ in service.CountAsync(wait ? -Items : Items, stop))
            {
            }
    }

    private static (double Ns, double Bytes) Median(List<(double Ns, double Bytes)> of) =>
        (of.Select(m => m.Ns).Order().ElementAt(of.Count / 2), of.Select(m => m.Bytes).Order().ElementAt(of.Count / 2));

    private static MeterListener Listen()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, me) =>
            {
                if (instrument.Meter.Name == "Rag")
                    me.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => { });
        listener.Start();
        return listener;
    }
}
