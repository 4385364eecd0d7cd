using Loadline.Plans;
using Loadline.Plans.Quantities;

namespace Loadline.Suites;

/// <summary>Says in plain sentences what a suite will do.</summary>
public static class SuiteExplanation
{
    /// <summary>One sentence an item, in the order of the suite.</summary>
    public static IReadOnlyList<string> Explain(PreparedSuite prepared)
    {
        var suite = prepared.Suite;
        var load = prepared.Runs.Aggregate(TimeSpan.Zero, (sum, run) => sum + run.Plan.Load.Duration) + (prepared.Pause * (prepared.Runs.Count - 1));
        var lines = new List<string>
        {
            $"{suite.Name}: {suite.Purpose.TrimEnd('.')}{(suite.Purpose.EndsWith('?') ? "" : ".")}{(suite.Schedule is null ? "" : $" Schedule: {suite.Schedule}.")}",
            $"{prepared.Runs.Count} runs one after another{(prepared.Pause > TimeSpan.Zero ? $", {Time(prepared.Pause)} apart" : "")}: {Time(load)} in all, without preparation.",
        };
        foreach (var (index, run) in prepared.Runs.Index())
            lines.Add($"{index + 1}. {run.Name}: {run.Plan.Purpose.TrimEnd('.')}; {string.Join(", ", run.Plan.Scenarios.Select(scenario => LoadExplanation.Brief(scenario.Load)))}, {Time(run.Plan.Load.Duration)}, target {run.Plan.Target}, {run.Plan.Objectives.Count} objectives{(run.StopsOnFailure ? "; when it does not pass, the suite ends" : "")}.");
        lines.Add("One verdict: the worst of the runs.");
        return lines;
    }

    private static string Time(TimeSpan time) => DurationQuantity.Text(time.TotalSeconds);
}
