using Loadline.Plans;
using Loadline.Users;
using Loadline.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loadline.Tests.Users;

/// <summary>A load that a person holds for a while, in virtual time.</summary>
public class PauseTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void Nothing_begins_in_a_pause_and_nobodys_response_time_has_it_in_it()
    {
        // Due each second; what would be due at 6 s is held from 5.5 s to 9.5 s, and so due at 10 s.
        var run = new VirtualRun(TestPlan.Of(TestPlan.Load(1, 0, 20, 0, 1, ("status", 1))), _ => new(TimeSpan.Zero));
        var task = run.Population.RunAsync(default);
        run.Advance(5.5);
        Assert.True(run.Pauses.Pause());
        run.Advance(4);
        Assert.True(run.Pauses.Resume());
        SpinWait.SpinUntil(() => { run.Time.Advance(TimeSpan.FromMilliseconds(1)); return task.IsCompleted; }, TimeSpan.FromSeconds(20));
        Assert.True(task.IsCompletedSuccessfully);
        Assert.Equal([0, Second, 2 * Second, 3 * Second, 4 * Second, 5 * Second, 10 * Second], run.Exchanges.Take(7).Select(exchange => exchange.Due));
        Assert.True(run.Exchanges.Count > 10);
        var pause = Assert.Single(run.Pauses.Pauses);
        Assert.Equal((11 * Second / 2, 19 * Second / 2), (pause.Start, pause.End));
    }

    [Fact]
    public async Task What_is_in_hand_when_a_pause_begins_ends_as_it_would()
    {
        var run = new VirtualRun(TestPlan.Of(TestPlan.Load(1, 0, 20, 0, 1, ("status", 1))), _ => new(TimeSpan.FromSeconds(2)));
        var task = run.Population.RunAsync(default);
        run.Advance(1);
        run.Pauses.Pause();
        run.Advance(5);
        var only = Assert.Single(run.Exchanges);
        Assert.Equal(2 * Second, only.End - only.Due);
        run.Time.Advance(TimeSpan.FromSeconds(30));
        await task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_request_that_was_due_in_a_pause_is_moved_by_all_of_it_and_users_stay_apart()
    {
        var time = new FakeTimeProvider();
        var clock = new RunClock(time);
        var gate = new PauseGate(clock);
        time.Advance(TimeSpan.FromSeconds(5));
        gate.Pause();
        var held = new[] { 5.1, 5.6, 5.9 }.Select(due => gate.PassAsync((long)(due * Second), 60 * Second, default).AsTask()).ToList();
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.DoesNotContain(held, pass => pass.IsCompleted);
        gate.Resume();
        var all = Task.WhenAll(held);
        SpinWait.SpinUntil(() => { time.Advance(TimeSpan.FromMilliseconds(1)); return all.IsCompleted; }, TimeSpan.FromSeconds(20));
        var passed = await all;
        Assert.Equal([(long)(5.1 * Second) + (10 * Second), (long)(5.6 * Second) + (10 * Second), (long)(5.9 * Second) + (10 * Second)], passed);
    }

    [Fact]
    public async Task A_pause_that_nobody_ends_is_over_with_the_load()
    {
        var time = new FakeTimeProvider();
        var gate = new PauseGate(new RunClock(time));
        gate.Pause();
        var held = gate.PassAsync(Second, 10 * Second, default).AsTask();
        time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(10 * Second, await held.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task Arrivals_that_are_due_in_a_pause_are_withheld_and_counted()
    {
        // 10/s for 5 s; of 2.05 s to 3.05 s ten are due.
        var load = TestPlan.Load(100, 0, 5, 0, 0, ("status", 1)) with { Arrivals = new RateArrivals([new Ramp(TimeSpan.FromSeconds(5), 10, 10)], ArrivalLaw.Constant), WaitingAtMost = 10 };
        var run = new VirtualRun(TestPlan.Of(load), _ => new(TimeSpan.Zero));
        var task = run.Population.RunAsync(default);
        run.Advance(2.05);
        run.Pauses.Pause();
        run.Advance(1);
        run.Pauses.Resume();
        run.Advance(3);
        await task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal((40, 10L, 40L), (run.Exchanges.Count, run.Pauses.Withheld, run.Population.Gauges.Arrivals));
    }

    [Fact]
    public void A_gate_is_held_once_and_opened_once_and_only_so_often()
    {
        var gate = new PauseGate(new RunClock(new FakeTimeProvider()));
        Assert.False(gate.Resume());
        for (var i = 0; i < PauseGate.MostPauses; i++)
        {
            Assert.True(gate.Pause());
            Assert.False(gate.Pause());
            Assert.True(gate.Resume());
        }
        Assert.False(gate.Pause());
    }
}
