using Loadline.Recording;
using Loadline.Wire;
using Xunit;
using static Loadline.Tests.Recording.Exchanges;

namespace Loadline.Tests.Recording;

public class MergingTests
{
    [Fact]
    public void Percentiles_of_eight_recorders_are_those_of_one()
    {
        var recorders = Enumerable.Range(0, 8).Select(_ => Recorder()).ToList();
        using var one = Recorder();
        var random = new Random(11);
        for (var i = 0; i < 20_000; i++)
        {
            // Each recorder sees a different part of the distribution: averaged percentiles would be far off.
            var part = i % 8;
            var took = 0.01 * Math.Exp(part + random.NextDouble());
            recorders[part].Record(Exchange(10 + i * 0.004, took));
            one.Record(Exchange(10 + i * 0.004, took));
            if (i % 250 != 0)
                continue;
            recorders.ForEach(recorder => recorder.Flush(Nanoseconds(10 + i * 0.004)));
            one.Flush(Nanoseconds(10 + i * 0.004));
        }
        var merged = recorders[0].Complete(Nanoseconds(120)).Hold;
        foreach (var other in recorders.Skip(1))
            merged.Add(other.Complete(Nanoseconds(120)).Hold);
        var expected = one.Complete(Nanoseconds(120)).Hold.Operations[0].Response(Outcome.Ok)!;
        var actual = merged.Operations[0].Response(Outcome.Ok)!;
        Assert.Equal(expected.TotalCount, actual.TotalCount);
        foreach (var percentile in new[] { 0.0, 1, 50, 90, 95, 99, 99.9, 100 })
            Assert.Equal(expected.GetValueAtPercentile(percentile), actual.GetValueAtPercentile(percentile));
        Assert.Equal(Content(expected), Content(actual));
        recorders.ForEach(recorder => recorder.Dispose());
    }

    [Fact]
    public void The_logs_of_eight_shards_add_up_to_one_histogram_bit_for_bit()
    {
        var folders = Enumerable.Range(0, 8).Select(_ => new TemporaryFolder()).ToList();
        var recorders = folders.ConvertAll(folder => Recorder(folder.Path));
        using var one = Recorder();
        var random = new Random(5);
        for (var i = 0; i < 8000; i++)
        {
            // From microseconds to an hour, and zero: every bucket size of the format.
            var took = i % 50 == 0 ? 0 : 1e-6 * Math.Pow(3.6e9, random.NextDouble());
            recorders[i % 8].Record(Exchange(11, took));
            one.Record(Exchange(11, took));
        }
        recorders.ForEach(recorder => recorder.Complete(Nanoseconds(120)));
        var sum = Histograms.NewTotal();
        foreach (var folder in folders)
            sum.Add(Log(folder).Sum(new Selection()).Operations[0].Response(Outcome.Ok)!);
        Assert.Equal(Content(one.Complete(Nanoseconds(120)).Hold.Operations[0].Response(Outcome.Ok)!), Content(sum));
        recorders.ForEach(recorder => recorder.Dispose());
        folders.ForEach(folder => folder.Dispose());
    }

    [Fact]
    public void A_percentile_is_within_a_thousandth_of_the_sorted_samples()
    {
        using var recorder = Recorder();
        var random = new Random(4);
        var samples = Enumerable.Range(0, 10_000).Select(_ => 0.005 * Math.Exp(4 * random.NextDouble())).ToArray();
        for (var i = 0; i < samples.Length; i++)
            recorder.Record(Exchange(10 + i * 0.01 % 90, samples[i]));
        Array.Sort(samples);
        var histogram = recorder.Complete(Nanoseconds(120)).Hold.Operations[0].AnsweredResponse;
        foreach (var percentile in new[] { 50.0, 95, 99, 99.9 })
        {
            var exact = samples[(int)Math.Ceiling(percentile / 100 * samples.Length) - 1];
            Assert.Equal(exact, histogram.Seconds(percentile)!.Value, exact * 0.0011);
        }
    }
}
