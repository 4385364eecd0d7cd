namespace Loadline.Verdicts;

/// <summary>
/// The 95 % confidence interval of a percentile from order statistics, which needs no assumption about the distribution. Of n independent samples
/// K ~ Bin(n, p) lie below the p-quantile, so it lies between the l-th and the u-th smallest sample with probability of at least 95 %, where l is the greatest rank
/// with P(K &lt; l) ≤ 2.5 % and u the least with P(K ≥ u) ≤ 2.5 %. u exists when pⁿ ≤ 2.5 %, that is n ≥ ln 0.025 ÷ ln p (p95 72, p99 368, p99.9 3688); l when
/// (1 − p)ⁿ ≤ 2.5 %. Source: J.-Y. Le Boudec, Performance Evaluation of Computer and Communication Systems, theorem 2.1; H. A. David and H. N. Nagaraja, Order
/// Statistics, 7.1. Response times of one run depend on their neighbours in time, so the interval is rather too narrow than too wide.
/// </summary>
internal static class OrderStatistics
{
    private const double Tail = 0.025;

    /// <summary>The ranks, from 1; null when there are too few samples for an upper or a lower one.</summary>
    /// <param name="samples">How many samples.</param>
    /// <param name="quantile">0–1, both ends excluded.</param>
    public static (long Lower, long Upper)? Ranks(long samples, double quantile)
    {
        if (samples < 1 || Math.Pow(quantile, samples) > Tail || Math.Pow(1 - quantile, samples) > Tail)
            return null;
        // P(K < l) ≤ tail ⟺ F(l − 1) ≤ tail, and P(K ≥ u) ≤ tail ⟺ F(u − 1) ≥ 1 − tail.
        var upper = 1 + First(samples, quantile, below => below >= 1 - Tail);
        var lower = First(samples, quantile, below => below > Tail);
        return (Math.Max(1, lower), Math.Min(samples, upper));
    }

    /// <summary>The least k in 0…n with a distribution function that fulfils a rule which, once fulfilled, stays so.</summary>
    private static long First(long n, double p, Func<double, bool> rule)
    {
        // Ten standard deviations hold every quantile that is asked for.
        var (mean, deviation) = (n * p, Math.Sqrt(n * p * (1 - p)));
        var low = Math.Max(0, (long)(mean - 10 * deviation) - 1);
        var high = Math.Min(n, (long)(mean + 10 * deviation) + 1);
        while (low < high)
        {
            var middle = low + (high - low) / 2;
            if (rule(AtMost(middle, n, p)))
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }

    /// <summary>P(K ≤ k) of K ~ Bin(n, p): the regularized incomplete beta function I₁₋ₚ(n − k, k + 1).</summary>
    internal static double AtMost(long k, long n, double p) => k < 0 ? 0 : k >= n ? 1 : Beta(1 - p, n - k, k + 1);

    // W. H. Press et al., Numerical Recipes, 6.4.
    private static double Beta(double x, double a, double b)
    {
        var front = Math.Exp(LogGamma(a + b) - LogGamma(a) - LogGamma(b) + a * Math.Log(x) + b * Math.Log(1 - x));
        return x < (a + 1) / (a + b + 2) ? front * Fraction(x, a, b) / a : 1 - front * Fraction(1 - x, b, a) / b;
    }

    // Lentz's method; converges after some √max(a, b) steps.
    private static double Fraction(double x, double a, double b)
    {
        const double Tiny = 1e-300;
        var c = 1.0;
        var d = 1 / NotZero(1 - (a + b) * x / (a + 1));
        var h = d;
        for (var m = 1; m <= 1_000_000; m++)
        {
            var even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            d = 1 / NotZero(1 + even * d);
            c = NotZero(1 + even / c);
            h *= d * c;
            var odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            d = 1 / NotZero(1 + odd * d);
            c = NotZero(1 + odd / c);
            h *= d * c;
            if (Math.Abs(d * c - 1) < 1e-12)
                break;
        }
        return h;

        static double NotZero(double value) => Math.Abs(value) < Tiny ? Tiny : value;
    }

    // Stirling's series, exact to double precision from 10 on; below by Γ(x + 1) = x Γ(x).
    private static double LogGamma(double x)
    {
        var shift = 0.0;
        for (; x < 10; x++)
            shift += Math.Log(x);
        var square = 1 / (x * x);
        var series = (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square / 1680))) / x;
        return (x - 0.5) * Math.Log(x) - x + 0.5 * Math.Log(2 * Math.PI) + series - shift;
    }
}
