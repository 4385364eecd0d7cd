using Loadline.Plans;
using Xunit;

namespace Loadline.Tests.Plans;

/// <summary>The forms of a load in a plan: what they mean, and what is wrong with those that mean nothing.</summary>
public class LoadFormsTests
{
    [Fact]
    public void A_rate_rises_over_up_and_falls_over_down()
    {
        var load = Load("{ rate: 120/s, phases: { up: 10s, hold: 1m, down: 5s }, users-at-most: 2000 }");
        var arrivals = Assert.IsType<RateArrivals>(load.Arrivals);
        Assert.Equal([new Ramp(Seconds(10), 0, 120), new Ramp(Seconds(60), 120, 120), new Ramp(Seconds(5), 120, 0)], arrivals.Rates);
        Assert.Equal((ArrivalLaw.Poisson, 2000, Seconds(75)), (arrivals.Law, load.Users, load.Duration));
    }

    [Theory]
    [InlineData("120/s", 120)]
    [InlineData("7200/min", 120)]
    [InlineData("90 / h", 0.025)]
    public void A_rate_has_a_unit(string rate, double perSecond) =>
        Assert.Equal(perSecond, ((RateArrivals)Load($"{{ rate: {rate}, phases: {{ up: 0s, down: 0s }} }}").Arrivals!).Rates[0].To, 9);

    [Fact]
    public void A_spike_is_another_rate_for_a_while()
    {
        var load = Load("{ rate: 10/s, phases: { up: 0s, hold: 1m, down: 0s }, spike: { at: 20s, for: 5s, to: 300/s }, arrivals: constant }");
        Assert.Equal(
            [new Ramp(Seconds(20), 10, 10), new Ramp(Seconds(5), 300, 300), new Ramp(Seconds(35), 10, 10)],
            ((RateArrivals)load.Arrivals!).Rates);
    }

    [Fact]
    public void Stages_say_their_own_phases()
    {
        var users = Load("{ stages: [10s to 20, 1m to 20, 5s to 80, 1m to 80, 10s to 0] }");
        Assert.Equal([new Ramp(Seconds(10), 0, 20), new Ramp(Seconds(60), 20, 20), new Ramp(Seconds(5), 20, 80), new Ramp(Seconds(60), 80, 80), new Ramp(Seconds(10), 80, 0)], users.Stages);
        Assert.Equal((80, Seconds(10), Seconds(125), Seconds(10)), (users.Users, users.Up, users.Hold, users.Down));
        Assert.Null(users.Arrivals);

        var rates = Load("{ stages: [0s to 10/s, 1m to 100/s] }");
        Assert.Equal([new Ramp(TimeSpan.Zero, 0, 10), new Ramp(Seconds(60), 10, 100)], ((RateArrivals)rates.Arrivals!).Rates);
        Assert.Equal((TimeSpan.Zero, Seconds(60), TimeSpan.Zero), (rates.Up, rates.Hold, rates.Down));
    }

    [Fact]
    public void A_burst_is_the_whole_load()
    {
        var load = Load("{ burst: { requests: 1000, within: 30s, at-once: 100 } }");
        Assert.Equal(new BurstArrivals(1000, Seconds(30), 100), load.Arrivals);
        Assert.Equal((TimeSpan.Zero, Seconds(30), TimeSpan.Zero), (load.Up, load.Hold, load.Down));
    }

    [Fact]
    public void A_replay_takes_the_times_of_a_trace_or_of_a_part_of_it()
    {
        using var folder = new Recording.TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "trace.jsonl"), """
            {"timestamp": "82", "input_length": 3112}
            {"timestamp": 93.5}

            {"timestamp": "1970-01-01T00:02:05Z"}
            {"timestamp": 102}
            """);
        var all = Read("{ replay: { file: trace.jsonl, speed: 2 } }");
        // Since the first, in order, twice as fast: (93.5 − 82) ÷ 2, (102 − 82) ÷ 2, (125 − 82) ÷ 2.
        Assert.Equal([0, 5.75, 10, 21.5], all.Times.Select(time => time.TotalSeconds));
        Assert.Equal(Seconds(21.5) + TimeSpan.FromTicks(1), all.Length);
        var part = Read("{ replay: { file: trace.jsonl, from: 11s, for: 10s } }");
        Assert.Equal([0.5, 9], part.Times.Select(time => time.TotalSeconds));

        ReplayArrivals Read(string load) => (ReplayArrivals)Loadline.Plans.Reading.PlanReader.Read(
            PlanTexts.Least + $"\nload: {load}", Path.Combine(folder.Path, "plan.yaml")).Plan!.Load.Arrivals!;
    }

    [Fact]
    public void The_real_trace_is_replayed_with_its_own_times()
    {
        var trace = Repository.Shared("data/ragpulse/0_trace.jsonl");
        Assert.SkipUnless(File.Exists(trace), "shared/data/ragpulse is not there");
        var load = Load($"{{ replay: {{ file: {trace}, speed: 1000 }} }}");
        var arrivals = (ReplayArrivals)load.Arrivals!;
        // Written in no order, from 0 s to 604,603 s: 604.603 s at a thousand times the speed.
        Assert.Equal(7106, arrivals.Times.Count);
        Assert.Equal((0.0, 0.027, 604.603), (arrivals.Times[0].TotalSeconds, arrivals.Times[1].TotalSeconds, arrivals.Times[^1].TotalSeconds));
        // The busiest minute of the week has 14 times the mean: nobody smoothed it.
        var busiest = arrivals.Times.CountBy(time => (int)(time.TotalSeconds * 1000 / 60)).Max(minute => minute.Value);
        Assert.InRange(busiest / (7106 / (604_603 / 60.0)), 10, 18);
    }

    [Fact]
    public void Users_pace_retry_and_talk_in_sessions()
    {
        var load = Load("{ users: 10, pace: 1.5s, intensity: 2, turns: 1..4, retry: { attempts: 4, backoff: 100ms..2s, jitter: half, retry-after: 10s }, tags: { kind: read } }");
        Assert.Equal((1.5, 2.0, 2.5), (load.Pace!.Mean, load.Intensity, load.Turns!.Mean));
        Assert.Equal(new RetryPolicy(4, new Backoff(Seconds(0.1), Seconds(2)), Jitter.Half, Seconds(10)), load.Retry);
        Assert.Equal(new RetryPolicy(3, new Backoff(Seconds(0.2), Seconds(5)), Jitter.Full, Seconds(30)), Load("{ retry: { attempts: 3 } }").Retry);
        Assert.Null(Load("{}").Retry);
        Assert.Equal("read", PlanTexts.Good(PlanTexts.Least + "\nload: { tags: { kind: read } }").Scenarios[0].Tags["kind"]);
    }

    [Fact]
    public void The_time_scale_changes_durations_and_no_rate()
    {
        var half = new Loadline.Plans.Reading.PlanOverrides { TimeScale = "0.5" };
        Assert.Equal([new Ramp(Seconds(5), 0, 20), new Ramp(Seconds(30), 20, 20)], Load("{ stages: [10s to 20, 1m to 20] }", half).Stages);
        Assert.Equal(new Ramp(Seconds(30), 120, 120), ((RateArrivals)Load("{ rate: 120/s }", half).Arrivals!).Rates[1]);
        Assert.Equal(new BurstArrivals(10, Seconds(4), 1), Load("{ burst: { requests: 10, within: 4s } }", half).Arrivals);
    }

    [Theory]
    [InlineData("{ users: 5, rate: 10/s }", "plan.yaml:5: load.rate: is given together with 'users', and a load has one of users, stages, rate, burst, replay; remove one of the two, or make them two scenarios")]
    [InlineData("{ rate: 10 }", "plan.yaml:5: load.rate: '10' needs a unit: 10/s is per second, 10/min per minute, 10/h per hour; write, for example, 120/s")]
    [InlineData("{ users: 5, users-at-most: 9 }", "plan.yaml:5: load.users-at-most: belongs to an open load, and this one is closed; remove it, or write 'rate' in place of 'users'")]
    [InlineData("{ rate: 5/s, intensity: 2 }", "plan.yaml:5: load.intensity: belongs to a closed load, and this one is open; remove it: in an open load the rate says how often")]
    [InlineData("{ pace: 1s, think: 1s }", "plan.yaml:5: load.pace: is given together with 'think', and users do one of the two; remove one of the two")]
    [InlineData("{ spike: { at: 1s, for: 1s, to: 5/s } }", "plan.yaml:5: load.spike: is on top of a 'rate', and this load has none; add, for example, rate: 120/s, or write stages")]
    [InlineData("{ rate: 1/s, spike: { at: 1m, for: 10s, to: 5/s } }", "plan.yaml:5: load.spike: lasts from 1m to 1m10s, and must lie within the hold phase, from 5s to 1m5s; change 'at', 'for' or the phases")]
    [InlineData("{ stages: [1m to 10, 1m to 10/s] }", "plan.yaml:5: load.stages: mixes users and rates; write every level as users (200) or every level as a rate (200/s)")]
    [InlineData("{ stages: [1m to 10], phases: { up: 1s } }", "plan.yaml:5: load.phases: is given together with 'stages', which says itself how long the load lasts; remove 'phases'")]
    [InlineData("{ stages: [10s to 10, 10s to 0] }", "plan.yaml:5: load.stages: leaves a hold phase of 0s, and it must be 1s at least: what lies between the first rise and the last fall to 0; add a stage that holds the level, such as '1m to 200' after '10s to 200'")]
    [InlineData("{ burst: { requests: 10 } }", "plan.yaml:5: load.burst.within: is missing; add, for example, 'within: 30s'")]
    [InlineData("{ burst: { requests: 10, within: 5s, at-once: 11 } }", "plan.yaml:5: load.burst.at-once: '11' must be no more than the requests of the burst; lower it")]
    [InlineData("{ retry: { backoff: 5s..1s } }", "plan.yaml:5: load.retry.backoff: '5s..1s' must be the first and the longest wait, such as 200ms..5s, or one time that is both; from 0s to 1h; write, for example, 200ms..5s")]
    public void What_does_not_go_together_is_refused(string load, string problem) =>
        Assert.Equal(problem, PlanTexts.TheProblem(PlanTexts.Least + $"\nload: {load}").ToString());

    [Fact]
    public void A_trace_that_is_none_is_refused()
    {
        Assert.StartsWith("names the file 'nowhere.jsonl', which can't be read: ", PlanTexts.TheProblem(PlanTexts.Least + "\nload: { replay: { file: nowhere.jsonl } }").Rule);
    }

    [Theory]
    [InlineData("{ rate: 10/s }", "sent >= 99.9%")]
    [InlineData("{ users: 10 }", "query.p95 < 3s")]
    public void A_plan_with_an_open_load_demands_that_it_is_sent(string load, string last) =>
        Assert.Equal(last, PlanTexts.Good(PlanTexts.Least + $"\nload: {load}").Objectives[^1].Text);

    [Fact]
    public void A_plan_may_demand_something_else_of_what_is_sent() => Assert.Equal(
        ["query.p95 < 3s", "sent > 90%"],
        PlanTexts.Good(PlanTexts.Least + "\nload: { rate: 10/s }", PlanTexts.Set("objectives+=sent > 90%")).Objectives.Select(objective => objective.Text));

    [Fact]
    public void Forms_explain_themselves()
    {
        Assert.Contains(
            "Requests begin at a rate that rises to 120/s over 5s, stays at 120/s for 1m and falls to 0/s over 5s, as independent people come (poisson): 1m10s in all.",
            Lines("{ rate: 120/s }"));
        Assert.Contains(
            "An arrival takes one of 1,000 users; if all are busy it waits, and its response time counts from when it was due; if 10,000 arrivals wait already it is dropped and counted.",
            Lines("{ rate: 120/s }"));
        Assert.Contains("Users whose number rises to 20 over 10s, stays at 20 for 1m, jumps to 80 and stays at 80 for 1m: 2m10s in all.", Lines("{ stages: [10s to 20, 1m to 20, 0s to 80, 1m to 80] }"));
        Assert.Contains("1,000 requests begin within 30s, at least 100 at once: 30s in all.", Lines("{ burst: { requests: 1000, within: 30s, at-once: 100 } }"));
        Assert.Contains("A user's requests begin 1.5s apart (mean 1.5s), 2 times as often as that alone would give, or as soon as the answer is there, if that is later.", Lines("{ pace: 1.5s, intensity: 2 }"));
        Assert.Contains(
            "A request that is refused, fails or times out is tried up to 3 times in all, after 200ms, doubling up to 5s, anywhere from nothing to that; a Retry-After is honoured up to 30s.",
            Lines("{ retry: { attempts: 3 } }"));
        Assert.DoesNotContain("users-at-most", Lines("{ users: 5 }")[^1]);
        Assert.DoesNotContain("load.users =", Lines("{ rate: 5/s }")[^1]);

        static IReadOnlyList<string> Lines(string load) => PlanTexts.Good(PlanTexts.Least + $"\nload: {load}").Explain();
    }

    private static Load Load(string load, Loadline.Plans.Reading.PlanOverrides? overrides = null) => PlanTexts.Good(PlanTexts.Least + $"\nload: {load}", overrides).Load;

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
