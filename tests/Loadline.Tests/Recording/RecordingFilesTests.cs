using System.Text.Json;
using HdrHistogram;
using Loadline.Recording;
using Loadline.Wire;
using Xunit;
using static Loadline.Tests.Recording.Exchanges;

namespace Loadline.Tests.Recording;

public class RecordingFilesTests
{
    [Fact]
    public void A_series_line_holds_the_second_in_which_exchanges_ended()
    {
        using var folder = new TemporaryFolder();
        using var recorder = Recorder(folder.Path);
        recorder.Record(Exchange(0.5, 0.1));
        recorder.Record(Exchange(0.5, 1.0));                            // ends in second 1
        recorder.Record(Exchange(1.1, 0.1, Outcome.Failed));
        recorder.Record(Stream(1.2, 0.2, 3, 0.1));
        recorder.RecordSearchable(Nanoseconds(1), Outcome.Ok, Nanoseconds(1.9));
        recorder.Flush(Nanoseconds(2.3));
        // Read before the recorder ends: a crash now would leave this.
        var points = folder.Lines(RecordingFiles.Series).Select(line => JsonSerializer.Deserialize<SeriesPoint>(line, JsonSerializerOptions.Web)!).ToList();
        Assert.Equal([0, 1], points.Select(point => point.T));
        Assert.Equal((1, 0), (points[0].Operations["query"].Ok, points[0].Operations["query"].Failed));
        Assert.Equal((2, 1), (points[1].Operations["query"].Ok, points[1].Operations["query"].Failed));
        Assert.Equal(0.4, points[1].Operations["query"].P50!.Value, 0.001);
        Assert.Equal(0.4, points[1].Operations["query"].ServiceP50!.Value, 0.001);
        Assert.Equal(3, points[1].Tokens);
        Assert.Equal(0.2, points[1].TtftP50!.Value, 0.001);
        Assert.Equal(1, points[1].SearchableP95!.Value, 0.001);
        Assert.False(points[0].Operations.ContainsKey("upload"));
    }

    [Fact]
    public void A_second_in_which_nothing_ended_has_a_line_too()
    {
        using var folder = new TemporaryFolder();
        using var recorder = Recorder(folder.Path);
        recorder.Flush(Nanoseconds(3.3));
        Assert.Equal(3, folder.Lines(RecordingFiles.Series).Length);
    }

    [Fact]
    public void The_histogram_log_read_by_the_library_gives_the_totals_again()
    {
        using var folder = new TemporaryFolder();
        using var recorder = Recorder(folder.Path);
        var random = new Random(3);
        for (var second = 10; second < 40; second++)
        {
            for (var i = 0; i < 50; i++)
                recorder.Record(Exchange(second + 0.01 * i, random.NextDouble(), i % 7 == 0 ? Outcome.Failed : Outcome.Ok));
            recorder.Flush(Nanoseconds(second + 1.3));
        }
        var totals = recorder.Complete(Nanoseconds(41)).Hold.Operations[0];
        var read = new Dictionary<string, LongHistogram>();
        using (var file = File.OpenRead(folder.File(RecordingFiles.Histograms)))
            foreach (var histogram in new HdrHistogram.HistogramLogReader(file).ReadHistograms())
            {
                if (!read.TryGetValue(histogram.Tag, out var sum))
                    read[histogram.Tag] = sum = Histograms.NewTotal();
                sum.Add(histogram);
            }
        Assert.Equal(Content(totals.Response(Outcome.Ok)!), Content(read["query.ok.response.hold"]));
        Assert.Equal(Content(totals.Response(Outcome.Failed)!), Content(read["query.failed.response.hold"]));
        Assert.Equal(Content(totals.Service(Outcome.Ok)!), Content(read["query.ok.service.hold"]));
    }

    [Fact]
    public void The_slowest_answers_and_some_failures_of_each_reason_are_kept()
    {
        using var folder = new TemporaryFolder();
        using var recorder = Recorder(folder.Path);
        for (var i = 0; i < 1000; i++)
            recorder.Record(Exchange(20 + i * 0.01, 0.001 * ((i * 7919) % 1000 + 1)));
        for (var i = 0; i < 1000; i++)
            recorder.Record(Exchange(20 + i * 0.01, 0.01, Outcome.Failed, reason: i == 500 ? "stream_cut" : "http_503"));
        recorder.Complete(Nanoseconds(120));
        var samples = folder.Lines(RecordingFiles.Exchanges).Select(line => JsonSerializer.Deserialize<SampledExchange>(line, JsonSerializerOptions.Web)!).ToList();
        var slow = samples.Where(sample => sample.Why == "slow").ToList();
        Assert.Equal(Enumerable.Range(0, 20).Select(i => 1.0 - 0.001 * i), slow.Select(sample => Math.Round(sample.End - sample.Due, 3)));
        var failed = samples.Where(sample => sample.Why == "failed").ToList();
        Assert.Equal((5, 1), (failed.Count(sample => sample.Reason == "http_503"), failed.Count(sample => sample.Reason == "stream_cut")));
        // A fair sample is not the first five.
        Assert.Contains(failed, sample => sample.Due > 20.2);
    }

    [Fact]
    public void Sampled_texts_are_cut()
    {
        using var folder = new TemporaryFolder();
        using var recorder = Recorder(folder.Path);
        var exchange = Exchange(1, 1);
        exchange.ResponseText = new string('x', 10_000);
        recorder.Record(exchange);
        recorder.Complete(Nanoseconds(3));
        var line = Assert.Single(folder.Lines(RecordingFiles.Exchanges));
        Assert.Equal(4096, JsonSerializer.Deserialize<SampledExchange>(line, JsonSerializerOptions.Web)!.Response!.Length);
    }
}
