using Loadline.Recording;
using Loadline.Wire;
using Xunit;
using static Loadline.Tests.Recording.Exchanges;

namespace Loadline.Tests.Recording;

public class RecorderTests
{
    [Fact]
    public void An_exchange_belongs_to_the_phase_in_which_it_was_due()
    {
        using var recorder = Recorder();
        recorder.Record(Exchange(9.9, 5));    // ends in the hold phase
        recorder.Record(Exchange(10, 1));
        recorder.Record(Exchange(109.9, 5));  // ends after it
        recorder.Record(Exchange(110, 1));
        var recorded = recorder.Complete(Nanoseconds(120));
        Assert.Equal((1, 2, 1), (recorded.Up.All().Counts.Total, recorded.Hold.All().Counts.Total, recorded.Down.All().Counts.Total));
        Assert.Equal((10, 100, 10), (recorded.Up.Seconds, recorded.Hold.Seconds, recorded.Down.Seconds));
    }

    [Fact]
    public void Response_time_runs_from_due_and_service_time_from_sent()
    {
        using var recorder = Recorder();
        recorder.Record(Exchange(20, 0.1, late: 0.4));
        var query = recorder.Complete(Nanoseconds(120)).Hold.Operations[0];
        Assert.Equal(0.5, query.AnsweredResponse.Seconds(50)!.Value, 0.0005);
        Assert.Equal(0.1, query.AnsweredService.Seconds(50)!.Value, 0.0001);
        Assert.Equal(0.4, query.Lateness.Seconds(50)!.Value, 0.0004);
    }

    [Fact]
    public void Failures_have_histograms_of_their_own()
    {
        using var recorder = Recorder();
        recorder.Record(Exchange(20, 2));
        recorder.Record(Exchange(20, 3, Outcome.Degraded));
        recorder.Record(Exchange(20, 0.001, Outcome.Failed));
        recorder.Record(Exchange(20, 0.001, Outcome.Throttled));
        recorder.Record(Exchange(20, 30, Outcome.TimedOut));
        var summary = recorder.Complete(Nanoseconds(120)).Summaries()[0];
        Assert.Equal((2, 2.0), (summary.ResponseTime!.Count, Math.Round(summary.ResponseTime.Min, 2)));
        Assert.Equal(3, summary.ResponseTime.Max, 0.003);
        Assert.Equal((3, 30.0), (summary.FailureTime!.Count, Math.Round(summary.FailureTime.Max, 1)));
        Assert.Equal(["ok", "degraded", "throttled", "failed", "timed_out"], summary.Outcomes.Keys);
        Assert.All(summary.Outcomes.Values, count => Assert.Equal(1, count));
        Assert.Equal(0.05, summary.PerSecond);
        Assert.Equal(3, summary.Reasons["http_500"]);
    }

    [Fact]
    public void A_streams_figures_are_its_first_token_its_gaps_and_its_speed()
    {
        using var recorder = Recorder();
        recorder.Record(Stream(20, firstToken: 0.3, tokens: 11, gap: 0.02));
        // (11 − 1) ÷ (10 × 0.02 s) = 50 tokens/s
        var query = recorder.Complete(Nanoseconds(120)).Hold.Operations[0];
        Assert.Equal(0.3, query.FirstToken.Seconds(50)!.Value, 0.0003);
        Assert.Equal((10, 0.02), (query.TokenGap!.TotalCount, Math.Round(query.TokenGap.Seconds(50)!.Value, 4)));
        Assert.Equal(50_000, query.Speed!.GetValueAtPercentile(50), 50.0);
        Assert.Equal(11, query.Counts.Tokens);
    }

    [Fact]
    public void A_stream_that_was_cut_gives_no_first_token_time_and_one_token_gives_no_speed()
    {
        using var recorder = Recorder();
        recorder.Record(Stream(20, 0.1, 5, 0.02, Outcome.Failed));
        recorder.Record(Stream(20, 0.1, 1, 0));
        var query = recorder.Complete(Nanoseconds(120)).Hold.Operations[0];
        Assert.Equal(1, query.FirstToken!.TotalCount);
        Assert.Null(query.Speed);
    }

    [Fact]
    public void Nothing_is_lost_or_counted_twice_when_many_threads_record_while_seconds_are_flushed()
    {
        const int Threads = 4, Each = 20_000;
        using var recorder = Recorder(stripes: 3);
        using var start = new Barrier(Threads + 1);
        var threads = Enumerable.Range(0, Threads).Select(thread => new Thread(() =>
        {
            start.SignalAndWait();
            for (var i = 0; i < Each; i++)
                recorder.Record(Exchange(10 + i * 0.004, 0.001 * (1 + i % 100), i % 10 == 0 ? Outcome.Failed : Outcome.Ok));
        })).ToList();
        threads.ForEach(thread => thread.Start());
        start.SignalAndWait();
        for (var second = 1; second < 120; second++)
            recorder.Flush(Nanoseconds(second));
        threads.ForEach(thread => thread.Join());
        var query = recorder.Complete(Nanoseconds(120)).Hold.Operations[0];
        Assert.Equal(Threads * Each, query.Counts.Total);
        Assert.Equal(Threads * Each / 10, query.Counts[Outcome.Failed]);
        Assert.Equal(Threads * Each * 9 / 10, query.AnsweredResponse!.TotalCount);
    }

    [Fact]
    public void Memory_is_bounded_however_long_the_run_and_whatever_comes()
    {
        using var recorder = Recorder(stripes: 2);
        var outcomes = Enum.GetValues<Outcome>();
        Second(0);
        Second(1);
        var made = recorder.Pool.Made;
        for (var second = 2; second < 300; second++)
            Second(second);
        // The hold and down phases use as many histograms as the first; twice as many live at a second in which phases meet.
        Assert.InRange(recorder.Pool.Made, made, 3 * made);
        Assert.True(recorder.Complete(Nanoseconds(300)).Hold.All().Counts.Reasons.Count <= 65);

        void Second(int second)
        {
            for (var i = 0; i < 200; i++)
                recorder.Record(Exchange(second + i * 0.004, 0.001, outcomes[i % outcomes.Length], reason: $"reason_{second}_{i}"));
            recorder.Flush(Nanoseconds(second + 1.3));
        }
    }

    [Fact]
    public void A_flusher_that_stalls_loses_nothing_and_the_series_catches_up()
    {
        using var folder = new TemporaryFolder();
        using var recorder = Recorder(folder.Path);
        for (var second = 0; second < 30; second++)
            recorder.Record(Exchange(second, 0.1));
        recorder.Flush(Nanoseconds(30.3));
        var recorded = recorder.Complete(Nanoseconds(30.3));
        Assert.Equal(30, recorded.Up.All().Counts.Total + recorded.Hold.All().Counts.Total);
        Assert.Equal(31, folder.Lines(RecordingFiles.Series).Length);
    }

    [Fact]
    public void The_live_view_has_the_last_whole_second_and_everything_so_far()
    {
        using var recorder = Recorder(users: () => 7);
        for (var i = 0; i < 50; i++)
            recorder.Record(Exchange(0.01 * i, 0.1));
        for (var i = 0; i < 30; i++)
            recorder.Record(Exchange(1 + 0.01 * i, 0.2, i < 3 ? Outcome.Failed : Outcome.Ok));
        recorder.Flush(Nanoseconds(2.3));
        var live = recorder.Snapshot();
        Assert.Equal((1, 7, 30, 80, 3), (live.Second, live.Users, live.PerSecond, live.Count, live.Errors));
        var query = live.Operations[0];
        Assert.Equal(0.2, query.Now.P50!.Value, 0.001);
        Assert.Equal(0.1, query.Total.P50!.Value, 0.001);
        Assert.Null(live.Operations[1].Now.P50);
    }

    [Fact]
    public void Users_are_the_least_number_seen_in_the_hold_phase()
    {
        var users = 0;
        using var recorder = Recorder(users: () => users);
        foreach (var (at, active) in new[] { (5.2, 500), (10.2, 990), (11.2, 1000), (60.2, 997), (109.9, 1000), (110.2, 400) })
        {
            users = active;
            recorder.Flush(Nanoseconds(at));
        }
        Assert.Equal((997, 3), (recorder.Complete(Nanoseconds(120)).Hold.LeastUsers!.Value, recorder.Complete(Nanoseconds(120)).Hold.UserSamples));
    }

    [Fact]
    public void Users_who_have_left_at_the_end_of_a_run_that_was_cut_short_were_there_before()
    {
        var users = 1000;
        using var folder = new TemporaryFolder();
        using var recorder = Recorder(folder.Path, () => users);
        for (var second = 1; second <= 50; second++)
            recorder.Flush(Nanoseconds(second + 0.2));
        users = 0;
        var recorded = recorder.Complete(Nanoseconds(50.7));
        Assert.Equal((1000, 0), (recorded.Hold.LeastUsers, recorder.Snapshot().Users));
        Assert.Contains("\"users\":0", folder.Lines(RecordingFiles.Series)[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Searchable_times_belong_to_the_phase_of_their_upload()
    {
        using var recorder = Recorder();
        recorder.RecordSearchable(Nanoseconds(2), Outcome.Ok, Nanoseconds(11));
        recorder.RecordSearchable(Nanoseconds(3), Outcome.Ok, Nanoseconds(21));
        recorder.RecordSearchable(Nanoseconds(9), Outcome.TimedOut, Nanoseconds(31));
        var recorded = recorder.Complete(Nanoseconds(120));
        Assert.Equal((1, 1, 1), (recorded.Up.Searchable!.TotalCount, recorded.Hold.Searchable!.TotalCount, recorded.Hold.NotSearchable!.TotalCount));
        Assert.Equal(3, recorded.Hold.Searchable.Seconds(50)!.Value, 0.003);
    }

    [Fact]
    public void An_operation_outside_of_the_mix_is_refused()
    {
        using var recorder = Recorder();
        Assert.Throws<ArgumentException>(() => recorder.Record(Exchange(1, 1, operation: "delete")));
    }
}
