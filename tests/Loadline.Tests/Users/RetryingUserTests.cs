using Loadline.Plans;
using Loadline.Recording;
using Loadline.Verdicts;
using Loadline.Wire;
using Xunit;

namespace Loadline.Tests.Users;

/// <summary>Users that retry, pace, come and go in stages, and talk in sessions; in virtual time.</summary>
public class RetryingUserTests
{
    private const long Second = 1_000_000_000;

    private static readonly RetryPolicy Policy = new(3, new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10)), Jitter.None, TimeSpan.FromSeconds(30));

    [Fact]
    public void A_failed_request_is_tried_again_after_waits_that_double_and_what_was_felt_is_recorded_apart()
    {
        // Each try takes 0.5 s: tries are due at 0, 0.5 + 1 and 2 + 2; the answer is there at 4.5 s.
        var run = new VirtualRun(Plan(Policy), exchange => exchange.Attempt < 3 ? Failing(500) : Fine);
        run.Run(30);
        Assert.Equal([(1, 0L), (2, Second * 3 / 2), (3, Second * 4)], run.Exchanges.Take(3).Select(exchange => (exchange.Attempt, exchange.Due)));
        Assert.Equal(new Felt("status", "default", 0, Second * 9 / 2, 3, Outcome.Ok), run.Sink.Felt.First());
        // The next request is thought about from the last try's end: 1 s.
        Assert.Equal((1, Second * 11 / 2), (run.Exchanges[3].Attempt, run.Exchanges[3].Due));
    }

    [Fact]
    public void After_the_last_try_the_user_gives_up()
    {
        var run = new VirtualRun(Plan(Policy), _ => Failing(503));
        run.Run(30);
        Assert.All(run.Sink.Felt, felt => Assert.Equal((3, Outcome.Failed, false), (felt.Attempts, felt.Outcome, felt.Answered)));
    }

    [Theory]
    [InlineData(404, 1)]
    [InlineData(500, 3)]
    [InlineData(0, 3)]
    public void A_mistake_of_the_request_is_not_tried_again(int status, int attempts)
    {
        var run = new VirtualRun(Plan(Policy), _ => Failing(status));
        run.Run(30);
        Assert.Equal(attempts, run.Sink.Felt.First().Attempts);
    }

    [Theory]
    [InlineData(7, 30, 7.5)]     // honoured: 0.5 s + 7 s
    [InlineData(7, 5, 5.5)]      // up to the bound
    [InlineData(7, 0, 1.5)]      // ignored: the backoff of 1 s
    public void A_Retry_After_takes_the_place_of_the_backoff_up_to_a_bound(double asked, double bound, double due)
    {
        var run = new VirtualRun(
            Plan(Policy with { LongestRetryAfter = TimeSpan.FromSeconds(bound) }),
            exchange => exchange.Attempt == 1 ? new(TimeSpan.FromSeconds(0.5), Outcome.Throttled, 429, TimeSpan.FromSeconds(asked)) : Fine);
        run.Run(30);
        Assert.Equal((long)(due * Second), run.Exchanges[1].Due);
    }

    [Theory]
    [InlineData(Jitter.None, 4, 4)]
    [InlineData(Jitter.Half, 2, 4)]
    [InlineData(Jitter.Full, 0, 4)]
    public void Jitter_leaves_a_part_of_the_wait_to_chance(Jitter jitter, double least, double most)
    {
        var random = new Random(1);
        var waits = Enumerable.Range(0, 1000).Select(_ => (Policy with { Jitter = jitter }).Wait(3, null, random).TotalSeconds).ToList();
        Assert.All(waits, wait => Assert.InRange(wait, least, most));
        Assert.InRange(waits.Average(), ((least + most) / 2) - 0.15, ((least + most) / 2) + 0.15);
        Assert.Equal(10, (Policy with { Jitter = Jitter.None }).Wait(9, null, random).TotalSeconds);
    }

    [Fact]
    public void Metrics_tell_what_was_felt_and_how_many_tries_it_took()
    {
        using var recorder = new Recorder(new RecorderOptions { Operations = ["status"], Times = PhaseTimes.Of(default, TimeSpan.FromSeconds(100), default) });
        // 98 felt 1 s with one try, 1 felt 9 s with three, 1 gave up after three.
        for (var i = 0; i < 98; i++)
            recorder.RecordFelt(new Felt("status", "default", i * Second, (i + 1) * Second, 1, Outcome.Ok));
        recorder.RecordFelt(new Felt("status", "default", 0, 9 * Second, 3, Outcome.Degraded));
        recorder.RecordFelt(new Felt("status", "default", 0, 9 * Second, 3, Outcome.TimedOut));
        var recorded = recorder.Complete(100 * Second);
        var metrics = MetricCatalog.Measure(recorded);
        Assert.Equal((1.0, 99L), (Math.Round(metrics["felt.p95"].Value, 2), metrics["felt.p95"].Samples));
        Assert.Equal((1.0, 100L), (metrics["status.felt.errors"].Value, metrics["felt.errors"].Samples));
        Assert.Equal((1.04, "tries"), (metrics["attempts.mean"].Value, metrics["attempts.mean"].Unit));
        // p99 leaves out 1 of 100, which is the one that gave up; p99.5 would have to be of users that got nothing.
        var verdict = Judge.Verdict([new Objective("felt.p95 < 2s", 1), new Objective("attempts.mean <= 1.1", 2), new Objective("felt.errors < 1%", 3)], recorded, RunHealth.Good);
        Assert.Equal([Result.Pass, Result.Pass, Result.Fail], verdict.Objectives.Select(objective => objective.Result));
    }

    [Fact]
    public void A_pacing_user_sends_at_fixed_distances_and_at_once_when_the_answer_came_later()
    {
        // Pace 2 s, answers after 0.5 s, but the third takes 5 s: due at 0, 2, 4, then 9 (its end), 11… after the first, which is due within 2 s.
        var load = TestPlan.Load(1, 0, 14, 0, 1, ("status", 1)) with { Pace = new Always(2) };
        var sent = 0;
        var run = new VirtualRun(TestPlan.Of(load), exchange => new(TimeSpan.FromSeconds(++sent == 3 ? 5 : 0.5)));
        run.Run(30);
        var first = run.Exchanges[0].Due;
        Assert.InRange(first, 0, 2 * Second);
        Assert.Equal([0, 2, 4, 9, 11], run.Exchanges.Select(exchange => Math.Round((exchange.Due - first) / (double)Second, 2)).Take(5));
    }

    [Fact]
    public void Users_who_pace_and_came_at_even_distances_do_not_send_in_step()
    {
        // 1000 users within 20 s, each 400 ms: they come 20 ms apart, so that all would send at 20 moments of the 400.
        var load = TestPlan.Load(1000, 20, 2, 0, 1, ("status", 1)) with { Pace = new Always(0.4) };
        var run = new VirtualRun(TestPlan.Of(load), _ => Fine);
        run.Run(23);
        var moments = run.Exchanges.Where(exchange => exchange.Due >= 20 * Second).GroupBy(exchange => exchange.Due % (Second * 2 / 5) / (Second / 100)).ToDictionary(at => at.Key, at => at.Count());
        Assert.Equal(40, moments.Count); // each 10 ms of the 400
        Assert.InRange(moments.Values.Max(), 0, 2 * moments.Values.Average());
    }

    [Fact]
    public void Intensity_2_is_twice_the_rate_per_user_though_never_faster_than_answers_come()
    {
        // Think 1 s after 0.5 s: a request each 1.5 s; twice as often is each 0.75 s. With an intensity of 10, 0.15 s would be sooner than the answer: each 0.5 s.
        Assert.Equal([0, 0.75, 1.5, 2.25], Due(2).Take(4));
        Assert.Equal([0, 0.5, 1, 1.5], Due(10).Take(4));

        IEnumerable<double> Due(double intensity)
        {
            var run = new VirtualRun(TestPlan.Of(TestPlan.Load(1, 0, 10, 0, 1, ("status", 1)) with { Intensity = intensity }), _ => Fine);
            run.Run(30);
            return run.Exchanges.Select(exchange => exchange.Due / (double)Second);
        }
    }

    [Fact]
    public void Users_of_stages_come_and_go_and_come_again()
    {
        // 0 → 2 in 2 s, 1 s, down to 1 in 1 s, 2 s, jump to 2 for 2 s: user 1 is there from 1 s to 4 s (2 → 1 reaches 1 at the end) and from 6 s on.
        Ramp[] stages = [Ramp(2, 0, 2), Ramp(1, 2, 2), Ramp(1, 2, 1), Ramp(2, 1, 1), Ramp(0, 1, 2), Ramp(2, 2, 2)];
        var run = new VirtualRun(TestPlan.Of(TestPlan.Load(2, 2, 6, 0, 0.5, ("status", 1)) with { Stages = stages }), _ => Fine);
        run.Run(30);
        Assert.Equal([1, 2, 3, 6, 7], run.Exchanges.Where(exchange => exchange.User == 1).Select(exchange => exchange.Due / (double)Second));
    }

    [Fact]
    public void A_session_sends_the_turns_before_it_and_the_next_begins_without()
    {
        var profile = Loadline.Targets.TargetProfileReader.Read("""
            name: chat
            about: A chat that is sent its history
            operations:
              query:
                request: POST /chat
                body: '{"messages": {{messages}}}'
                ok: [200]
                answer: { required: $.answer }
            """, "chat.yaml");
        var load = TestPlan.Load(1, 0, 5.5, 0, 1, ("query", 1)) with { Turns = new Always(3) };
        var run = new VirtualRun(TestPlan.Of(load), exchange => new(TimeSpan.Zero, Text: $"answer \"{exchange.Due / Second}\""), profile);
        run.Run(30);
        var sent = run.Wire.Sent.ToList();
        Assert.Equal(6, sent.Count);
        Assert.Equal(("", ""), (sent[0].Turns, sent[3].Turns));
        Assert.Equal(
            [("user", sent[0].Question), ("assistant", "answer \"0\""), ("user", sent[1].Question), ("assistant", "answer \"1\"")],
            System.Text.Json.JsonDocument.Parse($"[{sent[2].Turns}]").RootElement.EnumerateArray().Select(turn => (turn.GetProperty("role").GetString()!, turn.GetProperty("content").GetString()!)));
        var values = new Loadline.Targets.TemplateValues { Turns = sent[1].Turns, Question = "And \"then\"?" };
        var body = System.Text.Json.JsonDocument.Parse(profile.Operations["query"].Request.Body!.Fill(values)).RootElement.GetProperty("messages");
        Assert.Equal((3, "And \"then\"?"), (body.GetArrayLength(), body[2].GetProperty("content").GetString()));
    }

    [Fact]
    public void Scenarios_run_beside_and_after_each_other_with_users_of_their_own()
    {
        var readers = new Scenario { Name = "readers", Load = TestPlan.Load(2, 0, 4, 0, 1, ("status", 1)) };
        var writers = new Scenario
        {
            Name = "writers",
            Start = TimeSpan.FromSeconds(4),
            Load = TestPlan.Load(3, 0, 2, 0, 0, ("upload", 1)) with { Arrivals = new BurstArrivals(4, TimeSpan.FromSeconds(2), 2) },
        };
        var run = new VirtualRun(TestPlan.Of(TestPlan.Load(5, 0, 4, 2, 1, ("status", 1), ("upload", 1))) with { Scenarios = [readers, writers] }, _ => new(TimeSpan.Zero));
        run.Run(30);
        Assert.Equal([0, 0, 1, 1, 2, 2, 3, 3], Of("readers").Select(exchange => exchange.Due / Second));
        Assert.Equal([4, 4, 5, 5], Of("writers").Select(exchange => exchange.Due / Second));
        Assert.Equal([0, 1], Users("readers"));
        Assert.Equal([2, 3, 4], Users("writers"));
        Assert.Equal([("readers", 8L), ("writers", 4L)], run.Population.ScenarioGauges.Select(scenario => (scenario.Scenario, scenario.Gauges.Sent)));
        Assert.Equal(12, run.Population.Gauges.Sent);

        IEnumerable<Exchange> Of(string scenario) => run.Exchanges.Where(exchange => exchange.Scenario == scenario);
        int[] Users(string scenario) => [.. Of(scenario).Select(exchange => exchange.User).Distinct().Order()];
    }

    private static VirtualRun.Answer Fine => new(TimeSpan.FromSeconds(0.5));

    private static VirtualRun.Answer Failing(int status) => new(TimeSpan.FromSeconds(0.5), Outcome.Failed, status);

    private static Ramp Ramp(double seconds, double from, double to) => new(TimeSpan.FromSeconds(seconds), from, to);

    private static Plan Plan(RetryPolicy retry) => TestPlan.Of(TestPlan.Load(1, 0, 10, 0, 1, ("status", 1)) with { Retry = retry });
}
