namespace Loadline.Export;

/// <summary>
/// How often which values came, in Prometheus's exponential buckets (a native histogram) and in a few fixed ones beside them, for those who know no native histograms.
/// Filled from HdrHistograms, whose values are within 0.05 % of what was measured; bucket <c>i</c> holds what is above 2^((i−1)/16) and up to 2^(i/16), so a value read off its
/// bucket is off by 4.4 % at most, and by 2.2 % where it is taken as the bucket's middle. At most <see cref="MostBuckets"/> buckets.
/// </summary>
/// <param name="bounds">Upper bounds of the fixed buckets, ascending, without +∞.</param>
internal sealed class ExponentialHistogram(double[] bounds)
{
    /// <summary>Buckets an octave are 2 to the power of this.</summary>
    public const int Schema = 4;

    /// <summary>From here down a value is nothing: half of what HdrHistograms tell apart.</summary>
    public const double ZeroThreshold = 5e-7;

    /// <summary>32 octaves lie between 1 µs and 1 h, and as many between a thousandth of a token per second and the fastest.</summary>
    public const int MostBuckets = 33 << Schema;

    private readonly Dictionary<int, long> _buckets = [];
    private readonly long[] _fixed = new long[bounds.Length + 1];
    private long _zeros;
    private long _count;
    private double _sum;

    /// <summary>Adds a value so many times.</summary>
    /// <param name="value">The value in the metric's unit; not negative.</param>
    /// <param name="count">How often it came.</param>
    public void Add(double value, long count)
    {
        if (value <= ZeroThreshold)
            _zeros += count;
        else
            _buckets[IndexOf(value)] = _buckets.GetValueOrDefault(IndexOf(value)) + count;
        var place = Array.BinarySearch(bounds, value);
        _fixed[place < 0 ? ~place : place] += count;
        _count += count;
        _sum += value * count;
    }

    /// <summary>As it is now.</summary>
    public HistogramValue Value()
    {
        var cumulative = new (double, long)[bounds.Length];
        var sum = 0L;
        for (var i = 0; i < bounds.Length; i++)
            cumulative[i] = (bounds[i], sum += _fixed[i]);
        return new HistogramValue(_count, _sum, _zeros, [.. _buckets.OrderBy(pair => pair.Key).Select(pair => (pair.Key, pair.Value))], cumulative);
    }

    /// <summary>The bucket of a value.</summary>
    internal static int IndexOf(double value)
    {
        var index = (int)Math.Ceiling(Math.Log2(value) * (1 << Schema));
        // A logarithm of a bound itself may come out a hair above the whole number.
        return value <= Upper(index - 1) ? index - 1 : index;
    }

    /// <summary>A bucket's upper bound, which is in it.</summary>
    internal static double Upper(int index) => Math.Pow(2, (double)index / (1 << Schema));
}

/// <summary>A histogram at one moment.</summary>
/// <param name="Count">All values.</param>
/// <param name="Sum">Their sum.</param>
/// <param name="Zeros">Those at <see cref="ExponentialHistogram.ZeroThreshold"/> or below.</param>
/// <param name="Buckets">Counts by bucket, ascending; without the empty ones.</param>
/// <param name="Fixed">Values up to and with each fixed bound.</param>
internal sealed record HistogramValue(long Count, double Sum, long Zeros, IReadOnlyList<(int Index, long Count)> Buckets, IReadOnlyList<(double Bound, long Count)> Fixed)
{
    /// <summary>The buckets as Prometheus writes them: stretches of neighbours, each with the gap before it, and every count as its difference to the one before.</summary>
    public (IReadOnlyList<(int Offset, int Length)> Spans, IReadOnlyList<long> Deltas) Spans()
    {
        var (spans, deltas) = (new List<(int Offset, int Length)>(), new List<long>());
        var (next, before) = (0, 0L);
        foreach (var (index, count) in Buckets)
        {
            if (spans.Count > 0 && index == next)
                spans[^1] = (spans[^1].Offset, spans[^1].Length + 1);
            else
                spans.Add((index - next, 1));
            deltas.Add(count - before);
            (next, before) = (index + 1, count);
        }
        return (spans, deltas);
    }
}
