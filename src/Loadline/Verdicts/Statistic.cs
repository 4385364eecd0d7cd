using System.Globalization;
using System.Text.RegularExpressions;
using HdrHistogram;

namespace Loadline.Verdicts;

/// <summary>What is taken of a distribution: a percentile, its mean, least or greatest value.</summary>
/// <param name="Name">As objectives write it.</param>
/// <param name="Percentile">0–100; null for the mean.</param>
internal sealed partial record Statistic(string Name, double? Percentile)
{
    /// <summary>What a person may write, for errors and documentation.</summary>
    public const string Forms = "p50, p90, p95, p99, p99.9 (any percentile), mean, min, max";

    /// <summary>Those that every run reports.</summary>
    public static IReadOnlyList<Statistic> Reported { get; } = [Of(50), Of(90), Of(95), Of(99), Of(99.9)];

    /// <summary>
    /// Samples without which the value means nothing. For a percentile p the rule is n ≥ ln 0.025 ÷ ln p (p below 50 mirrored): with fewer, the two-sided
    /// 95 % confidence interval of the percentile (<see cref="OrderStatistics"/>) has no upper rank: it is open at the tail. p50 6, p95 72, p99 368, p99.9 3688.
    /// A mean needs 30 (the usual bound for the normal approximation), least and greatest value 1.
    /// </summary>
    public long SamplesNeeded => Percentile switch
    {
        null => 30,
        <= 0 or >= 100 => 1,
        { } p => (long)Math.Ceiling(Math.Log(0.025) / Math.Log(Math.Max(p, 100 - p) / 100)),
    };

    /// <summary>A percentile.</summary>
    public static Statistic Of(double percentile) => new("p" + percentile.ToString("0.###", CultureInfo.InvariantCulture), percentile);

    /// <summary>Reads a statistic; null when it is none.</summary>
    public static Statistic? Read(string text) => text switch
    {
        "mean" => new("mean", null),
        "min" => new("min", 0),
        "max" => new("max", 100),
        _ when Pattern().Match(text) is { Success: true } match
            && double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) is > 0 and < 100 and var percentile => Of(percentile),
        _ => null,
    };

    /// <summary>The value in the histogram's unit.</summary>
    public double Take(HistogramBase histogram) => Percentile is { } percentile ? histogram.GetValueAtPercentile(percentile) : histogram.GetMean();

    /// <summary>The 95 % confidence interval of a percentile, the histogram's values divided by a scale; null with too few samples, and of other statistics.</summary>
    public Interval95? Interval(HistogramBase histogram, double scale)
    {
        if (Percentile is not (> 0 and < 100 and var percentile) || OrderStatistics.Ranks(histogram.TotalCount, percentile / 100) is not { } ranks)
            return null;
        return new(At(ranks.Lower), At(ranks.Upper));

        double At(long rank) => histogram.GetValueAtPercentile(100.0 * rank / histogram.TotalCount) / scale;
    }

    [GeneratedRegex(@"^p(\d{1,2}(\.\d{1,3})?)$", RegexOptions.NonBacktracking)]
    private static partial Regex Pattern();
}
