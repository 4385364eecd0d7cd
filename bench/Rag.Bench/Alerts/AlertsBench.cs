using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace Rag.Bench.Alerts;

/// <summary>
/// The command <c>alerts</c>: a real Prometheus with the rules that are shipped watches a real <c>rag up</c> under load. In health nothing may fire or be about to; then real faults are planted, one after
/// another: each alert must fire, and must go when the fault has gone. Exit code 1 when one does not, or when one fires in health.
/// </summary>
internal static class AlertsBench
{
    public static Command Create()
    {
        var only = new Option<string[]>("--only") { Description = "Alerts, or objectives of error budgets, to try; all where none is named", AllowMultipleArgumentsPerToken = true };
        var rules = new Option<double>("--faster") { Description = "What durations of the rules are divided by", DefaultValueFactory = _ => 30 };
        var budgets = new Option<double>("--budgets-faster") { Description = "What those of error budgets are divided by", DefaultValueFactory = _ => 720 };
        var healthy = new Option<double>("--healthy") { Description = "Seconds of health before the faults; 0 leaves it out", DefaultValueFactory = _ => 60 };
        var log = new Option<FileInfo?>("--log") { Description = "A file for all that the systems write" };
        var command = new Command("alerts", "Each alert fires on its real fault, goes with it, and is silent in health") { only, rules, budgets, healthy, log };
        command.SetAction(async (arguments, stop) =>
        {
            await using var lines = arguments.GetValue(log) is { } file ? TextWriter.Synchronized(file.CreateText()) : null;
            var words = arguments.GetValue(only) ?? [];
            var chosen = Stages.All.Select(shape => shape with { Episodes = [.. shape.Episodes.Where(episode => words.Length == 0 || words.Any(episode.IsAbout))] })
                .Where(shape => shape.Episodes.Count > 0).ToList();
            var unknown = words.Where(word => !chosen.SelectMany(shape => shape.Episodes).Any(episode => episode.IsAbout(word))).ToList();
            if (unknown.Count > 0)
                throw new ArgumentException($"--only: no fault is planted for '{string.Join("', '", unknown)}'; there are {string.Join(", ", Known())}");
            return await RunAsync(chosen, new Pace(arguments.GetValue(rules), arguments.GetValue(budgets)), TimeSpan.FromSeconds(arguments.GetValue(healthy)), words.Length == 0, lines, stop);
        });
        return command;
    }

    private static IEnumerable<string> Known() =>
        Stages.All.SelectMany(shape => shape.Episodes).SelectMany(episode => episode.All).SelectMany(name => new[] { name.Alert, name.Objective }).Where(word => word.Length > 0).Distinct();

    private static async Task<int> RunAsync(IReadOnlyList<StageShape> shapes, Pace pace, TimeSpan healthy, bool all, TextWriter? log, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        Console.WriteLine($"{pace.Describe()}\n");
        var held = true;
        HashSet<string> rules = [];
        foreach (var shape in shapes)
        {
            await using var stage = await Stage.StartAsync(shape, pace, log, cancellationToken);
            rules.UnionWith(await stage.Prometheus.RulesAsync(cancellationToken));
            var run = new EpisodeRun(stage);
            held &= await HealthyAsync(run, shape, healthy, cancellationToken);
            Console.WriteLine($"{AlertsReport.Head}");
            foreach (var episode in shape.Episodes)
            {
                held &= await PlayAsync(run, episode, cancellationToken);
            }

            Console.WriteLine();
        }

        if (all)
            held &= IsComplete(rules);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(held ? "every alert fired, and went" : "NOT every alert did (marked !)")}, in {Stopwatch.GetElapsedTime(started).TotalMinutes:0.0} min"));
        return held ? 0 : 1;
    }

    private static async Task<bool> PlayAsync(EpisodeRun run, Episode episode, CancellationToken cancellationToken)
    {
        try
        {
            var result = await run.PlayAsync(episode, cancellationToken);
            AlertsReport.Print(result);
            return result.IsRight;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            Console.WriteLine($"| {string.Join(", ", episode.All.Select(name => name.Row).Distinct())} | {episode.Fault} | NOT PLANTED: {error.Message} | | | !");
            return false;
        }
    }

    private static async Task<bool> HealthyAsync(EpisodeRun run, StageShape shape, TimeSpan length, CancellationToken cancellationToken)
    {
        if (length <= TimeSpan.Zero)
        {
            Console.WriteLine($"{shape.Name}:\n");
            return true;
        }

        var unrest = await run.HealthyAsync(length, cancellationToken);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{shape.Name}: {length.TotalSeconds:0} s of health, {(unrest.Count == 0 ? "no alert fired or was about to" : "NOT SILENT")}\n"));
        AlertsReport.PrintUnrest(unrest);
        return unrest.Count == 0;
    }

    private static bool IsComplete(IReadOnlySet<string> rules)
    {
        var planted = Stages.All.SelectMany(shape => shape.Episodes).SelectMany(episode => episode.All).Select(name => name.Alert).ToHashSet();
        var forgotten = rules.Except(planted).ToList();
        if (forgotten.Count > 0)
            Console.WriteLine($"no fault is planted for {string.Join(", ", forgotten)}");
        return forgotten.Count == 0;
    }
}
