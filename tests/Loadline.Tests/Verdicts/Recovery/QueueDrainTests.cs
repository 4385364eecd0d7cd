using Loadline.Verdicts.Recovery;
using Xunit;
using static Loadline.Tests.Recording.Exchanges;

namespace Loadline.Tests.Verdicts.Recovery;

public sealed class QueueDrainTests
{
    // A fault from 60 s to 90 s, uploads each second from 10 s to 180 s, usually searchable after half a second.
    [Fact]
    public void Nothing_dammed_up_is_drained_at_once() => Assert.Equal(0, Of(_ => 0.5).Seconds);

    [Fact]
    public void It_is_the_time_until_uploads_wait_no_longer_than_usual()
    {
        // What comes in the fault is searchable 20 s after it, at 110 s; what comes from then on at once. The last to wait came at 109 s.
        var figure = Of(at => at is >= 60 and < 110 ? 110 - at : 0.5);
        Assert.Equal(20, figure.Seconds!.Value, 0.15);
    }

    [Fact]
    public void A_queue_that_comes_back_within_five_seconds_was_not_drained()
    {
        // Idle from 100 s for 3 s, then 10 s of waiting again: searchable at 113 s.
        var figure = Of(at => at is >= 60 and < 100 ? 100 - at : at is >= 103 and < 113 ? 113 - at : 0.5);
        Assert.Equal(23, figure.Seconds!.Value, 0.15);
    }

    [Fact]
    public void A_queue_that_is_never_drained_is_a_failure_and_no_number()
    {
        var figure = Of(at => at >= 60 ? 300 : 0.5);
        Assert.Null(figure.Seconds);
        Assert.Equal("uploads still waited for longer than the usual 1 s when the run ended, 110 s after it", figure.Failed);
    }

    [Fact]
    public void Without_ten_uploads_before_it_nothing_is_usual()
    {
        var figure = Of(_ => 0.5, from: 55);
        Assert.Null(figure.Seconds);
        Assert.StartsWith("5 watched uploads became searchable before it, and what is usual needs 10", figure.Unknown);
    }

    [Fact]
    public void Without_an_upload_after_it_nothing_can_be_told() => Assert.Equal("no watched upload became searchable after it", Of(_ => 0.5, to: 80).Unknown);

    private static FaultFigure Of(Func<double, double> took, int from = 10, int to = 180) => QueueDrain.Of(
        [.. Enumerable.Range(from, to - from).Select(at => (Nanoseconds(at), Nanoseconds(at + took(at))))], Nanoseconds(60), Nanoseconds(90), Nanoseconds(200));
}
