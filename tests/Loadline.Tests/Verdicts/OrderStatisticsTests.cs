using HdrHistogram;
using Loadline.Recording;
using Loadline.Verdicts;
using Xunit;

namespace Loadline.Tests.Verdicts;

public class OrderStatisticsTests
{
    [Theory]
    [InlineData(95, 72)]
    [InlineData(99, 368)]
    [InlineData(99.9, 3688)]
    [InlineData(50, 6)]
    [InlineData(5, 72)]
    public void A_percentile_has_an_interval_from_as_many_samples_as_a_verdict_needs(double percentile, long needed)
    {
        Assert.Equal(needed, Statistic.Of(percentile).SamplesNeeded);
        Assert.Null(OrderStatistics.Ranks(needed - 1, percentile / 100));
        Assert.NotNull(OrderStatistics.Ranks(needed, percentile / 100));
    }

    [Theory]
    [InlineData(100, 0.5)]
    [InlineData(100, 0.95)]
    [InlineData(368, 0.99)]
    [InlineData(1000, 0.99)]
    [InlineData(5000, 0.999)]
    public void The_ranks_are_those_of_the_binomial_distribution_summed_by_hand(long n, double p)
    {
        var below = new double[n + 1];
        var mass = Math.Pow(1 - p, n) is > 0 and var direct ? direct : double.NaN;
        var logs = new double[n + 1];
        for (var k = 0; k <= n; k++)
            logs[k] = k == 0 ? n * Math.Log(1 - p) : logs[k - 1] + Math.Log((n - k + 1) / (double)k) + Math.Log(p / (1 - p));
        for (var k = 0; k <= n; k++)
            below[k] = (k == 0 ? 0 : below[k - 1]) + Math.Exp(logs[k]);
        var lower = Enumerable.Range(1, (int)n).Last(rank => below[rank - 1] <= 0.025);
        var upper = Enumerable.Range(1, (int)n).First(rank => 1 - below[rank - 1] <= 0.025 + 1e-12);
        Assert.Equal(((long)lower, (long)upper), OrderStatistics.Ranks(n, p)!.Value);
        Assert.True(mass is double.NaN || Math.Abs(below[0] - mass) < 1e-9);
    }

    [Fact]
    public void Nineteen_of_twenty_intervals_hold_the_true_percentile()
    {
        var random = new Random(12);
        var held = 0;
        for (var run = 0; run < 400; run++)
        {
            var histogram = Histograms.NewTotal();
            for (var i = 0; i < 1000; i++)
                histogram.RecordValue((long)(-Math.Log(1 - random.NextDouble()) * 1e6));
            var interval = Statistic.Of(95).Interval(histogram, 1e6)!;
            if (interval.Low <= -Math.Log(0.05) * 1.001 && interval.High >= -Math.Log(0.05) * 0.999)
                held++;
        }
        Assert.InRange(held, 374, 400); // 95 % of 400 less what chance may take
    }

    [Fact]
    public void A_hundred_million_samples_have_a_narrow_interval()
    {
        var (lower, upper) = OrderStatistics.Ranks(100_000_000, 0.99)!.Value;
        // 99,000,000 ± 1.96 √(n p (1 − p)) = ± 1950
        Assert.InRange(lower, 98_998_040, 98_998_060);
        Assert.InRange(upper, 99_001_940, 99_001_960);
    }

    [Fact]
    public void A_mean_has_no_interval() => Assert.Null(Statistic.Read("mean")!.Interval(new LongHistogram(10, 3), 1));
}
