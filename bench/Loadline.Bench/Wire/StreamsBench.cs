using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using Loadline.Plans;
using Loadline.Targets;
using Loadline.Wire;

namespace Loadline.Bench.Wire;

/// <summary>
/// How true the times of streamed tokens are: what the wire stamped against when the server sent, token by token, on one clock. With few streams that is the wire's error; with
/// ten thousand it is how far it lags. The server's core and the client's are apart.
/// </summary>
internal static class StreamsBench
{
    public static Command Create()
    {
        var streams = new Option<int>("--streams") { Description = "Streams at once.", DefaultValueFactory = _ => 8 };
        var tokens = new Option<int>("--tokens") { Description = "Tokens of each, 20 a second.", DefaultValueFactory = _ => 20 };
        var wires = new Option<string[]>("--wires") { Description = "lean, dotnet.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["lean", "dotnet"] };
        var split = new Option<bool>("--split") { Description = "Tokens in two pieces each.", DefaultValueFactory = _ => true };
        var command = new Command("streams", "Truth of token times, and lag of many streams.") { streams, tokens, wires, split };
        command.SetAction(async (parsed, stop) =>
        {
            foreach (var wire in parsed.GetValue(wires)!)
                await RunAsync(wire, parsed.GetValue(streams), parsed.GetValue(tokens), parsed.GetValue(split), stop).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task RunAsync(string kind, int streams, int tokens, bool split, CancellationToken stop)
    {
        var file = Path.GetTempFileName();
        using (var made = new FileStream(file, FileMode.Open))
            made.SetLength((long)streams * tokens * sizeof(long));
        string[] arguments = ["-c", "1", Environment.ProcessPath!, "stream-server", file, $"{tokens}", .. split ? (string[])["--split"] : []];
        using var server = Process.Start(new ProcessStartInfo("taskset", arguments) { RedirectStandardOutput = true })!;
        try
        {
            var port = (await server.StandardOutput.ReadLineAsync(stop).ConfigureAwait(false))!.Split(' ')[1];
            var text = PlanCatalog.Resource("plans/targets/rag.yaml")!;
            var profile = TargetProfileReader.Read($"wire: {kind}\n{text}", "rag.yaml");
            // From the clock's own zero, so that its times are those that the server writes down.
            var clock = new RunClock(TimeProvider.System, 0);
            using var wire = Wires.Open(profile, new WireOptions { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(3) }, clock);
            // Compiles what a run has compiled before its first user comes.
            await StreamAsync(wire, profile, 0, streams).ConfigureAwait(false);
            using var self = Process.GetCurrentProcess();
            var before = self.TotalProcessorTime;
            var exchanges = await Task.WhenAll(Enumerable.Range(0, streams).Select(number => StreamAsync(wire, profile, number, streams))).ConfigureAwait(false);
            self.Refresh();
            var cpu = (self.TotalProcessorTime - before).TotalMicroseconds / ((double)streams * tokens);
            using var mapped = MemoryMappedFile.CreateFromFile(file, FileMode.Open);
            using var stamps = mapped.CreateViewAccessor();
            Tell(kind, exchanges, tokens, stamps, cpu);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync(stop).ConfigureAwait(false);
            File.Delete(file);
        }
    }

    private static async Task<Exchange> StreamAsync(IWire wire, TargetProfile profile, int number, int streams)
    {
        // They begin over three seconds, so that connecting is not what is measured.
        await Task.Delay(3000 * number / streams).ConfigureAwait(false);
        var exchange = new Exchange { Operation = "query" };
        var request = new WireRequest
        {
            Operation = profile.Operations["query"],
            Values = new TemplateValues { Question = $"{number}" },
            Streamed = true,
            ContinuesOnWire = true,
        };
        await wire.SendAsync(request, exchange, default).ConfigureAwait(false);
        return exchange;
    }

    private static void Tell(string kind, Exchange[] exchanges, int tokens, MemoryMappedViewAccessor stamps, double cpu)
    {
        var (lag, gaps, firsts, speeds, late) = (new List<double>(), new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var stream = 0; stream < exchanges.Length; stream++)
        {
            var exchange = exchanges[stream];
            if (exchange.Outcome != Outcome.Ok || exchange.TokenGaps!.Count != tokens - 1)
                throw new InvalidOperationException($"{exchange.Outcome} {exchange.Reason}, {exchange.Tokens} tokens");
            var at = exchange.FirstContent;
            long sentBefore = 0;
            for (var token = 0; token < tokens; token++)
            {
                var sent = (long)(stamps.ReadInt64(((long)stream * tokens + token) * sizeof(long)) * (1e9 / Stopwatch.Frequency));
                if (token > 0)
                {
                    at += exchange.TokenGaps[token - 1];
                    gaps.Add(Math.Abs(exchange.TokenGaps[token - 1] - (sent - sentBefore)));
                    late.Add(Math.Abs(sent - sentBefore - (StreamServer.EveryMilliseconds * 1e6)));
                }
                else
                    firsts.Add(Math.Abs(exchange.FirstContent - exchange.Sent - (sent - exchange.Sent)));
                lag.Add(at - sent);
                sentBefore = sent;
            }
            var first = (long)(stamps.ReadInt64((long)stream * tokens * sizeof(long)) * (1e9 / Stopwatch.Frequency));
            speeds.Add(Math.Abs(((tokens - 1) * 1e9 / (exchange.LastContent - exchange.FirstContent)) - ((tokens - 1) * 1e9 / (sentBefore - first))));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind}: {exchanges.Length} streams of {tokens} tokens{(exchanges.Length >= 1000 ? $", {cpu:0.0} µs CPU a token" : "")}, load {File.ReadAllText("/proc/loadavg")[..14]}"));
        Row("token stamped after it was sent", lag);
        Row("error of the time to first token", firsts);
        Row("error of a gap", gaps);
        Row("(the server's own error of a gap)", late);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {"error of the speed",-36} most {speeds.Max():0.0000} tokens/s of 20"));
    }

    private static void Row(string what, List<double> nanoseconds)
    {
        nanoseconds.Sort();
        string At(double quantile) => (nanoseconds[(int)Math.Min(nanoseconds.Count - 1, quantile * nanoseconds.Count)] / 1e6).ToString("0.000", CultureInfo.InvariantCulture);
        Console.WriteLine($"  {what,-36} P50 {At(0.5)} ms, P99 {At(0.99)} ms, P99.9 {At(0.999)} ms, most {At(1)} ms");
    }
}
