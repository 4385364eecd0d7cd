using Loadline.Plans.Reading;
using Loadline.Reports;
using Loadline.Runs;
using Loadline.Verdicts;

namespace Loadline.Testing;

/// <summary>What a run found.</summary>
public sealed class LoadTestResult
{
    internal LoadTestResult(RunSummary summary, string folder) => (Summary, Folder) = (summary, Path.GetFullPath(folder));

    /// <summary>PASS, WARN, FAIL or INVALID: the worst of the objectives, or INVALID where the figures can't be believed.</summary>
    public Result Verdict => Enum.Parse<Result>(Summary.Verdict, ignoreCase: true);

    /// <summary>Why, in one sentence.</summary>
    public string Because => Summary.Because;

    /// <summary>Objective by objective, in the plan's order.</summary>
    public IReadOnlyList<ObjectiveSummary> Objectives => Summary.Objectives;

    /// <summary>Everything, as in <c>summary.json</c>.</summary>
    public RunSummary Summary { get; }

    /// <summary>The run folder.</summary>
    public string Folder { get; }

    /// <summary>The HTML report.</summary>
    public string Report => Path.Combine(Folder, RunFolder.Report);

    /// <summary>A metric over the hold phase, by its catalogue name.</summary>
    /// <param name="name">Such as <c>query.p95</c>, in seconds, or <c>errors</c>, in per cent; see docs/metrics.md.</param>
    /// <exception cref="KeyNotFoundException">The run has no such metric: it is misspelt, or nothing was there to measure it on.</exception>
    public MetricSummary Metric(string name) => Summary.Metrics.TryGetValue(name, out var metric)
        ? metric
        : throw new KeyNotFoundException($"'{name}' is not a metric of this run; {Nearest.Advice(name, [.. Summary.Metrics.Keys], "metrics")}");

    /// <summary>Throws unless the verdict is PASS or WARN.</summary>
    /// <exception cref="LoadTestException">It is FAIL or INVALID; the message has the verdict, objective by objective, and the report's path.</exception>
    /// <returns>This result.</returns>
    public LoadTestResult EnsurePassed() => Verdict is Result.Pass or Result.Warn ? this : throw new LoadTestException(this);

    /// <summary>The verdict as <c>loadline run</c> prints it.</summary>
    public override string ToString() => VerdictText.Render(Summary);
}

/// <summary>A run whose verdict is FAIL or INVALID.</summary>
/// <param name="result">The run.</param>
public sealed class LoadTestException(LoadTestResult result) : Exception($"{result}\nReport: {result.Report}")
{
    /// <summary>The run.</summary>
    public LoadTestResult Result { get; } = result;
}
