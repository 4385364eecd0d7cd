using Loadline.Recording;
using Loadline.Targets;
using Xunit;

namespace Loadline.Tests.Recording;

public sealed class InsideTotalsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_share_of_a_stretch_is_of_all_that_was_counted_and_not_the_mean_of_shares()
    {
        var totals = Totals("cache.hit", "", Share(1, 1), Share(1, 99));
        Assert.Equal(2.0, totals.Mean);
        Assert.Equal([100.0, 100.0 / 99], totals.Values);
    }

    [Fact]
    public void Parts_are_taken_together_as_the_metric_says()
    {
        var look = new InsidePoint { T = 1, Levels = new Dictionary<string, double> { ["cpu{service:a}"] = 1, ["cpu{service:b}"] = 2, ["queue.lag{queue:a}"] = 3, ["queue.lag{queue:b}"] = 5, ["gpu.use{gpu:0}"] = 10, ["gpu.use{gpu:1}"] = 30 } };
        Assert.Equal([3, 5, 20, 2], [Totals("cpu", "", look).Mean, Totals("queue.lag", "", look).Mean, Totals("gpu.use", "", look).Mean, Totals("cpu", "service:b", look).Mean]);
        Assert.Null(Totals("cpu", "service:c", look).Mean);
    }

    [Fact]
    public void Buckets_with_other_bounds_keep_what_both_know()
    {
        // Up to 1 s: 3 and 4; up to 2 s only the first knows.
        var sum = new InsideBuckets([1, 2], [3, 5, 2], 12).Plus(new InsideBuckets([0.5, 1], [1, 3, 6], 9));
        Assert.Equal([1.0], sum.Bounds);
        Assert.Equal([7.0, 13], sum.Counts);
        Assert.Equal((21.0, 20.0), (sum.Sum, sum.Count));
    }

    [Fact]
    public void A_quantile_of_buckets_is_within_a_bucket_of_the_true_one()
    {
        var random = new Random(7);
        var values = Enumerable.Range(0, 5000).Select(_ => Math.Exp(random.NextDouble() * 6 - 5)).Order().ToArray();
        double[] bounds = [.. Enumerable.Range(0, 24).Select(i => 0.005 * Math.Pow(1.4, i))];
        var counts = new double[bounds.Length + 1];
        foreach (var value in values)
            counts[Array.FindIndex(bounds, bound => value <= bound) is >= 0 and var at ? at : bounds.Length]++;
        foreach (var share in new[] { 0.01, 0.5, 0.9, 0.95, 0.99 })
        {
            var exact = values[(int)(share * values.Length)];
            Assert.InRange(new InsideBuckets(bounds, counts, values.Sum()).Quantile(share)!.Value, exact / 1.4, exact * 1.4);
        }
        Assert.Null(new InsideBuckets([1], [0, 0], 0).Quantile(0.5));
    }

    [Fact]
    public void What_is_written_is_read_again_and_a_cut_line_is_left_out()
    {
        using (var log = new InsideLog(_folder.Path))
        {
            log.Write(new InsidePoint { T = 1.5, Over = 2, Asked = 3, Failed = new Dictionary<string, string> { ["endpoint 1"] = "timed out" }, Rates = new Dictionary<string, double[]> { ["embedding.rate"] = [3, 2] } });
            log.Write(new InsidePoint { T = 3.5, Times = new Dictionary<string, InsideBuckets> { ["vectors.search"] = new([0.1], [1, 0], 0.05) } });
        }
        File.AppendAllText(_folder.File(RecordingFiles.Inside), "{\"t\":5.5,\"lev");
        var looks = InsideLog.Read(_folder.Path).ToList();
        Assert.Equal([1.5, 3.5], looks.Select(look => look.T));
        Assert.Equal((3, "timed out", 3.0), (looks[0].Asked, looks[0].Failed!["endpoint 1"], looks[0].Rates!["embedding.rate"][0]));
        Assert.Equal(0.05, looks[1].Times!["vectors.search"].Sum);
        Assert.Empty(InsideLog.Read(_folder.File("nothing")));
    }

    private static InsidePoint Share(double part, double whole) => new() { T = 1, Over = 2, Shares = new Dictionary<string, double[]> { ["cache.hit{level:local}"] = [part, whole] } };

    private static InsideTotals Totals(string metric, string of, params InsidePoint[] looks)
    {
        var totals = new InsideTotals(InsideMetric.Find(metric)!, of.Length == 0 ? [] : [new(of.Split(':')[0], of.Split(':')[1])]);
        foreach (var look in looks)
            totals.Add(look);
        return totals;
    }
}
