using Loadline.Users;
using Loadline.Wire;
using Xunit;

namespace Loadline.Tests.Users;

/// <summary>On the machine's own clock; with a virtual one the tests of populations run on it.</summary>
public class AlarmClockTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly RunClock _clock = new(TimeProvider.System);

    private CancellationToken Stop => _stop.Token;

    private readonly CancellationTokenSource _stop = new();

    [Fact]
    public async Task Everybody_is_woken_and_nobody_early_again_and_again()
    {
        using var alarms = new AlarmClock(_clock);
        alarms.Start(Stop);
        var early = await Task.WhenAll(Enumerable.Range(0, 200).Select(async user =>
        {
            var alarm = new AlarmClock.Alarm(alarms);
            var early = 0;
            for (var i = 1; i <= 5; i++)
            {
                var due = _clock.Now + (user * 13 % 50 * 100_000L);
                await alarm.UntilAsync(due, Stop);
                early += _clock.Now < due ? 1 : 0;
            }

            return early;
        })).WaitAsync(Patience, CancellationToken.None);
        Assert.All(early, count => Assert.Equal(0, count));
    }

    [Fact]
    public async Task Who_comes_later_and_is_due_earlier_is_woken_earlier()
    {
        using var alarms = new AlarmClock(_clock);
        alarms.Start(Stop);
        var far = new AlarmClock.Alarm(alarms).UntilAsync(_clock.Now + 600_000_000_000, Stop).AsTask();
        await new AlarmClock.Alarm(alarms).UntilAsync(_clock.Now + 5_000_000, Stop).AsTask().WaitAsync(Patience, CancellationToken.None);
        Assert.False(far.IsCompleted);
        await _stop.CancelAsync();
        await far.WaitAsync(Patience, CancellationToken.None);
    }

    [Fact]
    public async Task Nobody_waits_for_what_is_past_nor_after_the_end()
    {
        using var alarms = new AlarmClock(_clock);
        alarms.Start(Stop);
        var alarm = new AlarmClock.Alarm(alarms);
        Assert.True(alarm.UntilAsync(_clock.Now, Stop).IsCompletedSuccessfully);
        await _stop.CancelAsync();
        Assert.True(alarm.UntilAsync(_clock.Now + 600_000_000_000, Stop).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Who_waited_before_it_began_is_woken()
    {
        using var alarms = new AlarmClock(_clock);
        var waiting = new AlarmClock.Alarm(alarms).UntilAsync(_clock.Now + 1_000_000, Stop).AsTask();
        alarms.Start(Stop);
        await waiting.WaitAsync(Patience, CancellationToken.None);
    }
}
