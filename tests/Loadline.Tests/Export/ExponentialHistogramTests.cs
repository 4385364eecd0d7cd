using CsCheck;
using Loadline.Export;
using Xunit;

namespace Loadline.Tests.Export;

public class ExponentialHistogramTests
{
    [Theory]
    [InlineData(1.0, 0)] // a bound belongs to the bucket below it
    [InlineData(2.0, 16)]
    [InlineData(1.0000001, 1)]
    [InlineData(0.5, -16)]
    [InlineData(1.04427, 1)] // 2^(1/16) = 1.044273…
    [InlineData(1.04428, 2)]
    public void A_value_is_in_the_bucket_whose_bounds_enclose_it(double value, int index) => Assert.Equal(index, ExponentialHistogram.IndexOf(value));

    [Fact]
    public void A_value_read_off_its_bucket_is_off_by_no_more_than_4_4_percent() =>
        Gen.Double[1e-6, 3600].Sample(value =>
        {
            var index = ExponentialHistogram.IndexOf(value);
            var (low, high) = (ExponentialHistogram.Upper(index - 1), ExponentialHistogram.Upper(index));
            return low < value && value <= high && (high / low) - 1 < 0.0443;
        });

    [Fact]
    public void Spans_and_deltas_are_the_buckets_again() =>
        Gen.Double[1e-6, 3600].Select(Gen.Long[1, 1000]).Array[0, 60].Sample(values =>
        {
            var histogram = new ExponentialHistogram([0.1, 1]);
            foreach (var (value, count) in values)
                histogram.Add(value, count);
            var now = histogram.Value();
            var (spans, deltas) = now.Spans();
            var read = new List<(int, long)>();
            var (index, count2, place) = (0, 0L, 0);
            foreach (var (offset, length) in spans)
            {
                index += offset;
                for (var i = 0; i < length; i++)
                    read.Add((index++, count2 += deltas[place++]));
            }
            Assert.Equal(now.Buckets, read);
            Assert.Equal(values.Sum(each => each.Item2), now.Buckets.Sum(bucket => bucket.Count) + now.Zeros);
        });

    [Fact]
    public void Fixed_buckets_count_up_to_and_with_their_bound()
    {
        var histogram = new ExponentialHistogram([0.1, 1]);
        histogram.Add(0.1, 2);
        histogram.Add(0.5, 3);
        histogram.Add(7, 1);
        histogram.Add(0, 4);
        var now = histogram.Value();
        Assert.Equal([(0.1, 6L), (1, 9L)], now.Fixed);
        Assert.Equal((10, 4), (now.Count, now.Zeros));
        Assert.Equal(0.2 + 1.5 + 7, now.Sum, 9);
    }
}
