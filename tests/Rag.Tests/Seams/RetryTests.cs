using Rag.Errors;
using Rag.Seams;
using Xunit;
using static Rag.Tests.Seams.SeamFixture;

namespace Rag.Tests.Seams;

public class RetryTests
{
    // Caps far away: the tests' clock runs on while threads catch up.
    private static readonly CallPolicy Retrying = new() { Retry = true, Cap = TimeSpan.FromSeconds(30) };

    [Fact]
    public async Task A_failed_read_is_tried_once_more_and_only_once()
    {
        using var seam = new SeamFixture(Retrying);
        var fails = 1;
        seam.Peer.Say = (text, stop) => fails-- > 0 ? FakePeer.Down(text, stop) : ValueTask.FromResult("the second time");
        Assert.Equal("the second time", await PassAsync(seam, seam.SayAsync()));
        fails = 2;
        var error = await FailsAsync(RagError.Unavailable, PassAsync(seam, seam.SayAsync()));
        Assert.Equal("nobody is there", error.Message);
        Assert.True(error.Retried);
        Assert.Equal(4, seam.Peer.Calls);
    }

    [Fact]
    public async Task What_was_retried_below_is_not_tried_again()
    {
        using var seam = new SeamFixture(Retrying);
        seam.Peer.Say = (_, _) => throw new RagException(RagError.Unavailable, "tried twice below") { Retried = true };
        await FailsAsync(RagError.Unavailable, seam.SayAsync());
        Assert.Equal(1, seam.Peer.Calls);
    }

    // Two seams, one above the other: a failure at the bottom costs two attempts there, not four.
    [Fact]
    public async Task A_failure_at_the_bottom_is_not_multiplied_by_the_layers()
    {
        using var above = new SeamFixture(Retrying);
        using var below = new SeamFixture(Retrying);
        below.Peer.Say = FakePeer.Down;
        above.Peer.Say = async (text, stop) => await below.Seam.CallAsync(below.Say, text, stop);
        var call = above.SayAsync();
        await FailsAsync(RagError.Unavailable, PassAsync(below, PassAsync(above, call)));
        Assert.Equal((1, 2), (above.Peer.Calls, below.Peer.Calls));
    }

    [Theory]
    [InlineData(RagError.Unavailable, 2)]
    [InlineData(RagError.Overloaded, 1)]
    [InlineData(RagError.Throttled, 1)]
    [InlineData(RagError.InvalidArgument, 1)]
    [InlineData(RagError.NotFound, 1)]
    public async Task Only_failures_that_say_nothing_about_the_request_are_retried(RagError error, int attempts)
    {
        using var seam = new SeamFixture(Retrying);
        seam.Peer.Say = (_, _) => throw new RagException(error, "no");
        await FailsAsync(error, PassAsync(seam, seam.SayAsync()));
        Assert.Equal(attempts, seam.Peer.Calls);
    }

    [Fact]
    public async Task A_write_is_never_sent_twice()
    {
        using var seam = new SeamFixture(CallPolicy.Write);
        seam.Peer.Say = FakePeer.Down;
        await FailsAsync(RagError.Unavailable, seam.SayAsync());
        Assert.Equal(1, seam.Peer.Calls);
    }

    [Fact]
    public async Task A_call_that_took_all_its_time_is_not_retried()
    {
        using var seam = new SeamFixture(Retrying);
        seam.Peer.Say = FakePeer.Hang;
        var call = seam.SayAsync();
        seam.Time.Advance(TimeSpan.FromSeconds(30));
        await FailsAsync(RagError.DeadlineExceeded, call);
        Assert.Equal(1, seam.Peer.Calls);
    }

    [Theory]
    [InlineData(5_000, 2)]
    [InlineData(31_000, 1)]
    public async Task Retry_after_is_honoured_and_a_retry_that_would_not_fit_is_left_out(int retryAfter, int attempts)
    {
        using var seam = new SeamFixture(Retrying);
        seam.Peer.Say = (_, _) => throw new RagException(RagError.Unavailable, "soon", Ms(retryAfter));
        var call = seam.SayAsync();
        seam.Time.Advance(Ms(retryAfter - 1));
        Assert.Equal(1, seam.Peer.Calls);
        await FailsAsync(RagError.Unavailable, PassAsync(seam, call));
        Assert.Equal(attempts, seam.Peer.Calls);
    }

    [Fact]
    public async Task A_retry_has_what_is_left_of_the_time()
    {
        using var seam = new SeamFixture(Retrying);
        var first = true;
        seam.Peer.Say = async (text, stop) =>
        {
            if (!first)
                return text;
            first = false;
            await Task.Delay(Ms(300), seam.Time, stop);
            throw new RagException(RagError.Unavailable, "no");
        };
        var call = seam.SayAsync();
        seam.Time.Advance(Ms(300));
        await PassAsync(seam, call);
        var allowed = seam.Peer.Allowed.ToArray();
        Assert.Equal(Ms(30_000), allowed[0]);
        Assert.InRange(allowed[1]!.Value, Ms(27_000), Ms(29_700)); // less the pause, as the tests' clock goes
    }

    // 1000 failing calls: three attempts at first, then one in ten.
    [Fact]
    public async Task Retries_are_at_most_a_tenth_of_calls()
    {
        using var seam = new SeamFixture(Retrying, new() { ["seams:breaker_ratio"] = "1", ["seams:breaker_calls"] = "1000" });
        seam.Peer.Say = FakePeer.Down;
        for (var i = 0; i < 1000; i++)
        {
            await FailsAsync(RagError.Unavailable, PassAsync(seam, seam.SayAsync()));
            seam.Time.Advance(Ms(100)); // fewer than 1000 within the breaker's sight
        }

        Assert.InRange(seam.Peer.Calls, 1095, 1104);
    }

    [Fact]
    public void A_budget_holds_ten_extra_attempts_at_most()
    {
        var budget = new Budget(10);
        for (var i = 0; i < 10_000; i++)
            budget.Earn();
        Assert.Equal(10, Enumerable.Range(0, 100).Count(_ => budget.TrySpend()));
        Assert.False(new Budget(0).TrySpend());
    }

    [Fact]
    public void Pauses_are_spread_over_all_of_their_range()
    {
        var chance = new Chance(3);
        var pauses = Enumerable.Range(0, 1000).Select(_ => RetryPause.Next(chance, null).TotalMilliseconds).ToList();
        Assert.InRange(pauses.Min(), 0, 0.5);
        Assert.InRange(pauses.Max(), 19.5, 20);
        Assert.InRange(pauses.Average(), 9, 11);
        Assert.InRange(RetryPause.Next(chance, Ms(100)).TotalMilliseconds, 100, 120);
    }

    /// <summary>Lets the clock run until a call has ended.</summary>
    internal static async Task<T> PassAsync<T>(SeamFixture seam, Task<T> call)
    {
        for (var i = 0; i < 2_000 && !call.IsCompleted; i++)
        {
            seam.Time.Advance(Ms(1));
            for (var turn = 0; turn < 20 && !call.IsCompleted; turn++)
                await Task.Yield();
        }

        return await call.WaitAsync(TimeSpan.FromSeconds(20));
    }
}
