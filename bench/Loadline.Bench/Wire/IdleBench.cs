using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Loadline.Plans.Reading;
using Loadline.Recording;
using Loadline.Targets;
using Loadline.Users;
using Loadline.Wire;

namespace Loadline.Bench.Wire;

/// <summary>
/// What an idle user costs in memory, its connection included: all come, ask once, and think. Four targets (ports of one nginx), since the system has fewer than 30,000 ports for
/// connections to one.
/// </summary>
internal static class IdleBench
{
    private const int Targets = 4;

    public static Command Create()
    {
        var users = new Option<int>("--users") { Description = "Users.", DefaultValueFactory = _ => 50_000 };
        var wire = new Option<string>("--wire") { Description = "lean or dotnet.", DefaultValueFactory = _ => "lean" };
        var command = new Command("idle", "Memory of idle users with a connection each.") { users, wire };
        command.SetAction((parsed, stop) => RunAsync(parsed.GetValue(users), parsed.GetValue(wire)!, stop));
        return command;
    }

    private static async Task RunAsync(int users, string wire, CancellationToken stop)
    {
        using var nginx = new Nginx(1, Targets);
        var profile = TargetProfileReader.Read($"name: idle\nabout: idle users\nwire: {wire}\noperations: {{ get: {{ request: GET /, ok: [200] }} }}");
        var plan = PlanReader.Read(
            $$"""
            name: idle
            purpose: Users who think
            target: idle
            seed: 1
            load: { users: {{users / Targets}}, phases: { up: 15s, hold: 60s, down: 0s }, think: 300s, mix: { get: 100 }, timeout: 15s, stream: 0%, watch: 0% }
            data: { documents: 0 }
            objectives: [errors < 1%]
            """, "idle", operationsOf: _ => ["get"]) is { Plan: { } read } ? read : throw new InvalidOperationException("the plan is wrong");
        var (heap, resident) = Memory();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var sink = new Counting();
        var clock = new RunClock(TimeProvider.System);
        var wires = nginx.Ports.Select(port => Wires.Open(
            profile, new WireOptions { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = plan.Load.Timeout, Connections = UserPopulation.ConnectionsFor(plan) }, clock)).ToList();
        var running = Task.WhenAll(wires.Select(each => new UserPopulation(plan, profile, [], each, sink, clock).RunAsync(ending.Token)));
        for (var waited = 0; waited < 40 && sink.Answered + sink.Others < users / Targets * Targets; waited++)
            await Task.Delay(1000, stop).ConfigureAwait(false);
        var (heapAfter, residentAfter) = Memory();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{wire}: {sink.Answered} users answered, {sink.Others} not; each {(heapAfter - heap) / (double)sink.Answered / 1024:0.0} KiB of the heap, {(residentAfter - resident) / (double)sink.Answered / 1024:0.0} KiB resident"));
        await ending.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
        wires.ForEach(each => each.Dispose());
    }

    private static (long Heap, long Resident) Memory()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using var self = Process.GetCurrentProcess();
        return (GC.GetTotalMemory(forceFullCollection: true), self.WorkingSet64);
    }

    private sealed class Counting : IExchangeSink
    {
        private int _answered;
        private int _others;

        public int Answered => Volatile.Read(ref _answered);

        public int Others => Volatile.Read(ref _others);

        public void RecordFelt(Felt felt)
        {
        }

        public void RecordArrival(long due, long at, bool sent)
        {
        }

        public void RecordGranted(long minute, long at, int requests)
        {
        }

        public void Record(Exchange exchange)
        {
            if (exchange.Outcome == Outcome.Ok)
                Interlocked.Increment(ref _answered);
            else
                Interlocked.Increment(ref _others);
        }

        public void RecordSearchable(long nanoseconds, Outcome outcome, long at)
        {
        }
    }
}
