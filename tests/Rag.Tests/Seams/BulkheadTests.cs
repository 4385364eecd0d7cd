using Microsoft.Extensions.Time.Testing;
using Rag.Errors;
using Rag.Seams;
using Xunit;
using static Rag.Tests.Seams.SeamFixture;

namespace Rag.Tests.Seams;

public class BulkheadTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_queue_is_ordered_by_urgency_and_then_by_arrival()
    {
        var bulkhead = new Bulkhead("embedding", new DependencyOptions { Concurrency = 1 }, _time);
        Assert.True(bulkhead.TryEnter());
        var order = new List<string>();
        Priority[] arrivals = [Priority.Reindexing, Priority.Batch, Priority.Interactive, Priority.Batch, Priority.Interactive];
        for (var i = 0; i < arrivals.Length; i++)
            _ = EnterAsync($"{arrivals[i]} {i}", arrivals[i]);
        Assert.Equal(5, bulkhead.Waiting);
        for (var i = 1; i <= arrivals.Length; i++)
        {
            bulkhead.Leave(Ms(1));
            await UntilAsync(() => order.Count == i);
        }

        Assert.Equal(["Interactive 2", "Interactive 4", "Batch 1", "Batch 3", "Reindexing 0"], order);
        Assert.Equal((1, 0), (bulkhead.InUse, bulkhead.Waiting));

        async Task EnterAsync(string name, Priority priority)
        {
            await bulkhead.EnterAsync(priority, null, default);
            order.Add(name);
        }
    }

    // Two places, 100 ms each: the n-th in the queue waits n × 100 ms ÷ 2, so six fit into 300 ms and the seventh doesn't.
    [Fact]
    public async Task At_most_300_ms_of_work_waits_and_what_comes_after_is_refused_at_once()
    {
        var bulkhead = Full(2, Ms(100));
        var waiting = Enumerable.Range(0, 6).Select(_ => bulkhead.EnterAsync(Priority.Interactive, null, default).AsTask()).ToList();
        Assert.All(waiting, entry => Assert.False(entry.IsCompleted));
        var refused = bulkhead.EnterAsync(Priority.Interactive, null, default).AsTask();
        Assert.True(refused.IsCompleted);
        Assert.Equal(Ms(350), (await FailsAsync(RagError.Overloaded, refused)).RetryAfter);
        Assert.Equal((6, 1L), (bulkhead.Waiting, bulkhead.Refused));
    }

    [Fact]
    public async Task Urgent_work_does_not_wait_for_what_is_less_urgent()
    {
        var bulkhead = Full(2, Ms(100));
        for (var i = 0; i < 6; i++)
            _ = bulkhead.EnterAsync(Priority.Batch, null, default).AsTask();
        await FailsAsync(RagError.Overloaded, bulkhead.EnterAsync(Priority.Batch, null, default).AsTask());
        Assert.False(bulkhead.EnterAsync(Priority.Interactive, null, default).AsTask().IsCompleted);
    }

    [Fact]
    public async Task A_full_queue_makes_room_for_what_is_more_urgent_only()
    {
        var bulkhead = Full(1, TimeSpan.FromTicks(1), limit: 2);
        var first = bulkhead.EnterAsync(Priority.Batch, null, default).AsTask();
        var second = bulkhead.EnterAsync(Priority.Batch, null, default).AsTask();
        await FailsAsync(RagError.Overloaded, bulkhead.EnterAsync(Priority.Batch, null, default).AsTask());
        var urgent = bulkhead.EnterAsync(Priority.Interactive, null, default).AsTask();
        await FailsAsync(RagError.Overloaded, second);
        Assert.False(first.IsCompleted || urgent.IsCompleted);
        Assert.Equal(2, bulkhead.Waiting);
    }

    [Fact]
    public async Task What_has_waited_for_the_longest_time_is_refused()
    {
        var bulkhead = Full(1, TimeSpan.FromTicks(1));
        var waiting = bulkhead.EnterAsync(Priority.Interactive, null, default).AsTask();
        _time.Advance(Ms(299));
        Assert.False(waiting.IsCompleted);
        _time.Advance(Ms(1));
        await FailsAsync(RagError.Overloaded, waiting);
        Assert.Equal((0, 1L), (bulkhead.Waiting, bulkhead.Dropped));
    }

    [Fact]
    public async Task What_has_expired_in_the_queue_or_lost_its_caller_is_dropped_and_never_started()
    {
        using var seam = new SeamFixture(settings: new() { ["seams:embedding:concurrency"] = "1" });
        var answer = new TaskCompletionSource<string>();
        seam.Peer.Say = (_, _) => new ValueTask<string>(answer.Task);
        using var caller = new CancellationTokenSource();
        var running = seam.SayAsync();
        var expiring = seam.SayWithinAsync(Ms(100));
        var leaving = seam.SayAsync(cancellationToken: caller.Token);
        var staying = seam.SayAsync();
        Assert.Equal((1, 3), (seam.State.InUse, seam.State.Waiting));
        seam.Time.Advance(Ms(90));
        await FailsAsync(RagError.DeadlineExceeded, expiring);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        Assert.Equal((1, 1), (seam.State.InUse, seam.State.Waiting));
        answer.SetResult("done");
        Assert.Equal(["done", "done"], await Task.WhenAll(running, staying));
        Assert.Equal(2, seam.Peer.Calls);
        Assert.Equal((0, 0), (seam.State.InUse, seam.State.Waiting));
    }

    [Fact]
    public async Task A_cap_runs_from_the_start_and_not_from_the_queue()
    {
        using var seam = new SeamFixture(settings: new() { ["seams:concurrency"] = "1" });
        var first = new TaskCompletionSource<string>();
        seam.Peer.Say = (text, stop) => text == "first" ? new ValueTask<string>(first.Task) : FakePeer.Hang(text, stop);
        var running = seam.SayAsync("first");
        var waiting = seam.SayAsync("second");
        seam.Time.Advance(Ms(200));
        first.SetResult("");
        await running;
        await UntilAsync(() => seam.Peer.Calls == 2);
        seam.Time.Advance(Ms(499));
        Assert.False(waiting.IsCompleted);
        seam.Time.Advance(Ms(1));
        await FailsAsync(RagError.DeadlineExceeded, waiting);
    }

    [Fact]
    public async Task What_is_exempt_needs_no_room()
    {
        using var seam = new SeamFixture(settings: new() { ["seams:concurrency"] = "1" });
        seam.Peer.Say = (text, stop) => text == "look" ? ValueTask.FromResult(text) : FakePeer.Hang(text, stop);
        _ = seam.SayAsync();
        Assert.Equal("look", await seam.Seam.CallAsync(seam.Look, "look", default));
        Assert.Equal(1, seam.State.InUse);
    }

    [Fact]
    public async Task However_calls_come_and_go_no_place_is_lost_and_none_is_given_twice()
    {
        var bulkhead = new Bulkhead("embedding", new DependencyOptions { Concurrency = 3, QueueTime = TimeSpan.FromSeconds(10) }, TimeProvider.System);
        var (inside, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(worker => Task.Run(async () =>
        {
            var chance = new Random(worker);
            for (var i = 0; i < 500; i++)
            {
                using var caller = new CancellationTokenSource();
                var entry = bulkhead.TryEnter() ? Task.CompletedTask : bulkhead.EnterAsync((Priority)chance.Next(3), null, caller.Token).AsTask();
                if (chance.Next(4) == 0)
                    await caller.CancelAsync();
                try
                {
                    await entry;
                }
                catch (OperationCanceledException)
                {
                    continue;
                }

                InterlockedMax(ref most, Interlocked.Increment(ref inside));
                await Task.Yield();
                Interlocked.Decrement(ref inside);
                bulkhead.Leave(TimeSpan.FromTicks(1));
            }
        })));
        Assert.Equal((0, 0, 0), (inside, bulkhead.InUse, bulkhead.Waiting));
        Assert.InRange(most, 1, 3);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref most)) < value && Interlocked.CompareExchange(ref most, value, seen) != seen)
        {
        }
    }

    private static async Task UntilAsync(Func<bool> seen)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!seen())
        {
            Assert.False(limit.IsCancellationRequested, "not within 20 s");
            await Task.Yield();
        }
    }

    private Bulkhead Full(int concurrency, TimeSpan mean, int limit = 1_024)
    {
        var bulkhead = new Bulkhead("embedding", new DependencyOptions { Concurrency = concurrency, QueueLimit = limit }, _time);
        Assert.True(bulkhead.TryEnter());
        bulkhead.Leave(mean);
        for (var i = 0; i < concurrency; i++)
            Assert.True(bulkhead.TryEnter());
        return bulkhead;
    }
}
