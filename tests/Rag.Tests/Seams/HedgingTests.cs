using Rag.Errors;
using Rag.Seams;
using Xunit;
using static Rag.Tests.Seams.SeamFixture;

namespace Rag.Tests.Seams;

public class HedgingTests
{
    [Fact]
    public async Task A_slow_read_is_sent_to_a_second_peer_and_the_first_answer_wins()
    {
        using var seam = await WarmAsync(peers: 2);
        var stopped = new TaskCompletionSource();
        var calls = seam.Peers.Sum(peer => peer.Calls);
        FirstHangs(seam, stop => stop.Register(() => stopped.TrySetResult()));
        var call = seam.SayAsync();
        Assert.Equal(calls + 1, seam.Peers.Sum(peer => peer.Calls));
        Assert.Equal("the other", await RetryTests.PassAsync(seam, call));
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(20)); // the loser is told
        Assert.Equal(calls + 2, seam.Peers.Sum(peer => peer.Calls));
        Assert.Equal(0, seam.State.InUse);
    }

    // 10 ms is what all of 64 calls took: a call of that length isn't slow.
    [Fact]
    public async Task A_call_of_the_usual_length_is_sent_once()
    {
        using var seam = await WarmAsync(peers: 2);
        var calls = seam.Peers.Sum(peer => peer.Calls);
        for (var i = 0; i < 20; i++)
            await UsualAsync(seam);
        Assert.Equal(calls + 20, seam.Peers.Sum(peer => peer.Calls));
    }

    [Fact]
    public async Task With_one_peer_nothing_is_sent_twice()
    {
        using var seam = await WarmAsync(peers: 1);
        var calls = seam.Peer.Calls;
        seam.Peer.Say = FakePeer.Hang;
        var call = seam.SayAsync();
        seam.Time.Advance(Ms(500));
        await FailsAsync(RagError.DeadlineExceeded, call);
        Assert.Equal(calls + 1, seam.Peer.Calls);
    }

    [Fact]
    public async Task Second_attempts_are_at_most_a_twentieth_of_calls()
    {
        using var seam = await WarmAsync(peers: 3);
        var calls = seam.Peers.Sum(peer => peer.Calls);
        var (hangs, done) = (0, 0);
        foreach (var peer in seam.Peers)
            peer.Say = async (text, stop) =>
            {
                // Every first attempt takes 100 ms, which is slow.
                await Task.Delay(Ms(100), seam.Time, stop);
                hangs++;
                return text;
            };
        for (; done < 300; done++)
            await RetryTests.PassAsync(seam, seam.SayAsync());
        var hedges = seam.Peers.Sum(peer => peer.Calls) - calls - done;
        Assert.InRange(hedges, 1, 3 + (64 + 300) / 20);
    }

    [Fact]
    public async Task When_one_attempt_fails_the_other_may_still_answer()
    {
        using var seam = await WarmAsync(peers: 2);
        var answer = new TaskCompletionSource<string>();
        var first = true;
        foreach (var peer in seam.Peers)
            peer.Say = (text, stop) =>
            {
                var isFirst = first;
                first = false;
                return isFirst ? new ValueTask<string>(answer.Task) : FakePeer.Down(text, stop);
            };
        var call = seam.SayAsync();
        for (var i = 0; i < 50; i++)
        {
            seam.Time.Advance(Ms(1));
            await Task.Yield();
        }

        answer.SetResult("late, but here");
        Assert.Equal("late, but here", await call);
    }

    /// <summary>A frozen peer loses every race; that must be enough to leave it out.</summary>
    [Fact]
    public async Task A_peer_that_always_loses_is_left_out()
    {
        using var seam = await WarmAsync(peers: 2);
        seam.Peers[0].Say = FakePeer.Hang;
        seam.Peers[1].Say = static (text, _) => ValueTask.FromResult(text);
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (seam.State.PeersOut == 0)
        {
            await RetryTests.PassAsync(seam, seam.SayAsync());
            // Nobody waits for a loser: until it has ended, all calls go to the other peer, and end at once.
            await Task.Delay(1, bound.Token);
        }

        Assert.Equal(1, seam.State.PeersOut);
    }

    [Fact]
    public void What_is_slow_is_the_95th_percentile_of_the_latest_256()
    {
        var times = new RecentTimes();
        for (var i = 1; i <= 31; i++)
            times.Add(Ms(i));
        Assert.Null(times.Slow);
        times.Add(Ms(32));
        Assert.Equal(Ms(31), times.Slow); // the 31st of 32
        for (var i = 0; i < 256; i++)
            times.Add(Ms(i < 128 ? 1 : i));
        Assert.Equal(Ms(243), times.Slow); // the values 128…255 above 128 ones: number 243 of 0…255
    }

    // Both peers have taken 10 ms for 64 calls.
    private static async Task<SeamFixture> WarmAsync(int peers)
    {
        var seam = new SeamFixture(CallPolicy.HedgedRead, new() { ["seams:breaker_calls"] = "1000", ["seams:retry_percent"] = "0" }, peers);
        foreach (var peer in seam.Peers)
            peer.Say = async (text, stop) =>
            {
                await Task.Delay(Ms(10), seam.Time, stop);
                return text;
            };
        for (var i = 0; i < 64; i++)
            await UsualAsync(seam);
        return seam;
    }

    private static async Task UsualAsync(SeamFixture seam)
    {
        var call = seam.SayAsync();
        seam.Time.Advance(Ms(10));
        await call.WaitAsync(TimeSpan.FromSeconds(20));
    }

    private static void FirstHangs(SeamFixture seam, Action<CancellationToken> seen)
    {
        var first = true;
        foreach (var peer in seam.Peers)
            peer.Say = (text, stop) =>
            {
                var isFirst = first;
                first = false;
                if (!isFirst)
                    return ValueTask.FromResult("the other");
                seen(stop);
                return FakePeer.Hang(text, stop);
            };
    }
}
