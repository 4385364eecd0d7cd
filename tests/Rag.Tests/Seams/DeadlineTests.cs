using Rag.Errors;
using Rag.Seams;
using Xunit;
using static Rag.Tests.Seams.SeamFixture;

namespace Rag.Tests.Seams;

public class DeadlineTests
{
    // allowed = min(cap, remaining − 10 ms); batch work has a cap of its own. −1: none.
    [Theory]
    [InlineData(500, -1, false, 500)]
    [InlineData(500, 2000, false, 500)]
    [InlineData(500, 300, false, 290)]
    [InlineData(500, 510, false, 500)]
    [InlineData(500, 2000, true, 1990)]
    [InlineData(500, -1, true, 30_000)]
    [InlineData(-1, 300, false, 290)]
    [InlineData(-1, -1, false, -1)]
    public async Task A_call_gets_the_least_of_its_cap_and_what_remains_less_a_margin(int cap, int remaining, bool batch, int expected)
    {
        using var seam = new SeamFixture(new CallPolicy { Cap = cap < 0 ? Timeout.InfiniteTimeSpan : Ms(cap) });
        await seam.SayWithinAsync(remaining < 0 ? null : Ms(remaining), batch ? Priority.Batch : Priority.Interactive);
        Assert.Equal(expected < 0 ? null : Ms(expected), Assert.Single(seam.Peer.Allowed));
    }

    [Fact]
    public async Task A_setting_replaces_every_cap_of_a_service()
    {
        using var seam = new SeamFixture(settings: new() { ["seams:embedding:cap_ms"] = "70", ["seams:cap_ms"] = "900" });
        await seam.SayAsync();
        Assert.Equal(Ms(70), Assert.Single(seam.Peer.Allowed));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public async Task What_has_no_time_left_is_never_started(int remaining)
    {
        using var seam = new SeamFixture();
        var error = await FailsAsync(RagError.DeadlineExceeded, seam.SayWithinAsync(Ms(remaining)));
        Assert.Contains("embedding", error.Message);
        Assert.Equal(0, seam.Peer.Calls);
    }

    [Fact]
    public async Task A_stream_that_has_no_time_left_is_never_started()
    {
        using var seam = new SeamFixture();
        CallScope.Enter(seam.Time, Ms(100), Priority.Interactive);
        var items = seam.Seam.StreamAsync(seam.Count, 3, default).GetAsyncEnumerator();
        seam.Time.Advance(Ms(95));
        await FailsAsync(RagError.DeadlineExceeded, items.MoveNextAsync().AsTask());
        Assert.Equal(0, seam.Peer.Calls);
    }

    [Fact]
    public async Task Work_whose_cap_is_over_is_stopped_and_the_service_is_to_blame()
    {
        using var seam = new SeamFixture();
        var stopped = Stopped(seam);
        var call = seam.SayAsync();
        seam.Time.Advance(Ms(499));
        Assert.False(stopped.Task.IsCompleted);
        seam.Time.Advance(Ms(1));
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(20));
        var error = await FailsAsync(RagError.DeadlineExceeded, call);
        Assert.Equal("embedding: no answer to Say within 500 ms, the most that this call may take", error.Message);
        for (var i = 0; i < 2; i++)
        {
            call = seam.SayAsync();
            seam.Time.Advance(Ms(500));
            await FailsAsync(RagError.DeadlineExceeded, call);
        }

        Assert.Equal(BreakerState.Open, seam.State.Breaker);
    }

    [Fact]
    public async Task Work_whose_request_is_over_is_stopped_and_nobody_is_to_blame()
    {
        using var seam = new SeamFixture();
        for (var i = 0; i < 10; i++)
        {
            var stopped = Stopped(seam);
            var call = seam.SayWithinAsync(Ms(100));
            seam.Time.Advance(Ms(90));
            await stopped.Task.WaitAsync(TimeSpan.FromSeconds(20));
            Assert.Contains("the request's time was over", (await FailsAsync(RagError.DeadlineExceeded, call)).Message);
        }

        Assert.Equal(BreakerState.Closed, seam.State.Breaker);
    }

    [Fact]
    public async Task Work_whose_caller_went_is_stopped_and_nobody_is_to_blame()
    {
        using var seam = new SeamFixture();
        for (var i = 0; i < 10; i++)
        {
            using var caller = new CancellationTokenSource();
            var stopped = Stopped(seam);
            var call = seam.SayAsync(cancellationToken: caller.Token);
            await caller.CancelAsync();
            Assert.True(stopped.Task.IsCompleted); // told within the cancellation itself
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        }

        Assert.Equal(BreakerState.Closed, seam.State.Breaker);
        Assert.Equal(0, seam.State.InUse);
    }

    [Fact]
    public async Task A_call_of_a_caller_who_has_gone_is_never_started()
    {
        using var seam = new SeamFixture();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => seam.SayAsync(cancellationToken: new CancellationToken(true)));
        Assert.Equal(0, seam.Peer.Calls);
    }

    /// <summary>Tokens are pooled: one call's end must not be seen by the next.</summary>
    [Fact]
    public async Task A_calls_end_never_reaches_another_call()
    {
        using var dependencies = new Dependencies(SeamOptions.Default, TimeProvider.System, 1);
        var peer = new FakePeer();
        var say = new UnaryCall<IParrot, string, string>("Say", static (s, r, stop) => s.SayAsync(r, stop), new CallPolicy { Cap = TimeSpan.FromSeconds(30) });
        var seam = new Seam<IParrot>(new Contract<IParrot>("embedding", _ => peer, say), [peer], dependencies);
        peer.Say = static async (text, stop) =>
        {
            await Task.Yield();
            return stop.IsCancellationRequested ? "stopped" : text;
        };
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; i < 2_000; i++)
            {
                using var caller = new CancellationTokenSource();
                Assert.Equal($"{worker}.{i}", await seam.CallAsync(say, $"{worker}.{i}", caller.Token));
                await caller.CancelAsync();
            }
        })));
    }

    private static TaskCompletionSource Stopped(SeamFixture seam)
    {
        var stopped = new TaskCompletionSource();
        seam.Peer.Say = async (text, stop) =>
        {
            stop.Register(() => stopped.TrySetResult());
            return await FakePeer.Hang(text, stop);
        };
        return stopped;
    }
}
