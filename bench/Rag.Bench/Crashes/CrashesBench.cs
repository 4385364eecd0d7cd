using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Rag.Bench.Engines;

namespace Rag.Bench.Crashes;

/// <summary>
/// The command <c>crashes</c>: documents, ingestion with the queue, and both indexes (or documents, ingestion and the servers of engines) are killed at random moments and at every commit boundary while clients upload, replace,
/// delete and create again. Bar: every acknowledged document is found exactly once, versions never go back, deleted ones never return.
/// </summary>
internal static class CrashesBench
{
    public static Command Create()
    {
        var kills = new Option<int>("--kills", "--rounds") { Description = "Kills, at least", DefaultValueFactory = _ => 300 };
        var every = new Option<int>("--checkpoint") { Description = "Kills between two checkpoints", DefaultValueFactory = _ => 30 };
        var clients = new Option<int>("--clients") { Description = "Clients that write at once", DefaultValueFactory = _ => 6 };
        var seed = new Option<int>("--seed") { Description = "Seeds what is done", DefaultValueFactory = _ => 1 };
        var together = new Option<bool>("--together") { Description = "All services in one process, which dies as a whole" };
        var settings = new Option<string[]>("--set") { Description = "Settings of the system, KEY=VALUE, such as documents:engine=postgres", AllowMultipleArgumentsPerToken = true };
        var engines = new Option<string[]?>("--engines")
        {
            Description = $"Run on these engines and kill their servers as well, beside documents and ingestion: {string.Join(", ", BenchEngine.Servers.Select(engine => engine.Name))}; postgres and kafka where none is named",
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.ZeroOrMore,
        };
        var arm = new Option<string[]>("--arm") { Description = "Failpoints to arm each time, NAME=RULE such as queue_before_complete=kill@2; by chance where none is named", AllowMultipleArgumentsPerToken = true };
        var planted = new Option<string>("--planted") { Description = $"Plant a bug that must be found: {string.Join(", ", Planted.PlantedBugs.Names)}", DefaultValueFactory = _ => Planted.PlantedBugs.None };
        planted.AcceptOnlyFromAmong([Planted.PlantedBugs.None, .. Planted.PlantedBugs.Names]);
        var command = new Command("crashes", "kill -9 at random moments and at every commit boundary; then everything acknowledged must be there once") { kills, every, clients, seed, together, settings, engines, arm, planted };
        command.SetAction((arguments, stop) => RunAsync(
            new CrashRules(arguments.GetValue(kills), arguments.GetValue(every), arguments.GetValue(clients), arguments.GetValue(seed), ReadArmed(arguments.GetValue(arm) ?? []),
                arguments.GetValue(planted) is { } bug && bug != Planted.PlantedBugs.None ? Planted.PlantedBugs.Expected(bug) : null),
            arguments.GetValue(planted)!, arguments.GetValue(together), arguments.GetValue(settings) ?? [],
            arguments.GetResult(engines) is null ? [] : arguments.GetValue(engines) is { Length: > 0 } named ? named : ["postgres", "kafka"], stop));
        return command;
    }

    private static Dictionary<string, string>? ReadArmed(string[] rules) => rules.Length == 0 ? null : rules.Select(rule => rule.Split('=', 2)).ToDictionary(
        parts => parts[0], parts => parts.ElementAtOrDefault(1) ?? throw new ArgumentException($"--arm: '{parts[0]}' is not permitted; expected NAME=RULE"));

    private static async Task<int> RunAsync(CrashRules rules, string planted, bool together, string[] settings, string[] engines, CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        await using var system = await CrashSystem.StartAsync(planted, together, settings, engines, cancellationToken);
        var violations = new Violations();
        var run = new CrashRun(system, rules, violations);
        await run.RunAsync(cancellationToken);

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"seed {rules.Seed}, planted: {planted}, {Stopwatch.GetElapsedTime(since).TotalSeconds:0} s, {run.Checkpoints} checkpoints"));
        if (system.Engines is { } versions)
            Console.WriteLine(versions);
        Console.WriteLine($"kills {run.Kills}");
        foreach (var (process, count) in run.KillsByProcess.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            Console.WriteLine($"  {process,-34}{count,6}");
        foreach (var (point, count) in system.Output.Failpoints.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            Console.WriteLine($"  {point,-34}{count,6}");
        var lives = run.Ledger.Entries.Values.Count(entry => entry.Acknowledged.Lives);
        Console.WriteLine($"writes acknowledged {run.Ledger.Acknowledged}, without an answer {run.Ledger.Unknown}; documents {run.Ledger.Entries.Count}, alive {lives}; unreadable {run.Ledger.Spoiled.Count}; words looked for {run.Checked}");
        foreach (var (kind, count) in violations.Counts.OrderBy(pair => pair.Key))
            Console.WriteLine($"violation {kind}: {count}");
        foreach (var violation in violations.First)
            Console.WriteLine($"  {violation.Kind}: {violation.What}");
        if (planted != Planted.PlantedBugs.None)
            Console.WriteLine($"{planted}: {(violations.Counts.ContainsKey(Planted.PlantedBugs.Expected(planted)) ? "caught" : "NOT CAUGHT")} as {Planted.PlantedBugs.Expected(planted)}");
        Console.WriteLine(violations.Any ? "VIOLATED" : "no violations");
        return violations.Any ? 1 : 0;
    }
}
