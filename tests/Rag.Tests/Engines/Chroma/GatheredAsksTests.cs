using Rag.Engines.Chroma;
using Xunit;

namespace Rag.Tests.Engines.Chroma;

public class GatheredAsksTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_that_comes_alone_goes_at_once_and_those_that_come_meanwhile_go_together()
    {
        var server = new Server();
        var asks = server.Gather(most: 10, atOnce: 1);
        var first = asks.AskAsync("k", 0, Ct).AsTask();
        var others = Enumerable.Range(1, 5).Select(i => asks.AskAsync("k", i, Ct).AsTask()).ToList();
        server.Calls[0].Reply();
        Assert.Equal(0, await first);
        var second = await server.CallAsync(1);
        Assert.Equal([1, 2, 3, 4, 5], second.Asks);
        second.Reply();
        var replies = await Task.WhenAll(others);
        Assert.Equal([10, 20, 30, 40, 50], replies);
        Assert.Equal(2, server.Calls.Count);
    }

    [Fact]
    public async Task No_call_has_more_than_the_most_and_other_keys_do_not_wait()
    {
        var server = new Server();
        var asks = server.Gather(most: 2, atOnce: 1);
        var all = Enumerable.Range(0, 4).Select(i => asks.AskAsync("k", i, Ct).AsTask()).ToList();
        all.Add(asks.AskAsync("another", 9, Ct).AsTask());
        Assert.Equal([0], server.Calls[0].Asks);
        Assert.Equal([9], server.Calls[1].Asks);
        for (var i = 0; i < 4; i++)
            (await server.CallAsync(i)).Reply();
        var replies = await Task.WhenAll(all);
        Assert.Equal([0, 10, 20, 30, 90], replies);
        Assert.Equal([1, 2], server.Calls[2].Asks);
        Assert.Equal([3], server.Calls[3].Asks);
    }

    [Fact]
    public async Task Who_leaves_in_the_moment_in_which_the_call_ends_harms_nobody()
    {
        // Whose turn it is nobody can say: so often that both come. What a cancellation's callback throws comes out of Cancel; of a timer's it ends the process.
        using var together = new Barrier(2);
        for (var round = 0; round < 2_000; round++)
        {
            var reply = new TaskCompletionSource<IReadOnlyList<int>>();
            var asks = new GatheredAsks<string, int, int>(10, 1, (_, _, _) => new ValueTask<IReadOnlyList<int>>(reply.Task));
            using var leaving = new CancellationTokenSource();
            var asked = asks.AskAsync("k", 1, leaving.Token).AsTask();
            var ending = Task.Run(() =>
            {
                together.SignalAndWait(Ct);
                reply.SetResult([10]);
            }, Ct);
            together.SignalAndWait(Ct);
            leaving.Cancel();
            await ending;
            try
            {
                Assert.Equal(10, await asked);
            }
            catch (OperationCanceledException)
            {
                // It had gone first.
            }
        }
    }

    [Fact]
    public async Task A_call_is_cancelled_when_all_have_gone_and_not_before()
    {
        var server = new Server();
        var asks = server.Gather(most: 10, atOnce: 1);
        using var one = new CancellationTokenSource();
        using var two = new CancellationTokenSource();
        var first = asks.AskAsync("k", 0, Ct).AsTask();
        var leaving = asks.AskAsync("k", 1, one.Token).AsTask();
        var staying = asks.AskAsync("k", 2, two.Token).AsTask();
        server.Calls[0].Reply();
        await first;
        var call = await server.CallAsync(1);
        await one.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        Assert.False(call.Cancellation.IsCancellationRequested);
        await two.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => staying);
        Assert.True(call.Cancellation.IsCancellationRequested);
    }

    [Fact]
    public async Task Who_goes_while_waiting_is_not_asked_for_and_a_failure_reaches_all_and_ends_nothing()
    {
        var server = new Server();
        var asks = server.Gather(most: 10, atOnce: 1);
        using var gone = new CancellationTokenSource();
        var first = asks.AskAsync("k", 0, Ct).AsTask();
        var left = asks.AskAsync("k", 1, gone.Token).AsTask();
        var others = Enumerable.Range(2, 2).Select(i => asks.AskAsync("k", i, Ct).AsTask()).ToList();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        server.Calls[0].Reply();
        await first;
        var call = await server.CallAsync(1);
        Assert.Equal([2, 3], call.Asks);
        call.Fail(new IOException("down"));
        foreach (var other in others)
            await Assert.ThrowsAsync<IOException>(() => other);
        var again = asks.AskAsync("k", 7, Ct).AsTask();
        (await server.CallAsync(2)).Reply();
        Assert.Equal(70, await again);
    }

    private sealed class Server
    {
        private readonly SemaphoreSlim _came = new(0);

        public List<Call> Calls { get; } = [];

        public GatheredAsks<string, int, int> Gather(int most, int atOnce) => new(most, atOnce, async (_, asks, cancellationToken) =>
        {
            var call = new Call(asks, cancellationToken);
            lock (Calls)
                Calls.Add(call);
            _came.Release();
            return await call.Replies;
        });

        public async Task<Call> CallAsync(int number)
        {
            while (true)
            {
                lock (Calls)
                    if (Calls.Count > number)
                        return Calls[number];
                Assert.True(await _came.WaitAsync(TimeSpan.FromSeconds(30), Ct), "no further call came");
            }
        }
    }

    private sealed class Call(IReadOnlyList<int> asks, CancellationToken cancellation)
    {
        private readonly TaskCompletionSource<IReadOnlyList<int>> _replies = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlyList<int> Asks => asks;

        public CancellationToken Cancellation => cancellation;

        public Task<IReadOnlyList<int>> Replies => _replies.Task;

        public void Reply() => _replies.SetResult([.. asks.Select(ask => 10 * ask)]);

        public void Fail(Exception error) => _replies.SetException(error);
    }
}
