namespace Loadline.Recording;

/// <summary>A named stretch of a run, such as a fault or a scenario's activity; nanoseconds since the run's start.</summary>
/// <param name="Name">A word of lower-case letters, digits, <c>-</c>, <c>_</c> and <c>:</c>.</param>
/// <param name="Start">Its first moment.</param>
/// <param name="End">The first moment after it.</param>
public sealed record RunSpan(string Name, long Start, long End);

/// <summary>A stretch of a run in which the phase and the set of spans stay the same.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Spans">Names of the spans that cover it.</param>
internal sealed record Slice(Phase Phase, IReadOnlyList<string> Spans);

/// <summary>
/// Phases and spans cut a run into slices; a moment lies in exactly one. Histograms are kept by slice, so that each phase and each span, however they overlap,
/// is a sum of histograms.
/// <code>
/// phases  | up |        hold         | down |
/// spans        |    [ outage )    [ restart )
/// slices  | 0  | 1  |   2    | 3  | 4 |  5  | 6
/// </code>
/// </summary>
internal sealed class Timeline
{
    /// <summary>The most spans a run may have: slices are at most twice as many, and each costs memory while its second is open.</summary>
    public const int MostSpans = 250;

    private readonly long[] _starts;

    public Timeline(PhaseTimes times, IReadOnlyList<RunSpan> spans)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(spans.Count, MostSpans);
        var cuts = new SortedSet<long> { 0, times.HoldStart, times.HoldEnd };
        foreach (var span in spans)
        {
            cuts.Add(Math.Max(0, span.Start));
            cuts.Add(Math.Max(0, span.End));
        }
        _starts = [.. cuts];
        Slices = [.. _starts.Select(at => new Slice(times.At(at), [.. spans.Where(span => span.Start <= at && at < span.End).Select(span => span.Name).Distinct()]))];
    }

    public IReadOnlyList<Slice> Slices { get; }

    /// <summary>The slice of a moment; what comes after the end belongs to the last.</summary>
    public int At(long nanoseconds)
    {
        var at = Array.BinarySearch(_starts, nanoseconds);
        return at >= 0 ? at : Math.Max(0, ~at - 1);
    }
}
