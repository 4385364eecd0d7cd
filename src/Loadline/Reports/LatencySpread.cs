using HdrHistogram;
using Loadline.Recording;
using Loadline.Runs;

namespace Loadline.Reports;

/// <summary>How many took how long, for a histogram on paper: twenty steps a decade, where the recording has a thousand.</summary>
/// <param name="From">The first step that has any: step <c>i</c> is of times from 10^(i/20) µs, rounded up, to the next step's.</param>
/// <param name="Counts">How many in each step from there on, to the last that has any.</param>
public sealed record LatencySteps(int From, IReadOnlyList<long> Counts)
{
    private const int StepsPerDecade = 20;

    internal static LatencySteps? Of(HistogramBase? histogram)
    {
        if (histogram is null || histogram.TotalCount == 0)
            return null;
        var steps = new SortedDictionary<int, long>();
        foreach (var value in histogram.RecordedValues())
        {
            var step = (int)Math.Floor((StepsPerDecade * Math.Log10(Math.Max(1, value.ValueIteratedTo))) + 1e-9);
            steps[step] = steps.GetValueOrDefault(step) + value.CountAddedInThisIterationStep;
        }
        var (first, last) = (steps.Keys.First(), steps.Keys.Last());
        return new(first, [.. Enumerable.Range(first, last - first + 1).Select(step => steps.GetValueOrDefault(step))]);
    }
}

/// <summary>The histograms of a run's hold phase without its warm-up, as <see cref="RunSummary.Operations"/> sums it up: by what they are of, and by part.</summary>
internal static class LatencySpread
{
    /// <summary>Reads them from a run folder; none where it has no histogram log.</summary>
    /// <exception cref="IOException">The log can't be read.</exception>
    /// <exception cref="InvalidDataException">A histogram is damaged.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, LatencySteps>> Read(string folder, RunSummary summary)
    {
        var spread = new Dictionary<string, IReadOnlyDictionary<string, LatencySteps>>();
        if (!File.Exists(Path.Combine(folder, RunFolder.Histograms)) || summary.Phases.FirstOrDefault(phase => phase.Name == "hold") is not { } hold)
            return spread;
        var (start, end) = (Nanoseconds(hold.Start), Nanoseconds(hold.End));
        var log = new RecordedLog(folder, [.. summary.Operations.Select(operation => operation.Name)], new PhaseTimes(start, end, end), [], end);
        var totals = log.Sum(new Selection { FromSecond = (long)(summary.WarmUp?.End ?? 0) });
        foreach (var operation in totals.Operations)
            Add(operation.Name, ("answered", operation.AnsweredResponse), ("not answered", operation.FailureResponse));
        var all = totals.All();
        Add("ttft", ("answered", all.FirstToken));
        Add("gap", ("answered", all.TokenGap));
        Add("searchable", ("answered", totals.Searchable), ("not answered", totals.NotSearchable));
        return spread;

        void Add(string name, params (string Part, HistogramBase? Of)[] parts)
        {
            var found = parts.Select(part => (part.Part, Steps: LatencySteps.Of(part.Of))).Where(part => part.Steps is not null).ToDictionary(part => part.Part, part => part.Steps!);
            if (found.Count > 0)
                spread[name] = found;
        }
    }

    private static long Nanoseconds(double seconds) => (long)Math.Round(seconds * 1e9);
}
