using Rag.Errors;
using Rag.Seams;
using Xunit;
using static Rag.Tests.Seams.SeamFixture;

namespace Rag.Tests.Seams;

public class StreamTests
{
    private static readonly CallPolicy Policy = new() { Cap = TimeSpan.FromSeconds(5), GapCap = TimeSpan.FromSeconds(2), Retry = true };

    [Fact]
    public async Task Items_pass_and_places_are_given_back_at_the_end()
    {
        using var seam = new SeamFixture(Policy);
        var items = new List<int>();
        await foreach (var item in seam.Seam.StreamAsync(seam.Count, 5, default))
        {
            items.Add(item);
            Assert.Equal(1, seam.State.InUse);
        }

        Assert.Equal([1, 2, 3, 4, 5], items);
        Assert.Equal(0, seam.State.InUse);
    }

    [Fact]
    public async Task An_empty_stream_is_a_good_one()
    {
        using var seam = new SeamFixture(Policy);
        Assert.Empty(await ReadAsync(seam, 0));
        Assert.Equal((BreakerState.Closed, 0), (seam.State.Breaker, seam.State.InUse));
    }

    [Fact]
    public async Task Whoever_leaves_early_gives_its_place_back_and_stops_the_work()
    {
        using var seam = new SeamFixture(Policy);
        CancellationToken below = default;
        seam.Peer.Count = (to, stop) =>
        {
            below = stop;
            return FakePeer.Upwards(to, stop);
        };
        await foreach (var item in seam.Seam.StreamAsync(seam.Count, 1_000, default))
            if (item == 3)
                break;
        Assert.Equal(0, seam.State.InUse);
        Assert.True(below.IsCancellationRequested);
    }

    [Fact]
    public async Task A_call_that_is_not_taken_on_fails_after_half_a_second()
    {
        using var seam = new SeamFixture(Policy with { Retry = false });
        seam.Peer.Accepts = false;
        seam.Peer.Count = FakePeer.SilentAfter(0);
        var reading = ReadAsync(seam);
        seam.Time.Advance(Ms(499));
        Assert.False(reading.IsCompleted);
        seam.Time.Advance(Ms(51));
        Assert.Contains("was not taken on within 500 ms", (await FailsAsync(RagError.DeadlineExceeded, reading)).Message);
    }

    [Fact]
    public async Task A_slow_first_item_is_awaited_until_the_cap_and_then_counts_as_a_failure()
    {
        using var seam = new SeamFixture(Policy with { Retry = false });
        seam.Peer.Count = FakePeer.SilentAfter(0);
        for (var i = 0; i < 3; i++)
        {
            var reading = ReadAsync(seam);
            seam.Time.Advance(Ms(4_900));
            Assert.False(reading.IsCompleted);
            seam.Time.Advance(Ms(150));
            await FailsAsync(RagError.DeadlineExceeded, reading);
        }

        Assert.Equal(BreakerState.Closed, seam.State.Breaker);
        var together = Enumerable.Range(0, 3).Select(_ => ReadAsync(seam)).ToList();
        seam.Time.Advance(Ms(5_050));
        foreach (var reading in together)
            await FailsAsync(RagError.DeadlineExceeded, reading);
        Assert.Equal(BreakerState.Open, seam.State.Breaker);
    }

    [Fact]
    public async Task Silence_between_items_ends_it_after_the_gap_cap()
    {
        using var seam = new SeamFixture(Policy);
        seam.Peer.Count = FakePeer.SilentAfter(2);
        await using var items = seam.Seam.StreamAsync(seam.Count, 0, default).GetAsyncEnumerator();
        Assert.True(await items.MoveNextAsync());
        seam.Time.Advance(Ms(10_000)); // the reader's own slowness is nobody's fault
        Assert.True(await items.MoveNextAsync());
        var next = items.MoveNextAsync().AsTask();
        seam.Time.Advance(Ms(1_900));
        Assert.False(next.IsCompleted);
        seam.Time.Advance(Ms(150));
        Assert.Contains("nothing came from Count for 2 s", (await FailsAsync(RagError.DeadlineExceeded, next)).Message);
        Assert.Equal(1, seam.Peer.Calls);
        Assert.Equal(0, seam.State.InUse);
    }

    [Fact]
    public async Task A_silent_stream_ends_when_two_later_calls_were_not_taken_on_by_its_peer()
    {
        using var seam = new SeamFixture(Policy with { Retry = false, GapCap = TimeSpan.FromSeconds(60) });
        for (var i = 0; i < 10; i++)
            await ReadAsync(seam, 3); // so that the circuit stays closed
        seam.Peer.Count = FakePeer.SilentAfter(1);
        await using var items = seam.Seam.StreamAsync(seam.Count, 0, default).GetAsyncEnumerator();
        Assert.True(await items.MoveNextAsync());
        var next = items.MoveNextAsync().AsTask();
        seam.Time.Advance(Ms(100));

        seam.Peer.Accepts = false;
        seam.Peer.Count = FakePeer.SilentAfter(0);
        var first = ReadAsync(seam);
        seam.Time.Advance(Ms(600));
        await FailsAsync(RagError.DeadlineExceeded, first);
        Assert.False(next.IsCompleted); // one may be chance
        var second = ReadAsync(seam);
        seam.Time.Advance(Ms(600));
        await FailsAsync(RagError.DeadlineExceeded, second);
        seam.Time.Advance(Ms(50));
        Assert.Equal(BreakerState.Closed, seam.State.Breaker);
        await FailsAsync(RagError.Unavailable, next);
    }

    [Fact]
    public async Task The_end_of_the_request_ends_it_and_nobody_is_to_blame()
    {
        using var seam = new SeamFixture(Policy);
        seam.Peer.Count = FakePeer.SilentAfter(1);
        CallScope.Enter(seam.Time, Ms(1_000), Priority.Interactive);
        await using var items = seam.Seam.StreamAsync(seam.Count, 0, default).GetAsyncEnumerator();
        Assert.True(await items.MoveNextAsync());
        var next = items.MoveNextAsync().AsTask();
        seam.Time.Advance(Ms(990));
        Assert.Contains("the request's time was over", (await FailsAsync(RagError.DeadlineExceeded, next)).Message);
        Assert.Equal(Ms(990), Assert.Single(seam.Peer.Allowed));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_caller_who_goes_stops_it_at_once_by_either_token(bool ofTheCall)
    {
        using var seam = new SeamFixture(Policy);
        var stopped = false;
        seam.Peer.Count = (to, stop) =>
        {
            stop.Register(() => stopped = true);
            return FakePeer.SilentAfter(1)(to, stop);
        };
        using var caller = new CancellationTokenSource();
        var stream = seam.Seam.StreamAsync(seam.Count, 0, ofTheCall ? caller.Token : default);
        await using var items = stream.GetAsyncEnumerator(ofTheCall ? default : caller.Token);
        Assert.True(await items.MoveNextAsync());
        var next = items.MoveNextAsync().AsTask();
        await caller.CancelAsync();
        Assert.True(stopped);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        Assert.Equal((BreakerState.Closed, 0), (seam.State.Breaker, seam.State.InUse));
    }

    [Fact]
    public async Task It_is_retried_before_its_first_item_and_never_after()
    {
        using var seam = new SeamFixture(Policy);
        seam.Peer.Count = (to, stop) => seam.Peer.Calls == 1 ? Failing(0) : FakePeer.Upwards(to, stop);
        Assert.Equal([1, 2], await RetryTests.PassAsync(seam, ReadAsync(seam, 2)));
        Assert.Equal(2, seam.Peer.Calls);
        seam.Peer.Count = (_, _) => Failing(1);
        await FailsAsync(RagError.Unavailable, RetryTests.PassAsync(seam, ReadAsync(seam)));
        Assert.Equal(3, seam.Peer.Calls);
    }

    [Fact]
    public async Task A_call_that_is_not_taken_on_goes_to_another_peer()
    {
        using var seam = new SeamFixture(Policy, peers: 2);
        foreach (var peer in seam.Peers)
        {
            peer.Accepting = () => seam.Peers.Sum(p => p.Calls) > 1;
            peer.Count = (to, stop) => seam.Peers.Sum(p => p.Calls) == 1 ? FakePeer.SilentAfter(0)(to, stop) : FakePeer.Upwards(to, stop);
        }

        var reading = ReadAsync(seam, 3);
        // The clock moves until the second peer is asked, and stands still then: a busy machine must not make that one late as well.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (seam.Peers.Sum(peer => peer.Calls) < 2 && !reading.IsCompleted)
        {
            seam.Time.Advance(Ms(1));
            await Task.Delay(1, patience.Token);
        }

        Assert.Equal([1, 2, 3], await reading.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.All(seam.Peers, peer => Assert.Equal(1, peer.Calls));
    }

    [Fact]
    public async Task A_failure_after_the_first_item_counts_too()
    {
        using var seam = new SeamFixture(Policy);
        seam.Peer.Count = (_, _) => Failing(1);
        for (var i = 0; i < 5; i++)
            await FailsAsync(RagError.Unavailable, ReadAsync(seam));
        Assert.Equal(BreakerState.Open, seam.State.Breaker);
    }

    /// <summary>A frozen service must not hold answers for the whole gap cap once its circuit has told that it is down.</summary>
    [Fact]
    public async Task While_the_circuit_is_open_streams_that_have_fallen_silent_end()
    {
        using var seam = new SeamFixture(Policy with { GapCap = TimeSpan.FromSeconds(60) });
        seam.Peer.Count = FakePeer.SilentAfter(1);
        await using var items = seam.Seam.StreamAsync(seam.Count, 0, default).GetAsyncEnumerator();
        Assert.True(await items.MoveNextAsync());
        var next = items.MoveNextAsync().AsTask();
        seam.Time.Advance(Ms(300));
        var opening = seam.OpenAsync();
        await RetryTests.PassAsync(seam, Done(opening));
        Assert.Equal(BreakerState.Open, seam.State.Breaker);
        await RetryTests.PassAsync(seam, Done(Task.WhenAny(next)));
        Assert.Contains("has fallen silent", (await FailsAsync(RagError.Unavailable, next)).Message);
        Assert.InRange(seam.Time.GetUtcNow() - seam.Time.Start, Ms(500), Ms(5_000));
    }

    [Fact]
    public async Task A_stream_that_goes_on_talking_outlives_an_open_circuit()
    {
        using var seam = new SeamFixture(Policy);
        seam.Peer.Count = FakePeer.Upwards;
        await using var items = seam.Seam.StreamAsync(seam.Count, 100, default).GetAsyncEnumerator();
        Assert.True(await items.MoveNextAsync());
        await RetryTests.PassAsync(seam, Done(seam.OpenAsync()));
        for (var i = 0; i < 50; i++)
        {
            seam.Time.Advance(Ms(10));
            Assert.True(await items.MoveNextAsync());
        }
    }

    [Fact]
    public async Task An_open_circuit_refuses_a_stream_at_its_first_item()
    {
        using var seam = new SeamFixture(Policy);
        await RetryTests.PassAsync(seam, Done(seam.OpenAsync()));
        var calls = seam.Peer.Calls;
        Assert.NotNull((await FailsAsync(RagError.Unavailable, ReadAsync(seam))).RetryAfter);
        Assert.Equal(calls, seam.Peer.Calls);
    }

    private static async Task<List<int>> ReadAsync(SeamFixture seam, int to = 3)
    {
        var items = new List<int>();
        await foreach (var item in seam.Seam.StreamAsync(seam.Count, to, default))
            items.Add(item);
        return items;
    }

    private static async Task<bool> Done(Task task)
    {
        await task;
        return true;
    }

    private static async IAsyncEnumerable<int> Failing(int after)
    {
        for (var i = 1; i <= after; i++)
            yield return i;
        await Task.Yield();
        throw new RagException(RagError.Unavailable, "it broke off");
    }
}
