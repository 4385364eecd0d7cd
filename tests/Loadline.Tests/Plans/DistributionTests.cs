using Loadline.Plans;
using Loadline.Plans.Distributions;
using Loadline.Plans.Quantities;
using Xunit;

namespace Loadline.Tests.Plans;

public class DistributionTests
{
    [Theory]
    [InlineData("2s", 2)]
    [InlineData("0.5s..1.5s", 1)]
    [InlineData("normal(mean 2s, sd 500ms)", 2)]
    [InlineData("normal(2s, 500ms)", 2)]
    [InlineData("normal(mean 1s, sd 2s)", 1.3955931)] // μΦ(½) + σφ(½) = 1·0.6914625 + 2·0.3520653: cut at 0
    [InlineData("lognormal(median 250ms, p99 900ms)", 0.2909447)] // σ = ln 3.6 / 2.3263479 = 0.5506; 0.25·exp(σ²/2)
    [InlineData("exponential(mean 3s)", 3)]
    public void The_mean_is_that_of_the_samples(string text, double mean)
    {
        var distribution = Read(text, Quantity.Time);
        Assert.Equal(mean, distribution.Mean, 4);
        var random = new Random(1);
        Assert.Equal(mean, Enumerable.Range(0, 200_000).Average(_ => distribution.Sample(random)), 0.02 * mean);
    }

    [Fact]
    public void The_named_percentiles_are_those_of_the_samples()
    {
        var distribution = Read("lognormal(median 120, p99 400)", Quantity.Count);
        var random = new Random(2);
        var samples = Enumerable.Range(0, 200_000).Select(_ => distribution.Sample(random)).Order().ToArray();
        Assert.Equal(120, samples[100_000], 2.0);
        Assert.Equal(400, samples[198_000], 12.0);
    }

    [Theory]
    [InlineData("200")]
    [InlineData("180..260")]
    [InlineData("normal(mean 10, sd 20)")]
    [InlineData("lognormal(median 120, p99 400)")]
    [InlineData("exponential(mean 200)")]
    public void No_sample_is_negative_and_a_seed_repeats_them(string text)
    {
        var distribution = Read(text, Quantity.Count);
        double[] Draw() => [.. Samples(new Random(5)).Take(1000)];
        Assert.Equal(Draw(), Draw());
        Assert.All(Draw(), sample => Assert.True(sample >= 0));

        IEnumerable<double> Samples(Random random)
        {
            while (true)
                yield return distribution.Sample(random);
        }
    }

    [Theory]
    [InlineData("lognormal", "must be written lognormal(median X, p99 Y)")]
    [InlineData("lognormal(median 1s)", "must have 2 values")]
    [InlineData("lognormal(median 2s, p99 1s)", "must have a p99 that is not below its median")]
    [InlineData("lognormal(median 0s, p99 1s)", "must have a median above 0")]
    [InlineData("normal(mean 2, sd 1s)", "has a mean of '2', which needs a unit")]
    [InlineData("2s..1s", "must have its lower end first: 1s..2s")]
    [InlineData("1s..", "has an upper end of ''")]
    [InlineData("..1s", "has a lower end of ''")]
    [InlineData("gamma(2s)", "must be a time with its unit")]
    public void A_broken_rule_is_named(string text, string why)
    {
        Assert.False(DistributionForms.TryRead(text, Quantity.Time, out _, out var actual));
        Assert.StartsWith(why, actual);
    }

    [Fact]
    public void Every_kinds_example_can_be_read() => Assert.All(DistributionForms.All, form =>
    {
        Assert.True(DistributionForms.TryRead(form.DurationExample, Quantity.Time, out _, out _));
        Assert.True(DistributionForms.TryRead(form.CountExample, Quantity.Count, out _, out _));
        Assert.Matches($"^{form.Pattern(Quantity.Time)}$", form.DurationExample);
        Assert.Matches($"^{form.Pattern(Quantity.Count)}$", form.CountExample);
    });

    private static Distribution Read(string text, Quantity quantity)
    {
        Assert.True(DistributionForms.TryRead(text, quantity, out var distribution, out var why), why);
        return distribution;
    }
}
