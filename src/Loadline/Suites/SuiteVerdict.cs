using Loadline.Verdicts;

namespace Loadline.Suites;

/// <summary>The verdict of a suite: the worst of its runs, and which of them gave way.</summary>
public static class SuiteVerdict
{
    /// <summary>Judges it. A run that could not be started, and one that was not made although none before it ended the suite, make it INVALID: nobody knows what they would have said.</summary>
    /// <param name="runs">Its runs, in order.</param>
    public static (Result Verdict, string Because) Of(IReadOnlyList<SuiteRunSummary> runs)
    {
        var gaveWay = runs.Where(run => !run.Passed && run.Verdict != SuiteRunSummary.NotRun).ToList();
        var missing = runs.Count(run => run.Verdict == SuiteRunSummary.NotRun);
        var notMade = missing == 0 ? "" : $"{(missing == 1 ? "1 run was" : $"{missing} runs were")} not made";
        if (gaveWay.Count > 0)
        {
            // Of one or two with the reason; of more the page has it, run by run.
            var names = gaveWay.Count <= 2
                ? string.Join("; ", gaveWay.Select(run => $"{run.Name} is {run.Verdict}: {run.Because.TrimEnd('.')}"))
                : string.Join(", ", gaveWay.Select(run => $"{run.Name} ({run.Verdict})"));
            return (gaveWay.Max(ResultOf), $"{gaveWay.Count} of {runs.Count} {(runs.Count == 1 ? "run" : "runs")} gave way: {names}{(missing == 0 ? "" : $"; {notMade}")}.");
        }
        if (missing > 0)
            return (Result.Invalid, $"{notMade} of {runs.Count}, so nobody knows what {(missing == 1 ? "it" : "they")} would have said.");
        var warned = runs.Where(run => run.Verdict == Result.Warn.Word()).ToList();
        var all = runs.Count == 1 ? "The one run passed" : $"All {runs.Count} runs passed";
        return warned.Count == 0 ? (Result.Pass, all + ".") : (Result.Warn, $"{all}, {warned.Count} with a warning: {string.Join("; ", warned.Select(run => $"{run.Name}: {run.Because.TrimEnd('.')}"))}.");
    }

    private static Result ResultOf(SuiteRunSummary run) => Enum.TryParse<Result>(run.Verdict, ignoreCase: true, out var result) ? result : Result.Invalid;
}
