using HdrHistogram;

namespace Loadline.Recording;

/// <summary>The one shape that all histograms have, so that any two can be added: 1 µs to 1 h with 3 digits. Times are recorded in microseconds.</summary>
public static class Histograms
{
    /// <summary>The greatest value that is told apart; longer times count as this.</summary>
    public const long Highest = 3_600_000_000;

    private const int Digits = 3;

    /// <summary>An empty histogram for totals.</summary>
    public static LongHistogram NewTotal() => new(1, Highest, Digits);

    /// <summary>An empty histogram for one second.</summary>
    internal static IntHistogram NewInterval() => new(1, Highest, Digits);

    /// <summary>Nanoseconds as the value to record.</summary>
    internal static long Microseconds(long nanoseconds) => Math.Clamp((nanoseconds + 500) / 1000, 0, Highest);

    /// <summary>A percentile in seconds; null when nothing was recorded.</summary>
    public static double? Seconds(this HistogramBase? histogram, double percentile) =>
        histogram is null || histogram.TotalCount == 0 ? null : histogram.GetValueAtPercentile(percentile) / 1e6;

    /// <summary>A histogram of times as a summary in seconds; null when nothing was recorded.</summary>
    public static LatencySummary? Summary(this HistogramBase? histogram)
    {
        if (histogram is null || histogram.TotalCount == 0)
            return null;
        double At(double percentile) => histogram.GetValueAtPercentile(percentile) / 1e6;
        return new LatencySummary(histogram.TotalCount, At(0), histogram.GetMean() / 1e6, At(50), At(90), At(95), At(99), At(99.9), At(100));
    }

    /// <summary>The sum of histograms; null when none has a value.</summary>
    public static LongHistogram? Sum(params ReadOnlySpan<HistogramBase?> parts)
    {
        LongHistogram? sum = null;
        foreach (var part in parts)
        {
            if (part is null || part.TotalCount == 0)
                continue;
            (sum ??= NewTotal()).Add(part);
        }
        return sum;
    }
}
