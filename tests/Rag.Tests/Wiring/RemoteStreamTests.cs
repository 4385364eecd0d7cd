using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Rag.Errors;
using Rag.Host.Wiring.Remote;
using Xunit;

namespace Rag.Tests.Wiring;

/// <summary>A call with a stream of items, to a host of its own.</summary>
public sealed class RemoteStreamTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private readonly Probe _probe = new();
    private readonly Channel<int> _items = Channel.CreateUnbounded<int>();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    public async Task Every_item_arrives_in_order(int count)
    {
        await using var server = await ProbeServer.StartAsync(_probe, "http://127.0.0.1:0");
        Assert.Equal(Enumerable.Range(0, count), await server.Peer.StreamAsync(Probe.Count, count, null, null, default).ToListAsync());
    }

    [Fact]
    public async Task A_call_is_accepted_before_its_first_item_and_a_lone_item_comes_at_once()
    {
        await using var server = await ProbeServer.StartAsync(_probe, "http://127.0.0.1:0");
        _probe.OnCount = (_, stop) => Probe.Written(_items.Reader, stop);
        var accepted = new TaskCompletionSource();
        await using var items = server.Peer.StreamAsync(Probe.Count, 0, null, () => accepted.TrySetResult(), default).GetAsyncEnumerator();
        var first = items.MoveNextAsync().AsTask();
        await accepted.Task.WaitAsync(Soon);
        Assert.False(first.IsCompleted);
        for (var i = 0; i < 3; i++)
        {
            _items.Writer.TryWrite(i);
            Assert.True(await (i == 0 ? first : items.MoveNextAsync().AsTask()).WaitAsync(Soon));
            Assert.Equal(i, items.Current);
        }

        _items.Writer.Complete();
        Assert.False(await items.MoveNextAsync());
    }

    [Fact]
    public async Task A_failure_comes_after_the_items_before_it()
    {
        await using var server = await ProbeServer.StartAsync(_probe, "http://127.0.0.1:0");
        _probe.OnCount = (_, _) => Failing();
        var got = new List<int>();
        var error = await Assert.ThrowsAsync<RagException>(async () =>
        {
            await foreach (var item in server.Peer.StreamAsync(Probe.Count, 0, null, null, default))
                got.Add(item);
        });
        Assert.Equal(RagError.Overloaded, error.Error);
        Assert.Equal([1, 2], got);

        static async IAsyncEnumerable<int> Failing()
        {
            yield return 1;
            yield return 2;
            await Task.CompletedTask;
            throw new RagException(RagError.Overloaded, "full");
        }
    }

    [Fact]
    public async Task When_the_reader_leaves_early_the_far_side_stops()
    {
        await using var server = await ProbeServer.StartAsync(_probe, "http://127.0.0.1:0");
        _probe.OnCount = (_, stop) => OneThenWait(stop);
        await foreach (var item in server.Peer.StreamAsync(Probe.Count, 0, null, null, default))
            break;
        await _probe.Stopped.Task.WaitAsync(Soon);
    }

    [Fact]
    public async Task When_the_caller_goes_the_far_side_stops_and_the_failure_is_the_callers_going()
    {
        await using var server = await ProbeServer.StartAsync(_probe, "http://127.0.0.1:0");
        _probe.OnCount = (_, stop) => OneThenWait(stop);
        using var caller = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var item in server.Peer.StreamAsync(Probe.Count, 0, null, null, caller.Token))
                await caller.CancelAsync();
        });
        await _probe.Stopped.Task.WaitAsync(Soon);
    }

    [Fact]
    public async Task A_peer_that_dies_on_the_way_is_unavailable()
    {
        await using var server = await ProbeServer.StartAsync(_probe, "http://127.0.0.1:0");
        _probe.OnCount = (_, stop) => OneThenWait(stop);
        var error = await Assert.ThrowsAsync<RagException>(async () =>
        {
            await foreach (var item in server.Peer.StreamAsync(Probe.Count, 0, null, null, default))
                _ = server.StopNowAsync();
        });
        Assert.Equal(RagError.Unavailable, error.Error);
    }

    [Fact]
    public async Task What_is_there_together_comes_together_and_never_more_than_the_most()
    {
        for (var i = 0; i < 5; i++)
            _items.Writer.TryWrite(i);
        await using var reader = new BatchReader<int>(Probe.Written(_items.Reader, default), 3, default);
        Assert.Equal([0, 1, 2], (await reader.ReadAsync())!);
        Assert.Equal([3, 4], (await reader.ReadAsync())!);
        var next = reader.ReadAsync();
        Assert.False(next.IsCompleted);
        _items.Writer.TryWrite(5);
        Assert.Equal([5], (await next)!);
        _items.Writer.Complete();
        Assert.Null(await reader.ReadAsync());
        Assert.Null(await reader.ReadAsync());
    }

    private async IAsyncEnumerable<int> OneThenWait([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return 1;
        await _probe.WaitAsync(cancellationToken);
    }
}
