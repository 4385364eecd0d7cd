using Loadline.Recording;

namespace Loadline.Verdicts;

/// <summary>A warm-up at the beginning of the hold phase.</summary>
/// <param name="End">The first second behind it, since the run's start.</param>
/// <param name="Why">What was different before, a clause.</param>
/// <param name="IsOver">False when the load had not settled within the share of the phase that a warm-up may take.</param>
public sealed record WarmUp(long End, string Why, bool IsOver)
{
    /// <summary>What share of exchanges failed or timed out in it, a clause, where that is how it showed; null otherwise. Such a run passes with a warning at best.</summary>
    public string? Failures { get; init; }

    /// <summary>The greatest share of the hold phase that counts as warm-up: the rest is judged, come what may.</summary>
    public const double LargestShare = 0.25;

    // Below, seconds are too few to tell a warm-up from chance.
    private const int FewestSeconds = 20, MostBlocks = 400, FewestBefore = 3;

    // A second in which an operation ended less often than this has no median to speak of.
    private const int FewestExchanges = 5;

    private const double FewestFailed = 0.005, Material = 1.25, Settled = 1.1, Significant = 4.0;

    /// <summary>
    /// Finds the warm-up as a change-point: of all splits of the series within the first quarter of the phase, the one at which Mann and Whitney's U tells the
    /// seconds before from those after it most clearly (A. N. Pettitt, A non-parametric approach to the change-point problem, Applied Statistics 28 (1979), restricted
    /// to early splits). It counts when it is clear (|z| ≥ 4: one chance in 16,000 for a split, some 1 in 100 for the best of a hundred), when it matters (medians
    /// differ by a quarter and more), and when the early seconds are the slower ones. Looked at is each operation's median response time a second, and the share of
    /// exchanges that failed or timed out a second: an early one counts from half a percent on. A series of more than 400 seconds is taken in blocks. The same series
    /// always gives the same answer. Where a span begins or ends, a fault or a scenario, the load is another by plan: what comes after says nothing of the beginning,
    /// and the phase counts up to there.
    /// </summary>
    /// <param name="series">The run, second by second.</param>
    /// <param name="times">Its phases.</param>
    /// <param name="spans">The plan's spans; null for none.</param>
    /// <returns>The warm-up; null when there is none, or too little to tell.</returns>
    public static WarmUp? Find(IReadOnlyList<SeriesPoint> series, PhaseTimes times, IReadOnlyList<RunSpan>? spans = null)
    {
        var start = (long)Math.Ceiling(times.HoldStart / 1e9);
        var end = (spans ?? []).SelectMany(span => new[] { span.Start, span.End }).Where(at => at > times.HoldStart).Append(times.HoldEnd).Min();
        var held = series.Where(point => point.T >= start && point.T < end / 1_000_000_000).ToList();
        if (held.Count < FewestSeconds)
            return null;
        WarmUp? latest = null;
        foreach (var name in held.SelectMany(point => point.Operations.Keys).Distinct().Order(StringComparer.Ordinal))
        {
            var medians = held
                .Where(point => point.Operations.TryGetValue(name, out var of) && of.P50 is not null && of.Ok + of.Degraded >= FewestExchanges)
                .Select(point => (At: (long)point.T, Value: point.Operations[name].P50!.Value)).ToList();
            if (Of(medians, start, held.Count, Median, 0) is { } found && (latest is null || found.End > latest.End))
                latest = new(found.End, $"{name} took {MetricUnit.Seconds.Text(found.Before)} until then and {MetricUnit.Seconds.Text(found.After)} afterwards (medians of the seconds' medians)", found.IsOver);
        }
        var failed = held.Select(point => (At: (long)point.T, Value: Failed(point))).Where(second => second.Value is not null).Select(second => (second.At, second.Value!.Value)).ToList();
        if (Of(failed, start, held.Count, values => values.Average(), FewestFailed) is not { } failing)
            return latest;
        var failures = $"{MetricUnit.Percent.Text(Math.Round(100 * failing.Before, 2))} of exchanges failed or timed out until then and {MetricUnit.Percent.Text(Math.Round(100 * failing.After, 2))} afterwards (means of the seconds' shares)";
        return latest is null || failing.End > latest.End ? new(failing.End, failures, failing.IsOver) { Failures = failures } : latest with { Failures = failures };
    }

    // Null for a second in which too little ended to speak of a share.
    private static double? Failed(SeriesPoint point)
    {
        var (failed, all) = (0L, 0L);
        foreach (var of in point.Operations.Values)
            (failed, all) = (failed + of.Failed + of.TimedOut, all + of.Ok + of.Degraded + of.Throttled + of.Failed + of.TimedOut);
        return all < FewestExchanges ? null : (double)failed / all;
    }

    private static (long End, double Before, double After, bool IsOver)? Of(
        List<(long At, double Value)> seconds, long start, int length, Func<IEnumerable<double>, double> center, double least)
    {
        if (seconds.Count < FewestSeconds)
            return null;
        var size = (seconds.Count + MostBlocks - 1) / MostBlocks;
        var blocks = seconds.Chunk(size).Select(chunk => (chunk[^1].At, Value: center(chunk.Select(second => second.Value)))).ToList();
        var last = start + (long)(length * LargestShare);
        var (best, latest) = ((Split: 0, Z: 0.0), 0);
        for (var split = FewestBefore; split < blocks.Count - FewestBefore && blocks[split - 1].At + 1 <= last; latest = split++)
            if (Z(blocks, 0, split, blocks.Count) is var z && z > best.Z)
                best = (split, z);
        if (best.Z < Significant)
            return null;
        double Center(int from, int to) => center(blocks.Take(from..to).Select(block => block.Value));
        bool Matters(double early, double late) => early >= Math.Max(least, Material * late);
        var (before, after) = (Center(0, best.Split), Center(best.Split, blocks.Count));
        if (!Matters(before, after))
            return null;
        // A decay is told apart best by a late split, and is over before: where three blocks in a row are as fast as the rest, nothing is left of it.
        var settled = best.Split;
        while (settled > FewestBefore && Center(settled - FewestBefore, settled) < Math.Max(least / 10, Settled * after))
            settled--;
        // As slow as matters up to the latest split that may be; or the first half of the rest is slower than the second, as clearly.
        var allowed = blocks.FindIndex(block => block.At >= last);
        var middle = (allowed + blocks.Count) / 2;
        var stillFalling = (settled == latest && Matters(Center(latest - FewestBefore, latest), after))
            || (allowed > 0 && Z(blocks, allowed, middle, blocks.Count) >= Significant && Matters(Center(allowed, middle), Center(middle, blocks.Count)));
        return (stillFalling ? last : blocks[settled - 1].At + 1, before, after, !stillFalling);
    }

    // U of [from, split) against [split, end), standardised for n·m/2 and n·m·(n + m + 1)/12; positive when the first are greater. Ties count half.
    private static double Z(List<(long At, double Value)> values, int from, int split, int end)
    {
        var (n, m) = (split - from, end - split);
        if (n < FewestBefore || m < FewestBefore)
            return 0;
        var u = 0.0;
        for (var i = from; i < split; i++)
            for (var j = split; j < end; j++)
                u += values[i].Value > values[j].Value ? 1 : values[i].Value == values[j].Value ? 0.5 : 0;
        return (u - n * (double)m / 2) / Math.Sqrt(n * (double)m * (n + m + 1) / 12);
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? 0 : sorted[sorted.Length / 2];
    }
}
