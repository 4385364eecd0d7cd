using System.Collections.Concurrent;
using Loadline.Plans;
using Loadline.Schedules;
using Loadline.Targets;
using Loadline.Users;
using Loadline.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loadline.Tests.Users;

/// <summary>The population in virtual time, on a wire that answers after a given time.</summary>
public class UserPopulationTests
{
    private const long Second = 1_000_000_000;
    private static readonly TargetProfile Rag = TargetProfileReader.ReadFile(Path.Combine(Targets.TargetProfileReaderTests.Profiles, "rag.yaml"));

    [Fact]
    public void Users_start_on_schedule_think_after_each_answer_and_leave_on_schedule()
    {
        // 4 users, one each 2 s; each exchange 0.5 s, think 1 s: user 0 is due at 0, 1.5, 3, … while due < StopOf(0) = 19: ⌈19/1.5⌉ = 13 requests.
        var run = new Run(TestPlan.Of(TestPlan.Load(4, 8, 10, 4, 1, ("status", 1))), TimeSpan.FromSeconds(0.5));
        var schedule = new ClosedPopulation(4, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(4));
        var task = run.Population.RunAsync(default);
        for (var t = TimeSpan.Zero; t < TimeSpan.FromSeconds(22); t += Run.Step)
        {
            Assert.InRange(run.Population.Gauges.ActiveUsers, schedule.ActiveAt(t), Math.Min(4, schedule.ActiveAt(t) + 1));
            run.Time.Advance(Run.Step);
        }
        run.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(task.IsCompletedSuccessfully);
        Assert.Equal(0, run.Population.Gauges.ActiveUsers);

        var first = run.Sink.Exchanges.Where(exchange => exchange.User == 0).ToList();
        Assert.Equal(Enumerable.Range(0, 13).Select(i => i * 3 * Second / 2), first.Select(exchange => exchange.Due));
        for (var user = 0; user < 4; user++)
        {
            var own = run.Sink.Exchanges.Where(exchange => exchange.User == user).ToList();
            Assert.Equal(RunClock.Nanoseconds(schedule.StartOf(user)), own[0].Due);
            Assert.All(own, exchange => Assert.InRange(exchange.Due, 0, RunClock.Nanoseconds(schedule.StopOf(user)) - 1));
            Assert.All(own, exchange => Assert.InRange(exchange.Sent - exchange.Due, 0, Second / 100));
        }
    }

    [Fact]
    public void Lateness_of_the_generator_shows_in_response_time_and_not_in_service_time()
    {
        var run = new Run(TestPlan.Of(TestPlan.Load(1, 0, 30, 0, 1, ("status", 1))), TimeSpan.Zero);
        _ = run.Population.RunAsync(default);
        // The first is due at 0, the second at 1 s; the clock jumps to 3 s: whoever should have woken the user was 2 s late.
        run.Time.Advance(TimeSpan.FromSeconds(3));
        var late = run.Sink.Exchanges.ElementAt(1);
        Assert.Equal((Second, 3 * Second, 3 * Second), (late.Due, late.Sent, late.End));
    }

    [Fact]
    public void The_mix_and_the_share_of_streams_are_kept_and_the_seed_decides_all()
    {
        var load = TestPlan.Load(20, 1, 100, 1, 0.1, ("query", 40), ("search", 20), ("upload", 25), ("status", 15)) with { Stream = 0.5 };
        var (first, again, other) = (Sent(1), Sent(1), Sent(2));
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
        Assert.InRange(first.Count(sent => sent.Operation == "query") / (double)first.Count, 0.38, 0.42);
        Assert.InRange(first.Count(sent => sent.Operation == "status") / (double)first.Count, 0.13, 0.17);
        var queries = first.Where(sent => sent.Operation == "query").ToList();
        Assert.InRange(queries.Count(sent => sent.Streamed) / (double)queries.Count, 0.47, 0.53);

        List<Sent> Sent(ulong seed)
        {
            var run = new Run(TestPlan.Of(load, seed: seed), TimeSpan.Zero);
            var task = run.Population.RunAsync(default);
            while (!task.IsCompleted)
                run.Time.Advance(TimeSpan.FromMilliseconds(100));
            return [.. run.Wire.Sent.OrderBy(sent => sent.User).ThenBy(sent => sent.Number)];
        }
    }

    [Fact]
    public void Each_user_has_its_key_and_replaces_its_oldest_document()
    {
        var run = new Run(TestPlan.Of(TestPlan.Load(2, 0, 10, 0, 1, ("upload", 1))), TimeSpan.Zero);
        _ = run.Population.RunAsync(default);
        for (var i = 0; i < 11; i++)
            run.Time.Advance(TimeSpan.FromSeconds(1));
        var second = run.Wire.Sent.Where(sent => sent.User == "u1").ToList();
        Assert.Equal(["u1-d0", "u1-d1", "u1-d2", "u1-d0", "u1-d1", "u1-d2", "u1-d0"], second.Take(7).Select(sent => sent.Document));
        Assert.All(second, sent => Assert.Equal("Bearer key-1", sent.Authorization));
    }

    [Fact]
    public async Task Uploads_are_watched_by_polls_until_they_are_searchable_and_polls_are_no_operations()
    {
        // Polls at 0.1, 0.25, 0.475 s after acceptance (100 ms, then × 1.5); searchable from the third poll on.
        var run = new Run(TestPlan.Of(TestPlan.Load(1, 0, 0.5, 0, 10, ("upload", 1)) with { Watch = 1 }), TimeSpan.Zero);
        run.Wire.State = poll => poll < 3 ? "processing" : "searchable";
        var task = run.Population.RunAsync(default);
        Assert.Equal(1, run.Population.Gauges.WatchesPending);
        for (var t = TimeSpan.Zero; t < TimeSpan.FromSeconds(1); t += Run.Step)
            run.Time.Advance(Run.Step);
        await task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal((475_000_000, Outcome.Ok), Assert.Single(run.Sink.Searchable));
        Assert.Equal((1, 1L, 0), (run.Sink.Exchanges.Count, run.Population.Gauges.Sent, run.Population.Gauges.WatchesPending));
    }

    [Theory]
    [InlineData("failed", Outcome.Failed)]
    [InlineData("queued", Outcome.TimedOut)]
    public async Task A_document_that_is_given_up_or_never_searchable_is_recorded_as_such(string state, Outcome outcome)
    {
        var run = new Run(TestPlan.Of(TestPlan.Load(1, 0, 0.5, 0, 10, ("upload", 1)) with { Watch = 1 }), TimeSpan.Zero);
        run.Wire.State = _ => state;
        var task = run.Population.RunAsync(default);
        for (var t = TimeSpan.Zero; t < TimeSpan.FromSeconds(40); t += Run.Step)
            run.Time.Advance(Run.Step);
        await task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(outcome, Assert.Single(run.Sink.Searchable).Outcome);
    }

    [Fact]
    public async Task Stopping_drops_what_is_in_hand_and_records_nothing_of_it()
    {
        using var stop = new CancellationTokenSource();
        var run = new Run(TestPlan.Of(TestPlan.Load(3, 0, 100, 0, 1, ("status", 1))), TimeSpan.FromSeconds(2));
        var task = run.Population.RunAsync(stop.Token);
        run.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(3, run.Population.Gauges.InFlight);
        await stop.CancelAsync();
        await task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Empty(run.Sink.Exchanges);
        Assert.Equal((3L, 0, 0), (run.Population.Gauges.DroppedAtStop, run.Population.Gauges.InFlight, run.Population.Gauges.ActiveUsers));
    }

    [Fact]
    public void A_mix_that_the_target_does_not_have_is_refused_with_what_it_has()
    {
        var plan = TestPlan.Of(TestPlan.Load(1, 0, 1, 0, 1, ("quary", 1)));
        Assert.Equal(["quary"], UserPopulation.Missing(plan, Rag));
        Assert.Contains("load.mix names quary; profile 'rag' has query, upload, search, status", Assert.Throws<ArgumentException>(() => new Run(plan, default)).Message);
    }

    private sealed record Sent(string User, int Number, string Operation, bool Streamed, string Question, string Document, string? Expected, string? Authorization);

    private sealed class Run
    {
        internal static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

        internal Run(Plan plan, TimeSpan answerTime)
        {
            var clock = new RunClock(Time);
            Wire = new TimedWire(clock, answerTime);
            Population = new UserPopulation(plan, Rag, ["key-0", "key-1"], Wire, Sink, clock);
        }

        internal FakeTimeProvider Time { get; } = new();

        internal KeptExchanges Sink { get; } = new();

        internal TimedWire Wire { get; }

        internal UserPopulation Population { get; }
    }

    private sealed class TimedWire(RunClock clock, TimeSpan answerTime) : IWire
    {
        private int _polls;

        internal ConcurrentQueue<Sent> Sent { get; } = [];

        internal Func<int, string> State { get; set; } = _ => "searchable";

        public async ValueTask<WireReply> SendAsync(WireRequest request, Exchange exchange, CancellationToken stop)
        {
            exchange.Sent = clock.Now;
            var poll = request.Operation.Name == "searchable";
            if (!poll)
            {
                var values = request.Values;
                Sent.Enqueue(new Sent(values.User, Sent.Count, request.Operation.Name, request.Streamed, values.Question, values.DocumentId, request.ExpectedDocument, request.Authorization));
                if (answerTime > TimeSpan.Zero)
                    await Task.Delay(answerTime, clock.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            if (stop.IsCancellationRequested)
                return default;
            exchange.End = clock.Now;
            return new WireReply(true, null, null, poll ? [State(++_polls)] : []);
        }

        public void Dispose()
        {
        }
    }
}
