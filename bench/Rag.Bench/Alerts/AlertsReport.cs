using System.Globalization;

namespace Rag.Bench.Alerts;

/// <summary>Episodes as rows of a Markdown table: a row an alert, error budgets with their windows in one.</summary>
internal static class AlertsReport
{
    public const string Head =
        """
        | alert | fault | fired after | gone after | fired beside it |
        |---|---|---|---|---|
        """;

    public static void Print(EpisodeResult result)
    {
        var others = string.Join(", ", result.Others.GroupBy(name => name.Row).Select(group => group.Key));
        foreach (var row in result.Outcomes.GroupBy(outcome => outcome.Name.Row))
            Console.WriteLine($"| {row.Key} | {result.Episode.Fault} | {Cells(row, outcome => outcome.FiredAfter, "NEVER")} | {Cells(row, outcome => outcome.GoneAfter, "NOT")} | {(others.Length == 0 ? "–" : others)} |{(row.All(outcome => outcome.IsRight) ? "" : " !")}");
    }

    /// <summary>What a run that should have been silent said.</summary>
    public static void PrintUnrest(IReadOnlyList<AlertSpan> spans)
    {
        foreach (var span in spans.DistinctBy(span => (span.Name, span.IsFiring)))
            Console.WriteLine($"  {span.Name} {(span.IsFiring ? "fired" : "was about to fire")}: {span.Description}");
    }

    private static string Cells(IEnumerable<AlertOutcome> outcomes, Func<AlertOutcome, double?> value, string missing) =>
        string.Join(", ", outcomes.Select(outcome => Cell(outcome, value(outcome), missing)));

    private static string Cell(AlertOutcome outcome, double? seconds, string missing)
    {
        var windows = outcome.Name.Windows.Length == 0 ? "" : outcome.Name.Windows + ": ";
        var times = missing == "NEVER" && outcome.Times > 1 ? string.Create(CultureInfo.InvariantCulture, $" ({outcome.Times} times)") : "";
        return seconds is { } known ? string.Create(CultureInfo.InvariantCulture, $"{windows}{Math.Max(0, known):0} s{times}") : windows + missing;
    }
}
