using System.CommandLine;
using Loadline.Plans;
using Loadline.Plans.Reading;
using Loadline.Recording;
using Loadline.Targets;
using Loadline.Users;
using Loadline.Wire;

namespace Loadline.Bench.Users;

/// <summary>What users and samples cost in memory: idle users in one process, and a recorder over very many samples.</summary>
internal static class CrowdBench
{
    public static Command Create()
    {
        var users = new Option<int>("--users") { Description = "Idle users.", DefaultValueFactory = _ => 50_000 };
        var samples = new Option<long>("--samples") { Description = "Samples to record; 0 leaves them out.", DefaultValueFactory = _ => 100_000_000 };
        var command = new Command("crowd", "Memory per idle user (think time, no network), and of the recorder over 10^8 samples.") { users, samples };
        command.SetAction(async (arguments, _) =>
        {
            await IdleAsync(arguments.GetValue(users));
            Record(arguments.GetValue(samples));
        });
        return command;
    }

    private static async Task IdleAsync(int users)
    {
        var plan = PlanReader.Read($"""
            name: crowd
            purpose: Memory of idle users
            load: {"{"} users: {users}, phases: {"{"} up: 5s, hold: 20s, down: 0s {"}"}, think: 5m, stream: 0%, mix: {"{"} query: 1 {"}"}, documents-per-user: 5 {"}"}
            objectives: [errors < 1%]
            """, "crowd.yaml").Plan!;
        var profile = TargetProfileReader.Read(PlanCatalog.Resource("plans/targets/rag.yaml")!, "rag.yaml");
        var clock = new RunClock(TimeProvider.System);
        using var wire = new AtOnce(clock);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        using var stop = new CancellationTokenSource();
        using var recorder = new Recorder(new RecorderOptions { Operations = ["query"], Times = PhaseTimes.Of(plan.Load.Up, plan.Load.Hold, plan.Load.Down) });
        var population = new UserPopulation(plan, profile, [], wire, recorder, clock);
        var run = population.RunAsync(stop.Token);
        await Task.Delay(TimeSpan.FromSeconds(8));
        var after = GC.GetTotalMemory(forceFullCollection: true);
        Console.WriteLine(FormattableString.Invariant(
            $"{population.Gauges.ActiveUsers} users active, each thinking after a request: {(after - before) / 1024.0 / users:0.00} KiB of heap a user, {Environment.WorkingSet >> 20} MiB resident in all"));
        await stop.CancelAsync();
        await run;
    }

    private static void Record(long samples)
    {
        if (samples == 0)
            return;
        const int PerSecond = 100_000;
        using var recorder = new Recorder(new RecorderOptions { Operations = ["query"], Times = PhaseTimes.Of(default, TimeSpan.FromDays(1), default) });
        for (long i = 0; i < samples; i++)
        {
            var due = i * (1_000_000_000 / PerSecond);
            recorder.Record(new Exchange { Operation = "query", Due = due, Sent = due + 1000, FirstByte = due + 2000, End = due + 1_000_000 + (i * 7919 % 500_000_000), Status = 200 });
            if (i % PerSecond == 0)
                recorder.Flush(due);
            if (i % (samples / 10) == samples / 10 - 1)
                Console.WriteLine(FormattableString.Invariant($"{i + 1,12} samples: {GC.GetTotalMemory(forceFullCollection: true) / 1024.0 / 1024:0.0} MiB of heap"));
        }
        Console.WriteLine($"recorded {recorder.Complete(samples * (1_000_000_000 / PerSecond)).Hold.All().Counts.Total}");
    }

    private sealed class AtOnce(RunClock clock) : IWire
    {
        public ValueTask<WireReply> SendAsync(WireRequest request, Exchange exchange, CancellationToken stop)
        {
            exchange.Sent = exchange.End = clock.Now;
            return ValueTask.FromResult(new WireReply(true, null, null, []));
        }

        public void Dispose()
        {
        }
    }
}
