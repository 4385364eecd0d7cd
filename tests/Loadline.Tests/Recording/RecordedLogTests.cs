using HdrHistogram;
using Loadline.Recording;
using Loadline.Wire;
using Xunit;
using static Loadline.Tests.Recording.Exchanges;

namespace Loadline.Tests.Recording;

public sealed class RecordedLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_log_alone_gives_what_the_recorder_had_in_memory()
    {
        using var recorder = RecorderOf(_folder);
        var random = new Random(7);
        var outcomes = Enum.GetValues<Outcome>();
        for (var i = 0; i < 3000; i++)
        {
            var exchange = i % 3 == 0 ? Stream(5 + i * 0.035, random.NextDouble(), 5, 0.01) : Exchange(5 + i * 0.035, random.NextDouble(), outcomes[random.Next(5)], Operations[random.Next(2)]);
            exchange = Of(exchange, random.Next(2) == 0 ? "readers" : "writers", exchange.Outcome == Outcome.Ok ? random.Next(2) == 0 : null);
            recorder.Record(exchange);
            if (i % 40 == 0)
                recorder.RecordSearchable(Nanoseconds(0.5), Outcome.Ok, exchange.End);
            if (i % 25 == 0)
                recorder.Flush(exchange.Due);
        }
        var memory = recorder.Complete(Nanoseconds(120));
        foreach (var (phase, expected) in new[] { (Phase.Up, memory.Up), (Phase.Hold, memory.Hold), (Phase.Down, memory.Down) })
        {
            var read = Log(_folder).Sum(new Selection { Phase = phase });
            foreach (var (mine, theirs) in expected.Operations.Zip(read.Operations))
            {
                foreach (var outcome in outcomes)
                {
                    Assert.Equal(mine.Counts[outcome], theirs.Counts[outcome]);
                    Assert.Equal(Values(mine.Response(outcome)), Values(theirs.Response(outcome)));
                    Assert.Equal(Values(mine.Service(outcome)), Values(theirs.Service(outcome)));
                }
                Assert.Equal(Values(mine.Speed), Values(theirs.Speed));
                Assert.Equal(Values(mine.TokenGap), Values(theirs.TokenGap));
                Assert.Equal((mine.Counts.Correct, mine.Counts.Wrong), (theirs.Counts.Correct, theirs.Counts.Wrong));
            }
            Assert.Equal(Values(expected.Searchable), Values(read.Searchable));
            Assert.Equal(expected.Seconds, read.Seconds, 9);
        }
        var hold = Log(_folder).Sum(new Selection());
        Assert.Equal((memory.Hold.CountedSeconds, memory.Hold.AvailableSeconds), (hold.CountedSeconds, hold.AvailableSeconds));

        static List<(long, long)> Values(HdrHistogram.HistogramBase? histogram) => histogram is null ? [] : Content(histogram);
    }

    [Fact]
    public void What_users_felt_and_which_arrivals_were_sent_can_be_asked_by_scenario_and_by_time()
    {
        using var recorder = RecorderOf(_folder);
        for (var second = 0; second < 60; second++)
        {
            recorder.Flush(Nanoseconds(second));
            if (second is 20 or 21 or 50 or 51)
                recorder.RecordArrival(Nanoseconds(second), Nanoseconds(second), sent: second != 21);
            if (second == 24)
                recorder.RecordFelt(new Felt("query", "readers", Nanoseconds(20), Nanoseconds(24), 3, Outcome.Ok));
            if (second == 51)
                recorder.RecordFelt(new Felt("query", "readers", Nanoseconds(50), Nanoseconds(51), 5, Outcome.Failed));
            if (second == 52)
                recorder.RecordFelt(new Felt("query", "writers", Nanoseconds(50), Nanoseconds(52), 1, Outcome.Ok));
        }
        recorder.Complete(Nanoseconds(120));

        Assert.Equal((3, 1, 3.0), Told(new Selection()));
        Assert.Equal((2, 1, 4.0), Told(new Selection { Scenarios = ["readers"] }));
        Assert.Equal((2, 1, 3.0), Told(new Selection { FromSecond = 30 }));
        Assert.Equal((3L, 1L), (Log(_folder).Sum(new Selection()).ArrivalsSent, Log(_folder).Sum(new Selection()).ArrivalsDropped));
        Assert.Equal((2L, 0L), (Log(_folder).Sum(new Selection { FromSecond = 30 }).ArrivalsSent, Log(_folder).Sum(new Selection { FromSecond = 30 }).ArrivalsDropped));

        (long Requests, long GivenUp, double MeanTries) Told(Selection selection)
        {
            var all = Log(_folder).Sum(selection).All();
            return (all.Requests, all.GivenUp, all.Attempts!.GetMean());
        }
    }

    [Fact]
    public void A_span_holds_what_was_due_in_it_wherever_it_ended()
    {
        using var recorder = RecorderOf(_folder);
        recorder.Record(Exchange(39.9, 1, scenario: "readers"));  // ends in the span
        recorder.Record(Exchange(40, 1, scenario: "readers"));
        recorder.Record(Exchange(59.9, 5, scenario: "writers"));  // ends after it
        recorder.Record(Exchange(60, 1, scenario: "readers"));
        recorder.Complete(Nanoseconds(120));
        var span = Log(_folder).Sum(new Selection { Span = "outage" });
        Assert.Equal((2, 20.0), (span.All().Counts.Total, span.Seconds));
        Assert.Equal(1, Log(_folder).Sum(new Selection { Span = "outage", Scenarios = ["writers"] }).All().Counts.Total);
        Assert.Equal(4, Log(_folder).Sum(new Selection()).All().Counts.Total);
    }

    [Fact]
    public void Windows_tile_a_phase_and_the_last_takes_what_is_left()
    {
        using var recorder = RecorderOf(_folder, users: () => 10);
        for (var i = 0; i < 100; i++)
        {
            recorder.Record(Exchange(10 + i, 0.5, i < 30 ? Outcome.Failed : Outcome.Ok, scenario: "readers"));
            recorder.Flush(Nanoseconds(11.3 + i));
        }
        recorder.Record(Exchange(109.9, 8, scenario: "readers"));  // ends behind the phase
        recorder.Complete(Nanoseconds(120));
        var windows = Log(_folder).Windows(new Selection(), TimeSpan.FromSeconds(30)).ToList();
        Assert.Equal([(10, 40), (40, 70), (70, 110)], windows.Select(window => (window.Start, window.End)));
        Assert.Equal([30, 30, 41], windows.Select(window => window.Totals.All().Counts.Total));
        Assert.Equal([30, 0, 0], windows.Select(window => window.Totals.All().Counts.Errors));
        Assert.Equal([0, 30, 40], windows.Select(window => window.Totals.AvailableSeconds));
        Assert.All(windows, window => Assert.Equal(10, window.Totals.LeastUsers));
    }

    [Fact]
    public void Users_who_leave_with_the_next_phase_were_there_in_this_one()
    {
        var users = 0;
        using var recorder = RecorderOf(_folder, users: () => users);
        for (var i = 0; i < 122; i++)
        {
            var at = i + 0.1;
            users = at < 10 ? (int)(100 * at) : at < 110 ? 1000 : (int)(100 * (120 - Math.Min(at, 120)));
            recorder.Flush(Nanoseconds(at));
        }
        var memory = recorder.Complete(Nanoseconds(122));
        Assert.Equal(1000, memory.Hold.LeastUsers);
        Assert.Equal(1000, Log(_folder).Sum(new Selection()).LeastUsers);
        Assert.Equal(1000, Log(_folder).Sum(new Selection { FromSecond = 23 }).LeastUsers);
        Assert.Equal((10, 910, 1000, 990, 0), (Seen(0), Seen(9), Seen(109), Seen(110), Seen(121)));

        int Seen(int second) => Log(_folder).Series().First(point => point.T == second).Users / 10 * 10;
    }

    [Fact]
    public void What_ended_before_a_second_can_be_left_out()
    {
        using var recorder = RecorderOf(_folder);
        for (var i = 0; i < 100; i++)
        {
            recorder.Record(Exchange(10 + i, 0.5, scenario: "readers"));
            recorder.Flush(Nanoseconds(11.3 + i));
        }
        recorder.Complete(Nanoseconds(120));
        var rest = Log(_folder).Sum(new Selection { FromSecond = 30 });
        Assert.Equal((80, 80.0), (rest.All().Counts.Total, rest.Seconds));
    }

    [Fact]
    public void A_log_without_scenarios_is_read_as_the_default_ones_and_a_cut_line_is_left_out()
    {
        using (var recorder = Recorder(_folder.Path))
        {
            recorder.Record(Exchange(20, 1));
            recorder.Record(Exchange(30, 1));
            recorder.Complete(Nanoseconds(120));
        }
        var path = _folder.File(RecordingFiles.Histograms);
        Assert.Contains("Tag=query.ok.response.hold,", File.ReadAllText(path));
        Assert.Equal(2, Log(_folder).Sum(new Selection { Scenarios = ["default"] }).All().Counts.Total);
        File.WriteAllText(path, File.ReadAllText(path) + "Tag=query.ok.response.hold,31.000,1.000,1.0");
        Assert.Equal(2, Log(_folder).Sum(new Selection()).All().Counts.Total);
    }

    [Theory]
    [InlineData("query.ok.response.hold")]
    [InlineData("readers/query.timed_out.service.up")]
    [InlineData("readers/query.lateness.hold+outage+restart")]
    [InlineData("all.searchable.down")]
    public void A_tag_is_read_as_it_was_written(string text) => Assert.Equal(text, LogTag.Read(text)!.Text);

    [Theory]
    [InlineData("someone-elses")]
    [InlineData("query.ok.response.never")]
    [InlineData("query.ok.colour.hold")]
    public void A_tag_of_others_is_none(string text) => Assert.Null(LogTag.Read(text));

    [Fact]
    public void An_exchange_of_an_unknown_scenario_is_refused()
    {
        using var recorder = RecorderOf(_folder);
        Assert.Contains("readers, writers", Assert.Throws<ArgumentException>(() => recorder.Record(Exchange(20, 1))).Message);
    }

    private static Exchange Of(Exchange from, string scenario, bool? correct) => new()
    {
        Operation = from.Operation,
        Scenario = scenario,
        Due = from.Due,
        Sent = from.Sent,
        FirstContent = from.FirstContent,
        LastContent = from.LastContent,
        End = from.End,
        Outcome = from.Outcome,
        Reason = from.Reason,
        Tokens = from.Tokens,
        TokenGaps = from.TokenGaps,
        Correct = correct,
    };
}
