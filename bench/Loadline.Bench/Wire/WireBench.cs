using System.CommandLine;
using System.Diagnostics;
using Loadline.Plans;
using Loadline.Targets;
using Loadline.Wire;

namespace Loadline.Bench.Wire;

/// <summary>What an exchange and a streamed token cost the client, in CPU and allocations, with everything stamped and parsed as in a run.</summary>
internal static class WireBench
{
    private const int Users = 32;
    private const int Rounds = 6;

    public static Command Create()
    {
        var command = new Command("wire", "CPU and allocations of one plain exchange and of one streamed token.");
        command.SetAction((_, _) => RunAsync());
        return command;
    }

    private static async Task RunAsync()
    {
        using var server = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["wire-server"]) { RedirectStandardOutput = true })!;
        try
        {
            var port = (await server.StandardOutput.ReadLineAsync())!.Split(' ')[1];
            foreach (var kind in new[] { "lean", "dotnet" })
                await MeasureAsync(kind, new Uri($"http://127.0.0.1:{port}")).ConfigureAwait(false);
        }
        finally
        {
            server.Kill();
        }
    }

    private static async Task MeasureAsync(string kind, Uri address)
    {
        var profile = TargetProfileReader.Read($"wire: {kind}\n{PlanCatalog.Resource("plans/targets/rag.yaml")}", "rag.yaml");
        using var wire = Wires.Open(profile, new WireOptions { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) }, new RunClock(TimeProvider.System));
        for (var round = 1; round <= Rounds; round++)
        {
            var (plain, allocated) = await CostAsync(wire, profile, streamed: false, 600).ConfigureAwait(false);
            var (stream, inStream) = await CostAsync(wire, profile, streamed: true, 8).ConfigureAwait(false);
            Console.WriteLine(FormattableString.Invariant(
                $"{kind} round {round}: plain exchange {plain:0.0} µs CPU, {allocated:0} B; token {stream / WireServer.Tokens:0.00} µs CPU, {inStream / WireServer.Tokens:0} B"));
        }
    }

    private static async Task<(double Microseconds, double Bytes)> CostAsync(IWire wire, TargetProfile profile, bool streamed, int each)
    {
        using var process = Process.GetCurrentProcess();
        var (cpu, bytes) = (process.TotalProcessorTime, GC.GetTotalAllocatedBytes());
        await Task.WhenAll(Enumerable.Range(0, Users).Select(async _ =>
        {
            var request = new WireRequest
            {
                Operation = profile.Operations["query"],
                Values = new TemplateValues { Question = "What is the height of Bagatela?" },
                Authorization = "Bearer x",
                Streamed = streamed,
                ExpectedDocument = "d2",
                ContinuesOnWire = true,
            };
            for (var i = 0; i < each; i++)
            {
                var exchange = new Exchange { Operation = "query" };
                await wire.SendAsync(request, exchange, default).ConfigureAwait(false);
                if (exchange.Outcome != Outcome.Ok || exchange.Correct != true)
                    throw new InvalidOperationException($"{exchange.Outcome} {exchange.Reason}");
            }
        }));
        process.Refresh();
        return ((process.TotalProcessorTime - cpu).TotalMicroseconds / (Users * each), (GC.GetTotalAllocatedBytes() - bytes) / (double)(Users * each));
    }
}
