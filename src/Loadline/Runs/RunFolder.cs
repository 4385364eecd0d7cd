using Loadline.Recording;
using Loadline.Traces;

namespace Loadline.Runs;

/// <summary>Names of the files in a run folder.</summary>
public static class RunFolder
{
    /// <summary>Where a run goes that names no folder: <c>runs/PLAN-TIME</c> in the working directory.</summary>
    public static string Default(string plan, TimeProvider time) => Path.Combine("runs", RunId.New(plan, time));

    /// <summary>The <see cref="RunSummary"/>, camelCase JSON.</summary>
    public const string Summary = "summary.json";

    /// <summary>The <see cref="RunState"/> while the run goes on, replaced each second; gone when <see cref="Summary"/> is there.</summary>
    public const string State = "state.json";

    /// <summary>A <see cref="SeriesPoint"/> per line and second, camelCase JSON.</summary>
    public const string Series = RecordingFiles.Series;

    /// <summary>HdrHistograms per operation, outcome and second, in HdrHistogram's own log format with tags.</summary>
    public const string Histograms = RecordingFiles.Histograms;

    /// <summary>An <see cref="InsidePoint"/> per line: looks at the target from inside, camelCase JSON.</summary>
    public const string Inside = RecordingFiles.Inside;

    /// <summary>A <see cref="SampledExchange"/> per line, camelCase JSON.</summary>
    public const string Exchanges = RecordingFiles.Exchanges;

    /// <summary>A <see cref="KeptTrace"/> per line, camelCase JSON: what targets that Loadline started did for the exchanges that are kept.</summary>
    public const string Traces = KeptTraces.File;

    /// <summary>The plan as read.</summary>
    public const string Plan = "plan.yaml";

    /// <summary>A folder of what the processes said that Loadline started, such as <c>rag.log</c>.</summary>
    public const string Logs = "logs";

    /// <summary>The self-contained report.</summary>
    public const string Report = "report.html";

    /// <summary>For CI systems: one test case an objective.</summary>
    public const string JUnit = "junit.xml";

    /// <summary>For pull requests.</summary>
    public const string Markdown = "summary.md";

    /// <summary>The name of a run: its folder's.</summary>
    public static string IdOf(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
}
