using System.CommandLine;
using System.Diagnostics;
using Loadline.Plans;
using Loadline.Plans.Reading;
using Loadline.Recording;
using Loadline.Schedules;
using Loadline.Targets;
using Loadline.Users;
using Loadline.Wire;

namespace Loadline.Bench.Users;

/// <summary>
/// How exactly loads keep their due times, and what that costs: the pacer of open loads and the alarm clock of users who think against other ways to wait, then a whole load on a
/// real server.
/// </summary>
internal static class PaceBench
{
    private const string Alarmed = "alarm clock (ours)", Timed = "timers";

    public static Command Create()
    {
        var rate = new Option<int>("--rate") { Description = "Arrivals per second.", DefaultValueFactory = _ => 5000 };
        var seconds = new Option<int>("--seconds") { Description = "Length of each row.", DefaultValueFactory = _ => 10 };
        var command = new Command("pace", "Send lag and CPU of open loads and of users who think: our ways to wait beside timers and a spinning thread, then with requests to a server.") { rate, seconds };
        command.SetAction((arguments, _) => RunAsync(arguments.GetValue(rate), arguments.GetValue(seconds)));
        return command;
    }

    private static async Task RunAsync(int rate, int seconds)
    {
        Console.WriteLine(FormattableString.Invariant($"{Environment.ProcessorCount} cores, .NET {Environment.Version}, {rate}/s Poisson for {seconds} s; lag from due to fired or sent"));
        var schedule = new RateSchedule([new Ramp(TimeSpan.FromSeconds(seconds), rate, rate)], 1);
        foreach (var (name, make) in new (string, Func<RunClock, Pacer>)[]
        {
            ("thread that sleeps (ours)", clock => new ThreadPacer(clock)),
            ("thread that sleeps (again)", clock => new ThreadPacer(clock)),
            ("PeriodicTimer of 1 ms, catching up", clock => new TickPacer(clock)),
            ("thread that spins", clock => new SpinPacer(clock)),
        })
        {
            var clock = new RunClock(TimeProvider.System);
            var lags = new Lags(clock, schedule);
            var cpu = Environment.CpuUsage.TotalTime;
            await make(clock).RunAsync(lags, default);
            Report(name, lags.Histogram, Environment.CpuUsage.TotalTime - cpu, clock);
        }
        foreach (var name in new[] { Alarmed, Timed, Alarmed + ", again", Timed + ", again" })
            await ThinkingAsync(name, byAlarm: name.StartsWith(Alarmed, StringComparison.Ordinal), users: rate / 5, seconds);
        await WholeAsync("whole load, answers without a network", rate, seconds, clock => new NoWire(clock));
        await WithServerAsync(rate, seconds);
    }

    private static async Task ThinkingAsync(string name, bool byAlarm, int users, int seconds)
    {
        var clock = new RunClock(TimeProvider.System);
        using var alarms = new AlarmClock(clock);
        alarms.Start(default);
        var (lag, cpu, end) = (Histograms.NewTotal(), Environment.CpuUsage.TotalTime, RunClock.Nanoseconds(TimeSpan.FromSeconds(seconds)));
        await Task.WhenAll(Enumerable.Range(0, users).Select(async user =>
        {
            var alarm = new AlarmClock.Alarm(alarms);
            var random = new SeededRandom((ulong)user);
            for (var due = random.NextInt64(1_000_000_000); due < end; due = clock.Now + random.NextInt64(2_000_000_000))
            {
                await (byAlarm ? alarm.UntilAsync(due, default) : clock.UntilAsync(due, default));
                var late = (clock.Now - due) / 1000;
                lock (lag)
                    lag.RecordValue(late);
            }
        }));
        Report(FormattableString.Invariant($"{users} users who think 1 s, {name}"), lag, Environment.CpuUsage.TotalTime - cpu, clock);
    }

    private static async Task WithServerAsync(int rate, int seconds)
    {
        using var server = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["wire-server"]) { RedirectStandardOutput = true })!;
        try
        {
            var port = (await server.StandardOutput.ReadLineAsync())!.Split(' ')[1];
            foreach (var share in new[] { 5, 1 })
                await WholeAsync($"whole load, {rate / share}/s to a server on the same machine", rate / share, seconds, clock => new HttpWire(
                    Profile, new WireOptions { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(30) }, clock));
        }
        finally
        {
            server.Kill();
        }
    }

    private static TargetProfile Profile { get; } = TargetProfileReader.Read(PlanCatalog.Resource("plans/targets/rag.yaml")!, "rag.yaml");

    private static async Task WholeAsync(string name, int rate, int seconds, Func<RunClock, IWire> make)
    {
        var plan = PlanReader.Read($"""
            name: pace
            purpose: Send lag
            load:
              rate: {rate}/s
              phases: {"{"} up: 0s, hold: {seconds}s, down: 0s {"}"}
              users-at-most: 2000
              stream: 0%
              mix: {"{"} query: 1 {"}"}
            objectives: [errors < 1%]
            """, "pace.yaml").Plan!;
        var clock = new RunClock(TimeProvider.System);
        using var wire = make(clock);
        using var recorder = new Recorder(new RecorderOptions { Operations = ["query"], Times = PhaseTimes.Of(plan.Load.Up, plan.Load.Hold, plan.Load.Down) });
        var population = new UserPopulation(plan, Profile, [], wire, recorder, clock);
        var cpu = Environment.CpuUsage.TotalTime;
        using var over = new CancellationTokenSource();
        var flushing = recorder.RunAsync(TimeProvider.System, () => clock.Now, over.Token);
        await population.RunAsync(default);
        await over.CancelAsync();
        await flushing;
        var all = recorder.Complete(clock.Now).Hold.All();
        Report(name, all.Lateness!, Environment.CpuUsage.TotalTime - cpu, clock);
        Console.WriteLine(FormattableString.Invariant(
            $"    offered {population.Gauges.Arrivals}, sent {population.Gauges.ArrivalsSent}, dropped {population.Gauges.ArrivalsDropped}, waited {population.Gauges.ArrivalsWaited}, late > 1 ms {population.Gauges.LateByOneMillisecond}, > 10 ms {population.Gauges.LateByTenMilliseconds}; errors {all.Counts.Errors}"));
    }

    private static void Report(string name, HdrHistogram.HistogramBase lag, TimeSpan cpu, RunClock clock) => Console.WriteLine(FormattableString.Invariant(
        $"{name,-55} p50 {lag.GetValueAtPercentile(50) / 1e3,7:0.000}  p99 {lag.GetValueAtPercentile(99) / 1e3,7:0.000}  p99.9 {lag.GetValueAtPercentile(99.9) / 1e3,7:0.000}  max {lag.GetValueAtPercentile(100) / 1e3,8:0.000} ms   CPU {cpu.TotalSeconds / (clock.Now / 1e9),5:0.00} cores"));

    private sealed class Lags(RunClock clock, Schedule schedule) : IPaced
    {
        private long _next;

        public HdrHistogram.LongHistogram Histogram { get; } = Histograms.NewTotal();

        public bool TryNext(out long due)
        {
            due = _next < schedule.Count ? RunClock.Nanoseconds(schedule.DueAt(_next)) : 0;
            return _next++ < schedule.Count;
        }

        public void Fire(long due) => Histogram.RecordValue((clock.Now - due) / 1000);

        public void Done()
        {
        }
    }

    private sealed class TickPacer(RunClock clock) : Pacer
    {
        internal override async Task RunAsync(IPaced paced, CancellationToken stop)
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
            var more = paced.TryNext(out var due);
            while (more && await timer.WaitForNextTickAsync(stop))
            {
                for (var now = clock.Now; more && due <= now; more = paced.TryNext(out due))
                    paced.Fire(due);
            }
        }
    }

    private sealed class SpinPacer(RunClock clock) : Pacer
    {
        internal override Task RunAsync(IPaced paced, CancellationToken stop) => Task.Factory.StartNew(() =>
        {
            while (paced.TryNext(out var due))
            {
                while (clock.Now < due)
                    Thread.SpinWait(20);
                paced.Fire(due);
            }
        }, stop, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private sealed class NoWire(RunClock clock) : IWire
    {
        public async ValueTask<WireReply> SendAsync(WireRequest request, Exchange exchange, CancellationToken stop)
        {
            exchange.Sent = clock.Now;
            await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
            exchange.End = clock.Now;
            return new WireReply(true, null, null, []);
        }

        public void Dispose()
        {
        }
    }
}
