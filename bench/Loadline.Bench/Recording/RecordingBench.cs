using System.CommandLine;
using System.Diagnostics;
using Loadline.Recording;
using Loadline.Wire;

namespace Loadline.Bench.Recording;

/// <summary>
/// What it costs to record an exchange, whether memory stays flat however many there are, and how long the log takes to be read again. The clock is simulated: a
/// second has as many exchanges as are asked for, of four operations in two scenarios.
/// </summary>
internal static class RecordingBench
{
    private const int Rounds = 10;
    private const long Second = 1_000_000_000;

    private static readonly string[] Operations = ["query", "upload", "search", "status"], Scenarios = ["readers", "writers"];

    public static Command Create()
    {
        var samples = new Option<long>("--samples") { Description = "Exchanges in all.", DefaultValueFactory = _ => 100_000_000 };
        var perSecond = new Option<int>("--per-second") { Description = "Exchanges of a simulated second.", DefaultValueFactory = _ => 100_000 };
        var command = new Command("recording", "Time and memory of recording an exchange, and of reading the log.") { samples, perSecond };
        command.SetAction(arguments => Run(arguments.GetValue(samples), arguments.GetValue(perSecond)));
        return command;
    }

    private static void Run(long samples, int perSecond)
    {
        var folder = Directory.CreateTempSubdirectory("loadline-bench-").FullName;
        try
        {
            var seconds = samples / perSecond;
            var times = new PhaseTimes(0, seconds * Second, seconds * Second);
            using var recorder = new Recorder(new RecorderOptions { Operations = Operations, Scenarios = Scenarios, Times = times, Folder = folder });
            var exchanges = Exchanges();
            for (var round = 0; round < Rounds; round++)
            {
                var (begin, recording, recorded) = (Stopwatch.GetTimestamp(), TimeSpan.Zero, 0L);
                for (var second = seconds * round / Rounds; second < seconds * (round + 1) / Rounds; second++)
                {
                    var start = Stopwatch.GetTimestamp();
                    for (var i = 0; i < perSecond; i++)
                    {
                        var exchange = exchanges[i % exchanges.Length];
                        var took = exchange.End - exchange.Due;
                        exchange.Due = (second * Second) + (i * Second / perSecond);
                        exchange.Sent = exchange.Due + 100_000;
                        exchange.End = exchange.Due + took;
                        recorder.Record(exchange);
                    }
                    recording += Stopwatch.GetElapsedTime(start);
                    recorded += perSecond;
                    recorder.Flush((second + 1) * Second + Second / 4);
                }
                var all = Stopwatch.GetElapsedTime(begin);
                Console.WriteLine(FormattableString.Invariant(
                    $"{recorded * (round + 1),12:N0} exchanges: {recording.TotalNanoseconds / recorded,4:0} ns each, {(all - recording).TotalMilliseconds * Rounds / seconds:0.0} ms to flush a second, {GC.GetTotalMemory(forceFullCollection: true) / 1048576.0:0.0} MiB managed, {Environment.WorkingSet / 1048576.0:0} MiB resident"));
            }
            var hold = recorder.Complete(seconds * Second).Hold;
            var reading = Stopwatch.GetTimestamp();
            var read = new RecordedLog(folder, Operations, times, [], seconds * Second).Sum(new Selection());
            var length = Stopwatch.GetElapsedTime(reading);
            Console.WriteLine(FormattableString.Invariant(
                $"log of {seconds} s: {new FileInfo(Path.Combine(folder, RecordingFiles.Histograms)).Length / 1048576.0:0.0} MiB, read in {length.TotalSeconds:0.00} s; {(read.All().Counts.Total == hold.All().Counts.Total ? "the same" : "ANOTHER")} count, {(Same(read, hold) ? "the same" : "OTHER")} percentiles"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool Same(PhaseTotals a, PhaseTotals b) =>
        new[] { 50, 95, 99, 99.9 }.All(p => a.All().AnsweredResponse!.GetValueAtPercentile(p) == b.All().AnsweredResponse!.GetValueAtPercentile(p));

    // As many as keep the processor's caches honest; times are lognormal around 50 ms, 1 in 100 fails.
    private static Exchange[] Exchanges()
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, 4096).Select(i => new Exchange
        {
            Operation = Operations[random.Next(Operations.Length)],
            Scenario = Scenarios[random.Next(Scenarios.Length)],
            Due = 0,
            End = (long)(50e6 * Math.Exp(random.NextDouble() * 2 - 1)),
            Outcome = random.Next(100) == 0 ? Outcome.Failed : Outcome.Ok,
            Reason = null,
        })];
    }
}
