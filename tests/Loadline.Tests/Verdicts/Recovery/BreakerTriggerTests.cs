using Loadline.Recording;
using Loadline.Verdicts.Recovery;
using Xunit;
using static Loadline.Tests.Recording.Exchanges;

namespace Loadline.Tests.Verdicts.Recovery;

public sealed class BreakerTriggerTests
{
    // A fault from 20 s to 50 s; 10 exchanges in each tenth of a second.
    [Theory]
    [InlineData(20, 20, 0)] // nobody hung
    [InlineData(20, 20.1, 0.1)] // those of the first tenth
    [InlineData(20, 23.4, 3.4)]
    [InlineData(10, 23.4, 3.4)] // what hung before is not the fault's
    public void It_is_the_time_until_nobody_hangs_any_more(double from, double to, double seconds)
    {
        var figure = Of(at => at >= from && at < to ? 10 : 0);
        Assert.Null(figure.Failed);
        Assert.Equal(seconds, figure.Seconds!.Value, 6);
    }

    [Fact]
    public void One_in_a_hundred_of_a_second_may_hang_and_two_may_not()
    {
        Assert.Equal(0, Of(at => at == 35 ? 1 : 0).Seconds);
        Assert.Equal(15.1, Of(at => at == 35 ? 2 : 0).Seconds!.Value, 6);
    }

    [Fact]
    public void Users_who_hang_again_have_not_been_helped()
    {
        Assert.Equal(12, Of(at => at is >= 20 and < 22 or >= 31 and < 32 ? 5 : 0).Seconds!.Value, 6);
    }

    [Fact]
    public void Users_who_hang_to_the_end_are_a_failure_and_no_number()
    {
        var figure = Of(_ => 5);
        Assert.Null(figure.Seconds);
        Assert.Equal("users were still left hanging when it ended", figure.Failed);
    }

    [Fact]
    public void Without_an_exchange_it_cant_be_told()
    {
        var figure = Of(_ => 0, sent: 0);
        Assert.Equal((null, "nothing was sent while it lasted"), (figure.Seconds, figure.Unknown));
    }

    [Fact]
    public void A_fault_that_is_over_at_once_is_watched_for_half_a_minute()
    {
        var watch = new FaultWatch([new RunSpan("kill", Nanoseconds(20), Nanoseconds(20))]);
        for (var at = 20.0; at < 60; at += 0.05)
            watch.Record(Exchange(at, 2, at < 24 ? Loadline.Wire.Outcome.Failed : Loadline.Wire.Outcome.Degraded));
        Assert.Equal(4, BreakerTrigger.Of(watch.Of(0), Nanoseconds(20), Nanoseconds(20), Nanoseconds(20)).Seconds!.Value, 6);
    }

    private static FaultFigure Of(Func<double, int> hung, int sent = 10)
    {
        var bins = Enumerable.Range(0, 320).Select(bin => (sent, hung(Math.Round(20 + (bin * 0.1), 1)))).ToList();
        return BreakerTrigger.Of(bins, Nanoseconds(20), Nanoseconds(20), Nanoseconds(50));
    }
}
