namespace Loadline.Schedules;

/// <summary>
/// The points of a Poisson process of rate 1, each addressable by its index without those before it. Sums of n exponential gaps are gamma(n) distributed, and
/// of such a sum the first half of the gaps has a beta(n/2, n/2) distributed share, independent of the sum (the order statistics of uniform points). So the sum
/// of 2⁴⁰ gaps is drawn once and halved again and again on the way to a block of 64 gaps; these are drawn one by one and stretched to the block's length.
/// <code>
///                    sum of 2^40 gaps: gamma
///                   /                        \
///          beta share                      the rest
///          /        \                      /      \
///        …            …                  …          …
///    block 0: 64 gaps │ block 1 │ block 2 …               index → 34 halvings, then 64 gaps
/// </code>
/// Every draw is seeded by its place in this tree, so a point depends on seed and index alone (seen in PoissonPointsTests, with the law of gaps and counts). The
/// block that was asked for last is kept: whoever goes through the points in order pays for the way down once in 64 points.
/// </summary>
internal sealed class PoissonPoints
{
    private const int BlockBits = 6;
    private const int Block = 1 << BlockBits;
    private const int Depth = 34;

    private readonly ulong _seed;
    private readonly double _sum;
    private Tuple<long, double[]>? _kept;

    /// <summary>The points that belong to a seed.</summary>
    public PoissonPoints(ulong seed) => (_seed, _sum) = (seed, new Draws(seed, ulong.MaxValue).Gamma(1L << (Depth + BlockBits)));

    /// <summary>Where a point lies.</summary>
    /// <param name="index">From 0 to 2⁴⁰ − 1.</param>
    public double At(long index)
    {
        var number = index >> BlockBits;
        var kept = Volatile.Read(ref _kept);
        if (kept is null || kept.Item1 != number)
            Volatile.Write(ref _kept, kept = Tuple.Create(number, Points(number)));
        return kept.Item2[index & (Block - 1)];
    }

    /// <summary>How many points lie below a value.</summary>
    public long CountBelow(double value)
    {
        var (low, high) = (0L, 1L << (Depth + BlockBits));
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (At(middle) < value)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private double[] Points(long number)
    {
        var (start, length) = (0.0, _sum);
        for (var level = Depth - 1; level >= 0; level--)
        {
            // Each half has 2^level blocks. Nodes are numbered as in a heap: 1 is the root, 2n and 2n + 1 are the halves of n.
            var node = (1UL << (Depth - 1 - level)) | ((ulong)number >> (level + 1));
            var draws = new Draws(_seed, node);
            var gaps = (long)Block << level;
            var (left, right) = (draws.Gamma(gaps), draws.Gamma(gaps));
            var first = length * (left / (left + right));
            if (((number >> level) & 1) == 0)
                length = first;
            else
                (start, length) = (start + first, length - first);
        }
        var points = new double[Block];
        var own = new Draws(_seed, (1UL << Depth) | (ulong)number);
        var sum = 0.0;
        for (var i = 0; i < Block; i++)
            points[i] = sum += own.Exponential();
        for (var i = 0; i < Block; i++)
            points[i] = start + (points[i] / sum * length);
        return points;
    }
}
