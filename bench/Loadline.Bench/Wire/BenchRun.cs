using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Loadline.Plans.Reading;
using Loadline.Runs;
using Loadline.Targets;

namespace Loadline.Bench.Wire;

/// <summary>One contender of <see cref="HttpBench"/>: a whole run of Loadline, as <c>loadline run</c> makes it: users, wire, recorder, run folder. A process of its own.</summary>
internal static class BenchRun
{
    public static Command Create()
    {
        var url = new Argument<string>("url");
        var wire = new Argument<string>("wire");
        var users = new Argument<int>("users");
        var seconds = new Argument<int>("seconds");
        var command = new Command("wire-run", "A contender of 'http'; started by it.") { url, wire, users, seconds };
        command.Hidden = true;
        command.SetAction((parsed, stop) => RunAsync(parsed.GetValue(url)!, parsed.GetValue(wire)!, parsed.GetValue(users), parsed.GetValue(seconds), stop));
        return command;
    }

    private static async Task RunAsync(string url, string wire, int users, int seconds, CancellationToken stop)
    {
        var profile = TargetProfileReader.Read($$"""
            name: wire-bench
            about: 62 bytes from nginx
            wire: {{wire}}
            operations: { get: { request: GET /, ok: [200] } }
            """);
        var reading = PlanReader.Read(
            $$"""
            name: wire-bench
            purpose: Requests one after another, without thinking
            target: wire-bench
            seed: 1
            load: { users: {{users}}, phases: { up: 1s, hold: {{seconds}}s, down: 1s }, think: 0s, mix: { get: 100 }, timeout: 15s, stream: 0%, watch: 0% }
            data: { documents: 0 }
            objectives: [errors < 1%]
            """, "wire-bench", operationsOf: _ => ["get"]);
        var plan = reading.Plan ?? throw new InvalidOperationException(string.Join("\n", reading.Problems));
        var folder = Directory.CreateTempSubdirectory("loadline-bench-");
        try
        {
            var cost = new Cost();
            var request = new RunRequest { Plan = plan, Profile = profile, Address = new Uri(url), Folder = folder.FullName, CommandLine = "bench" };
            var summary = await new LoadRun(request, cost, TimeProvider.System).ExecuteAsync(stop).ConfigureAwait(false);
            var get = summary.Operations.Single();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{cost.PerSecond:0} {cost.Microseconds:0.00} {cost.Bytes:0} {get.ServiceTime!.P50 * 1e6:0} {get.ServiceTime.P99 * 1e6:0} {summary.Verdict}"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Takes processor time, allocations and answers from the third second of the load to the last but one of its hold.</summary>
    private sealed class Cost : IRunObserver
    {
        private readonly Process _self = Process.GetCurrentProcess();
        private readonly List<(long At, TimeSpan Cpu, long Bytes, long Answers)> _seen = [];

        public double PerSecond => (Last.Answers - First.Answers) / Stopwatch.GetElapsedTime(First.At, Last.At).TotalSeconds;

        public double Microseconds => (Last.Cpu - First.Cpu).TotalMicroseconds / (Last.Answers - First.Answers);

        public double Bytes => (Last.Bytes - First.Bytes) / (double)(Last.Answers - First.Answers);

        private (long At, TimeSpan Cpu, long Bytes, long Answers) First => _seen[1];

        private (long At, TimeSpan Cpu, long Bytes, long Answers) Last => _seen[^2];

        public void Progress(RunProgress progress)
        {
            _self.Refresh();
            if (progress.Phase == "hold")
                _seen.Add((Stopwatch.GetTimestamp(), _self.TotalProcessorTime, GC.GetTotalAllocatedBytes(), progress.Operations[0].Answered));
        }

        public void Step(string text)
        {
        }

        public void Advance(string text, long done, long total)
        {
        }

        public void Warn(string text) => Console.Error.WriteLine(text);
    }
}
