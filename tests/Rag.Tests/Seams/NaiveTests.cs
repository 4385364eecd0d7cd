using Rag.Errors;
using Rag.Seams;
using Xunit;
using static Rag.Tests.Seams.SeamFixture;

namespace Rag.Tests.Seams;

/// <summary>What protections are compared with must really be without them.</summary>
public class NaiveTests
{
    private static readonly Dictionary<string, string?> Naive = new() { ["seams:naive"] = "true", ["seams:concurrency"] = "1" };

    [Fact]
    public async Task Every_failure_is_tried_four_times_and_no_circuit_opens()
    {
        using var seam = new SeamFixture(settings: Naive);
        seam.Peer.Say = FakePeer.Down;
        for (var i = 0; i < 10; i++)
            await FailsAsync(RagError.Unavailable, seam.SayAsync());
        Assert.Equal(40, seam.Peer.Calls);
        Assert.Equal(BreakerState.Closed, seam.State.Breaker);
        seam.Peer.Say = (_, _) => throw new RagException(RagError.InvalidArgument, "wrong");
        await FailsAsync(RagError.InvalidArgument, seam.SayAsync());
        Assert.Equal(41, seam.Peer.Calls);
    }

    [Fact]
    public async Task Nothing_ends_a_call_and_nobody_below_hears_of_its_caller()
    {
        using var seam = new SeamFixture(settings: Naive);
        CancellationToken below = default;
        var answer = new TaskCompletionSource<string>();
        seam.Peer.Say = (_, stop) =>
        {
            below = stop;
            return new ValueTask<string>(answer.Task);
        };
        using var caller = new CancellationTokenSource();
        var calls = Enumerable.Range(0, 5).Select(_ => seam.SayWithinAsync(Ms(1), cancellationToken: caller.Token)).ToList();
        await caller.CancelAsync();
        seam.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(5, seam.Peer.Calls);
        Assert.False(below.CanBeCanceled);
        Assert.All(seam.Peer.Allowed, Assert.Null);
        answer.SetResult("at last");
        Assert.All(await Task.WhenAll(calls), reply => Assert.Equal("at last", reply));
    }

    [Fact]
    public async Task A_stream_is_tried_again_before_its_first_item()
    {
        using var seam = new SeamFixture(settings: Naive);
        seam.Peer.Count = (to, stop) => seam.Peer.Calls < 4 ? throw new RagException(RagError.Unavailable, "no") : FakePeer.Upwards(to, stop);
        var items = new List<int>();
        await foreach (var item in seam.Seam.StreamAsync(seam.Count, 3, default))
            items.Add(item);
        Assert.Equal([1, 2, 3], items);
    }
}
