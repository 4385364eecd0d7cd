using System.Net.Sockets;
using Rag.Errors;
using Rag.Seams;
using Xunit;
using static Rag.Tests.Seams.SeamFixture;

namespace Rag.Tests.Seams;

public class PeerTests
{
    // The breaker must not get in the way of what is looked at here.
    private static readonly Dictionary<string, string?> NoBreaker = new() { ["seams:breaker_calls"] = "1000", ["seams:hedge_percent"] = "0" };

    [Fact]
    public async Task Calls_go_where_fewer_are_in_flight()
    {
        using var seam = new SeamFixture(settings: NoBreaker, peers: 2);
        var answer = new TaskCompletionSource<string>();
        foreach (var peer in seam.Peers)
            peer.Say = (_, _) => new ValueTask<string>(answer.Task);
        var calls = Enumerable.Range(0, 50).Select(_ => seam.SayAsync()).ToList();
        Assert.All(seam.Peers, peer => Assert.Equal(25, peer.Calls));
        answer.SetResult("");
        await Task.WhenAll(calls);
    }

    [Fact]
    public async Task A_slow_peer_gets_fewer_calls()
    {
        using var seam = new SeamFixture(settings: NoBreaker, peers: 3);
        seam.Peers[0].Say = FakePeer.Hang;
        var calls = Enumerable.Range(0, 300).Select(_ => seam.SayAsync()).ToList();
        Assert.InRange(seam.Peers[0].Calls, 1, 2);
        await Task.WhenAll(calls.Where(call => call.IsCompleted));
    }

    [Fact]
    public async Task Three_failures_in_a_row_leave_a_peer_out_and_one_good_trial_brings_it_back()
    {
        using var seam = new SeamFixture(settings: NoBreaker, peers: 2);
        seam.Peers[0].Say = FakePeer.Down;
        await CallAsync(seam, 100);
        Assert.Equal((3, 1), (seam.Peers[0].Calls, seam.State.PeersOut));

        seam.Time.Advance(Ms(1_000));
        await CallAsync(seam, 100); // one trial, which fails: two seconds
        Assert.Equal(4, seam.Peers[0].Calls);
        seam.Time.Advance(Ms(1_999));
        await CallAsync(seam, 100);
        Assert.Equal(4, seam.Peers[0].Calls);

        seam.Time.Advance(Ms(1));
        seam.Peers[0].Say = static (text, _) => ValueTask.FromResult(text);
        await CallAsync(seam, 100);
        Assert.Equal(0, seam.State.PeersOut);
        Assert.InRange(seam.Peers[0].Calls, 20, 104);
    }

    [Fact]
    public async Task Pauses_are_doubled_up_to_ten_seconds()
    {
        using var seam = new SeamFixture(settings: NoBreaker, peers: 2);
        seam.Peers[0].Say = FakePeer.Down;
        await CallAsync(seam, 100);
        foreach (var seconds in new[] { 1, 2, 4, 8, 10, 10 })
        {
            var calls = seam.Peers[0].Calls;
            seam.Time.Advance(TimeSpan.FromSeconds(seconds) - Ms(1));
            await CallAsync(seam, 50);
            Assert.Equal(calls, seam.Peers[0].Calls);
            seam.Time.Advance(Ms(1));
            await CallAsync(seam, 50);
            Assert.Equal(calls + 1, seam.Peers[0].Calls);
        }
    }

    [Fact]
    public async Task One_call_at_a_time_tries_a_peer_that_is_out()
    {
        using var seam = new SeamFixture(settings: NoBreaker, peers: 2);
        seam.Peers[0].Say = FakePeer.Down;
        await CallAsync(seam, 100);
        seam.Time.Advance(Ms(1_000));
        seam.Peers[0].Say = FakePeer.Hang;
        var calls = Enumerable.Range(0, 100).Select(_ => seam.SayAsync()).ToList();
        Assert.Equal(4, seam.Peers[0].Calls);
        Assert.Equal(1, calls.Count(call => !call.IsCompleted));
    }

    [Fact]
    public async Task A_refused_connection_leaves_a_peer_out_at_once()
    {
        using var seam = new SeamFixture(settings: NoBreaker, peers: 2);
        seam.Peers[0].Say = (_, _) => throw new RagException(RagError.Unavailable, "no", null, new SocketException((int)SocketError.ConnectionRefused));
        await CallAsync(seam, 100);
        Assert.Equal(1, seam.Peers[0].Calls);
    }

    [Fact]
    public async Task When_all_are_out_all_are_in()
    {
        using var seam = new SeamFixture(settings: NoBreaker, peers: 2);
        foreach (var peer in seam.Peers)
            peer.Say = FakePeer.Down;
        await CallAsync(seam, 20);
        Assert.Equal(2, seam.State.PeersOut);
        Assert.Equal(20, seam.Peers.Sum(peer => peer.Calls));
    }

    [Fact]
    public async Task A_retry_goes_to_another_peer()
    {
        using var seam = new SeamFixture(CallPolicy.Read, NoBreaker, peers: 2);
        seam.Peers[0].Say = FakePeer.Down;
        for (var i = 0; i < 20; i++)
            Assert.Equal("hello", await RetryTests.PassAsync(seam, seam.SayAsync()));
        Assert.Equal(3, seam.Peers[0].Calls);
    }

    private static async Task CallAsync(SeamFixture seam, int count)
    {
        for (var i = 0; i < count; i++)
            await ((Task)seam.SayAsync()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
