using Loadline.Schedules;
using Xunit;

namespace Loadline.Tests.Schedules;

/// <summary>The law of a Poisson process of rate 1, by tests whose chance to fail for a right generator is below one in a million; the seed is fixed besides.</summary>
public class PoissonPointsTests
{
    private const int Count = 20_000;
    private static readonly PoissonPoints Points = new(1);

    [Fact]
    public void Gaps_are_exponential()
    {
        // Kolmogorov-Smirnov: D·√n above 2.7 has a probability of 2·exp(−2·2.7²) ≈ 1e-6. Gaps across blocks and halvings are among them.
        var gaps = Gaps(0).Order().ToList();
        var distance = gaps.Select((gap, i) => Math.Abs(1 - Math.Exp(-gap) - ((i + 0.5) / Count))).Max();
        Assert.InRange(distance * Math.Sqrt(Count), 0, 2.7);
    }

    [Fact]
    public void Neighbouring_gaps_are_independent()
    {
        // The correlation of n pairs has a standard deviation of 1/√n; 5 of them.
        var gaps = Gaps(0).ToList();
        var mean = gaps.Average();
        var variance = gaps.Average(gap => (gap - mean) * (gap - mean));
        var covariance = gaps.Zip(gaps.Skip(1), (a, b) => (a - mean) * (b - mean)).Average();
        Assert.InRange(covariance / variance, -5 / Math.Sqrt(Count), 5 / Math.Sqrt(Count));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1L << 30)]
    public void Counts_in_equal_windows_have_the_variance_of_their_mean(long from)
    {
        // Windows of 10: mean 10, variance 10. The variance of 1000 counts has a relative standard deviation of about √(2/1000) = 4.5 %; 5 of them.
        var start = Points.At(from);
        var counts = new int[1000];
        for (var i = from; Points.At(i) - start < 10_000; i++)
            counts[(int)((Points.At(i) - start) / 10)]++;
        var mean = counts.Average();
        Assert.InRange(mean, 9.5, 10.5);
        Assert.InRange(counts.Average(count => (count - mean) * (count - mean)) / mean, 0.77, 1.23);
    }

    [Fact]
    public void A_point_depends_on_seed_and_index_alone()
    {
        var forwards = Enumerable.Range(0, 500).Select(i => Points.At(i)).ToList();
        var fresh = Enumerable.Range(0, 500).Reverse().Select(i => new PoissonPoints(1).At(i)).Reverse();
        Assert.Equal(forwards, fresh);
        Assert.NotEqual(forwards[0], new PoissonPoints(2).At(0));
    }

    [Fact]
    public void Points_below_a_value_are_counted_without_going_through_them()
    {
        var third = Points.At(3);
        Assert.Equal(3, Points.CountBelow(third));
        Assert.Equal(4, Points.CountBelow(Math.BitIncrement(third)));
        Assert.Equal(0, Points.CountBelow(0));
    }

    private static IEnumerable<double> Gaps(long from) => Enumerable.Range(0, Count).Select(i => Points.At(from + i) - (from + i == 0 ? 0 : Points.At(from + i - 1)));
}
