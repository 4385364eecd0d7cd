using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace Rag.Bench.Resilience;

/// <summary>The command <c>streams</c>: 1000 answers that are open at once for 20 s. Bar: threads and database connections of <c>rag serve</c> stay as they were.</summary>
internal static class StreamsBench
{
    private const int Streams = 1000;
    private const int Documents = 50;

    public static Command Create()
    {
        var command = new Command("streams", "Threads and database connections under 1000 open answer streams");
        command.SetAction((_, stop) => RunAsync(stop));
        return command;
    }

    private static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        // 0.1 s + 100 tokens × 200 ms = 20 s.
        await using var system = await SystemUnderTest.StartAsync(
            "serve", ["slots=2000", "queue=0", "first-token=100ms", "per-token=200ms", "output-tokens=100", "load-factor=0"], [], cancellationToken);
        await system.FillAsync(Documents, cancellationToken);
        var asker = new Asker(system.Http, Stopwatch.GetTimestamp(), TimeSpan.FromSeconds(60));
        for (var i = 0; i < 200; i++)
            await asker.SearchAsync(Texts.Question(i % Documents, i), cancellationToken);
        Console.WriteLine("           threads  database files open  sockets   open streams");
        var before = Print("before", system.Rag.Id, 0);
        var running = Enumerable.Range(0, Streams).Select(i => asker.QueryAsync(Texts.Question(i % Documents, i), cancellationToken)).ToArray();
        var (threads, databases) = (0, 0);
        while (!running.All(t => t.IsCompleted))
        {
            await Task.WhenAny(Task.WhenAll(running), Task.Delay(TimeSpan.FromSeconds(2), cancellationToken));
            var now = Print(string.Create(CultureInfo.InvariantCulture, $"{asker.Now,5:0} s"), system.Rag.Id, running.Count(t => !t.IsCompleted));
            (threads, databases) = (Math.Max(threads, now.Threads), Math.Max(databases, now.Databases));
        }

        var ok = running.Count(t => t.Result.End == Ending.Ok);
        Print("after", system.Rag.Id, 0);
        var held = ok == Streams && threads <= before.Threads + 8 && databases <= before.Databases + 2;
        Console.WriteLine($"{ok} of {Streams} answers in full; threads {before.Threads} → at most {threads}, database files {before.Databases} → at most {databases}: {(held ? "flat" : "NOT FLAT")}");
        return held ? 0 : 1;
    }

    private static (int Threads, int Databases) Print(string when, int process, int open)
    {
        var threads = Directory.GetDirectories($"/proc/{process}/task").Length;
        var files = Directory.GetFiles($"/proc/{process}/fd").Select(f => File.ResolveLinkTarget(f, false)?.FullName ?? "").ToList();
        var databases = files.Count(f => f.Contains(".db", StringComparison.Ordinal) || f.Contains("sqlite", StringComparison.Ordinal));
        Console.WriteLine($"{when,-10}{threads,8}{databases,21}{files.Count(f => f.Contains("socket:", StringComparison.Ordinal)),9}{open,15}");
        return (threads, databases);
    }
}
