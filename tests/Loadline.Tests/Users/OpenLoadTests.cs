using Loadline.Plans;
using Loadline.Recording;
using Loadline.Verdicts;
using Loadline.Wire;
using Xunit;

namespace Loadline.Tests.Users;

/// <summary>Open loads in virtual time: arrivals keep their due times, whoever serves them.</summary>
public class OpenLoadTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void Requests_are_sent_when_they_are_due_and_not_when_the_one_before_was_answered()
    {
        // 10/s for 2 s; each answer takes 1 s, so ten are in the air at once.
        var run = new VirtualRun(Plan(10, 2, users: 100), _ => new(TimeSpan.FromSeconds(1)));
        run.Run(5);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => i * Second / 10), run.Exchanges.Select(exchange => exchange.Due));
        Assert.All(run.Exchanges, exchange => Assert.InRange(exchange.Sent - exchange.Due, 0, Second / 500));
        Assert.Equal((20L, 20L, 0L, 0L), Fates(run));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(1000)]
    public void A_server_that_freezes_for_5_s_of_30_shows_in_response_time_with_any_number_of_users(int users)
    {
        // 100/s, frozen from 10 s to 15 s. An arrival x s into the freeze waits 5 − x: of 3000 arrivals 500 wait, evenly from 5 s to 0, and the 150 slowest (5 %)
        // wait more than 5 × (1 − 150/500) = 3.5 s. A tenth of a millisecond of service lets even a single user catch up in no time.
        var frozen = (From: 10 * Second, To: 15 * Second);
        var run = new VirtualRun(
            Plan(100, 30, users),
            exchange => new(TimeSpan.FromTicks(exchange.Sent >= frozen.From && exchange.Sent < frozen.To ? (frozen.To - exchange.Sent) / 100 : 0)));
        run.Run(40);
        Assert.Equal(3000, run.Exchanges.Count);
        var response = run.Exchanges.Select(exchange => exchange.End - exchange.Due).Order().ElementAt(2849) / (double)Second;
        Assert.InRange(response, 3.5 * 0.98, 3.5 * 1.02);
        // What a tool that measures from sending would have said: with few users hardly a request felt anything.
        var service = run.Exchanges.Select(exchange => exchange.End - exchange.Sent).Order().ElementAt(2849) / (double)Second;
        if (users <= 10)
            Assert.InRange(service, 0, 0.01);
        // The wait for a user is not the generator's lateness.
        Assert.All(run.Exchanges, exchange => Assert.InRange(exchange.Sent - exchange.Due - exchange.Waited, 0, Second / 100));
        Assert.Equal(0, run.Population.Gauges.ArrivalsDropped);
    }

    [Fact]
    public void Past_the_bound_arrivals_are_dropped_and_counted_and_the_verdict_says_so()
    {
        // One user, answers take 1 s, 10/s for 10 s: 1 is served, 5 wait, and as each second one is served one of ten finds room.
        var plan = Plan(10, 10, users: 1, waiting: 5);
        var run = new VirtualRun(plan, _ => new(TimeSpan.FromSeconds(1)));
        run.Run(60);
        var (offered, sent, dropped, waited) = Fates(run);
        Assert.Equal((100L, 100L), (offered, sent + dropped));
        // By 10 s ten are served or being served and 5 wait; they are served within the time-out.
        Assert.Equal((15L, 14L), (sent, waited));
        Assert.Equal(dropped, run.Sink.Arrivals.Count(arrival => !arrival.Sent));

        using var recorder = new Recorder(new RecorderOptions { Operations = ["status"], Times = PhaseTimes.Of(plan.Load.Up, plan.Load.Hold, plan.Load.Down) });
        foreach (var (due, wasSent) in run.Sink.Arrivals)
            recorder.RecordArrival(due, due, wasSent);
        foreach (var exchange in run.Exchanges)
            recorder.Record(exchange);
        var verdict = Judge.Verdict([new Objective("sent >= 99.9%", 0)], recorder.Complete(60 * Second), RunHealth.Good);
        Assert.Equal(Result.Fail, verdict.Result);
        Assert.Equal((15.0, 100L), (verdict.Objectives[0].Value!.Value, verdict.Objectives[0].Samples));
    }

    [Fact]
    public void What_still_waits_a_time_out_after_the_end_is_dropped()
    {
        // One user, answers take 4 s, time-out 20 s: the load ends at 2 s; until 22 s the user begins 6 (at 0, 4, …, 20), the other 14 of 20 are dropped.
        var run = new VirtualRun(Plan(10, 2, users: 1), _ => new(TimeSpan.FromSeconds(4)));
        run.Run(60);
        Assert.Equal((20L, 6L, 14L, 5L), Fates(run));
    }

    [Fact]
    public void Users_take_turns_and_each_arrival_of_a_load_with_turns_is_a_session()
    {
        // An arrival each second for 6 s, sessions of 2 requests 0.5 s apart: each of 3 users has 2 sessions.
        var load = Load(1, 6, users: 3) with { Turns = new Always(2), Think = new Always(0.5) };
        var run = new VirtualRun(TestPlan.Of(load), _ => new(TimeSpan.Zero));
        run.Run(10);
        Assert.Equal([0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2], run.Exchanges.Select(exchange => exchange.User));
        Assert.Equal(Enumerable.Range(0, 12).Select(i => i * Second / 2), run.Exchanges.Select(exchange => exchange.Due));
    }

    [Fact]
    public async Task Stopping_ends_an_open_load_at_once()
    {
        using var stop = new CancellationTokenSource();
        var run = new VirtualRun(Plan(10, 100, users: 1), _ => new(TimeSpan.FromSeconds(50)));
        var task = run.Population.RunAsync(stop.Token);
        for (var i = 0; i < 100; i++)
            run.Time.Advance(TimeSpan.FromMilliseconds(10));
        await stop.CancelAsync();
        await task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Empty(run.Exchanges);
        Assert.Equal(1, run.Population.Gauges.DroppedAtStop);
    }

    [Fact]
    public void A_mistake_of_ours_ends_the_run_and_shows()
    {
        var run = new VirtualRun(Plan(10, 100, users: 5), _ => throw new InvalidOperationException("ours"));
        Assert.Equal("ours", Assert.IsType<InvalidOperationException>(Assert.Throws<AggregateException>(() => run.Run(200)).InnerException).Message);
    }

    [Fact]
    public async Task The_threads_pacer_is_never_early_and_keeps_the_order()
    {
        // On the machine's own clock: how late it is depends on the machine (the bench tells), that it is not early doesn't.
        var clock = new RunClock(TimeProvider.System);
        var paced = new Kept(clock, Enumerable.Range(0, 200).Select(i => i * 100_000L));
        await Loadline.Users.Pacer.For(clock).RunAsync(paced, default).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(Enumerable.Range(0, 200).Select(i => i * 100_000L), paced.Fired.Select(fired => fired.Due));
        Assert.All(paced.Fired, fired => Assert.True(fired.At >= fired.Due));
        Assert.True(paced.IsDone);
    }

    private static Load Load(double rate, double seconds, int users, int waiting = 100_000) => TestPlan.Load(users, 0, seconds, 0, 0, ("status", 1)) with
    {
        Arrivals = new RateArrivals([new Ramp(TimeSpan.FromSeconds(seconds), rate, rate)], ArrivalLaw.Constant),
        WaitingAtMost = waiting,
    };

    private static Plan Plan(double rate, double seconds, int users, int waiting = 100_000) => TestPlan.Of(Load(rate, seconds, users, waiting));

    private static (long Offered, long Sent, long Dropped, long Waited) Fates(VirtualRun run) =>
        (run.Population.Gauges.Arrivals, run.Population.Gauges.ArrivalsSent, run.Population.Gauges.ArrivalsDropped, run.Population.Gauges.ArrivalsWaited);

    private sealed class Kept(RunClock clock, IEnumerable<long> due) : Loadline.Users.IPaced
    {
        private readonly Queue<long> _due = new(due);

        public List<(long Due, long At)> Fired { get; } = [];

        public bool IsDone { get; private set; }

        public bool TryNext(out long next) => _due.TryDequeue(out next);

        public void Fire(long now) => Fired.Add((now, clock.Now));

        public void Done() => IsDone = true;
    }
}
