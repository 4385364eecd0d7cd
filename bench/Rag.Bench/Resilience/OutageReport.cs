using System.Globalization;
using Rag.Bench.Engines;

namespace Rag.Bench.Resilience;

/// <summary>Figures of outages as lines of a table, and whether their bars held.</summary>
internal static class OutageReport
{
    private const int Shown = 4;

    /// <summary>The head of <see cref="OfEngine"/>'s rows, which are Markdown.</summary>
    public const string EngineHead =
        """
        | engine | fault | down | answers | bad | refused | degraded | breaker | degraded P99 | recovery | drained | deepest queue | acknowledged | lost | twice | connections before, most, after (bound) | |
        |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
        """;

    /// <summary>Prints the row of a service.</summary>
    /// <returns>Whether every bar held.</returns>
    public static bool OfService(string service, string fault, OutageFigures figures)
    {
        // A killed service may be back before anyone has asked it twice: without an open breaker there must be nothing that it would have spared.
        var opened = figures.Open is <= 5 || (figures.Open is null && (!figures.HasCallers || fault == "kill"));
        var held = opened && Held(figures);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{service,-12} {fault,-8}{figures.Samples.Count,8}{figures.BadShare,8:0.00%}{figures.Degraded.Count,8}{Seconds(figures.Open),14}{Seconds(figures.DegradedP99),14}{Seconds(figures.Recovery),11}{Seconds(figures.Drained),14}{figures.Acknowledged,14}{figures.Lost,6}{figures.Twice,7}{(held ? "" : "  !")}"));
        Tell(figures, Console.Out);
        return held;
    }

    /// <summary>Prints the row of an engine; what was degraded and bad goes to the errors, so that the output is a table.</summary>
    /// <returns>Whether every bar held.</returns>
    public static bool OfEngine(BenchEngine engine, string fault, OutageFigures figures, EngineConnections connections)
    {
        var held = Held(figures) && connections.After <= engine.MostConnections && connections.Most <= engine.MostConnections;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {engine.Name} | {fault} | {Seconds(figures.Down)} | {figures.Samples.Count:N0} | {figures.BadShare:0.00%} | {figures.Refused.Count:N0} | {figures.Degraded.Count:N0} | {(figures.HasCallers ? Seconds(figures.Open) : "no caller")} | {Seconds(figures.DegradedP99)} | {Seconds(figures.Recovery)} | {Seconds(figures.Drained)} | {figures.Deepest:N0} | {figures.Acknowledged:N0} | {figures.Lost} | {figures.Twice} | {connections.Before}, {connections.Most}, {connections.After} ({engine.MostConnections}) | {(held ? "" : "!")} |"));
        Console.Error.WriteLine($"{engine.Name} {fault}");
        Tell(figures, Console.Error);
        return held;
    }

    private static bool Held(OutageFigures figures) =>
        figures.BadShare < 0.01 && !(figures.DegradedP99 >= 1) && figures.Recovery <= 30 && figures.Drained is <= 120 && figures is { Lost: 0, Twice: 0 };

    private static void Tell(OutageFigures figures, TextWriter to)
    {
        foreach (var group in figures.Degraded.GroupBy(s => s.Note).OrderByDescending(g => g.Count()).Take(Shown))
            to.WriteLine($"               degraded {group.Count()}× {group.Key}");
        foreach (var group in figures.Refused.GroupBy(s => (s.Kind, s.Note)).OrderByDescending(g => g.Count()).Take(Shown))
            to.WriteLine($"               refused {group.Count()}× {group.Key.Kind} {group.Key.Note}");
        foreach (var group in figures.Bad.GroupBy(s => (s.Kind, s.End, s.Note)).OrderByDescending(g => g.Count()).Take(Shown))
            to.WriteLine($"               bad {group.Count()}× {group.Key.Kind} {group.Key.End} {group.Key.Note}");
    }

    private static string Seconds(double? value) => value is { } seconds && !double.IsNaN(seconds) ? seconds.ToString("0.00", CultureInfo.InvariantCulture) + " s" : "–";
}
