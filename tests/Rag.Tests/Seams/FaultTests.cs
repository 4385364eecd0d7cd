using Microsoft.Extensions.Time.Testing;
using Rag.Errors;
using Rag.Seams;
using Rag.Seams.Faults;
using Xunit;
using static Rag.Tests.Seams.SeamFixture;

namespace Rag.Tests.Seams;

public sealed class FaultTests : IDisposable
{
    private static readonly Dictionary<string, IReadOnlyList<string>> Targets = new() { ["embedding"] = ["Say", "Count"], ["vectors"] = ["Search"] };

    private readonly FakeTimeProvider _time = new();
    private readonly FaultBoard _board;
    private readonly LocalPeer<IParrot> _door;
    private readonly FakePeer _service = new();
    private readonly UnaryCall<IParrot, string, string> _say = new("Say", static (s, r, stop) => s.SayAsync(r, stop), new CallPolicy());
    private readonly StreamCall<IParrot, int, int> _count = new("Count", static (s, r, stop) => s.CountAsync(r, stop), new CallPolicy());
    private bool _reached;

    public FaultTests()
    {
        _board = new FaultBoard(Targets, _time, seed: 5);
        _ = new Contract<IParrot>("embedding", _ => _service, _say, _count);
        _service.Say = (text, _) =>
        {
            _reached = true;
            return ValueTask.FromResult(text);
        };
        _door = new LocalPeer<IParrot>(_service, _board);
    }

    public void Dispose() => _board.Dispose();

    [Fact]
    public async Task Latency_delays_a_call()
    {
        await ApplyAsync(FaultKind.Latency, spec => spec with { Latency = Ms(200), Jitter = Ms(50) });
        var waits = new List<double>();
        for (var i = 0; i < 50; i++)
        {
            var (call, started) = (SayAsync(), _time.GetUtcNow());
            while (!call.IsCompleted)
            {
                Assert.False(_reached);
                _time.Advance(Ms(1));
                for (var turn = 0; turn < 5; turn++)
                    await Task.Yield();
            }

            waits.Add((_time.GetUtcNow() - started).TotalMilliseconds);
            _reached = false;
        }

        Assert.InRange(waits.Min(), 150, 170);
        Assert.InRange(waits.Max(), 230, 265); // and some turns until the continuation has run
    }

    [Theory]
    [InlineData(null, RagError.Unavailable)]
    [InlineData(RagError.Overloaded, RagError.Overloaded)]
    public async Task An_error_comes_before_anything_is_done(RagError? given, RagError expected)
    {
        var lease = await ApplyAsync(FaultKind.Error, spec => spec with { Error = given });
        Assert.Contains(lease.Id, (await FailsAsync(expected, SayAsync())).Message);
        Assert.False(_reached);
    }

    [Fact]
    public async Task A_refused_call_looks_like_a_closed_port()
    {
        await ApplyAsync(FaultKind.Refuse);
        var error = await FailsAsync(RagError.Unavailable, SayAsync());
        Assert.IsType<System.Net.Sockets.SocketException>(error.InnerException);
    }

    [Fact]
    public async Task A_hanging_call_stands_still_until_the_fault_ends_and_then_goes_on()
    {
        await ApplyAsync(FaultKind.Hang);
        var call = SayAsync();
        _time.Advance(Ms(29_999));
        Assert.False(call.IsCompleted);
        _time.Advance(Ms(1));
        Assert.Equal("hello", await call.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task A_hanging_call_obeys_its_caller()
    {
        await ApplyAsync(FaultKind.Hang);
        using var caller = new CancellationTokenSource();
        var call = _door.CallAsync(_say, "hello", null, caller.Token).AsTask();
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.False(_reached);
    }

    [Fact]
    public async Task A_cut_stream_breaks_off_after_its_items()
    {
        await ApplyAsync(FaultKind.Cut, spec => spec with { Items = 2 });
        var items = new List<int>();
        var error = await Assert.ThrowsAsync<RagException>(async () =>
        {
            await foreach (var item in _door.StreamAsync(_count, 5, null, null, default))
                items.Add(item);
        });
        Assert.Equal(RagError.Unavailable, error.Error);
        Assert.Equal([1, 2], items);
        Assert.Equal("hello", await SayAsync());
    }

    [Fact]
    public async Task A_hanging_stream_is_not_taken_on()
    {
        await ApplyAsync(FaultKind.Hang);
        var accepted = false;
        await using var items = _door.StreamAsync(_count, 5, null, () => accepted = true, default).GetAsyncEnumerator();
        var first = items.MoveNextAsync().AsTask();
        Assert.False(accepted);
        await _board.EndAllAsync(default);
        Assert.True(await first.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.True(accepted);
    }

    [Fact]
    public async Task A_share_of_calls_meets_it()
    {
        await ApplyAsync(FaultKind.Error, spec => spec with { Share = 0.3 });
        var failed = 0;
        for (var i = 0; i < 1_000; i++)
            failed += await FailedAsync() ? 1 : 0;
        Assert.InRange(failed, 250, 350);
    }

    [Theory]
    [InlineData("Say", true)]
    [InlineData("Count", false)]
    [InlineData(null, true)]
    public async Task A_fault_is_for_one_call_or_for_all(string? call, bool meets)
    {
        await ApplyAsync(FaultKind.Error, spec => spec with { Call = call });
        Assert.Equal(meets, await FailedAsync());
    }

    [Fact]
    public async Task It_ends_by_itself_or_early_or_with_all_others()
    {
        var first = await ApplyAsync(FaultKind.Error);
        var second = await ApplyAsync(FaultKind.Error);
        await ApplyAsync(FaultKind.Refuse);
        Assert.Equal(Ms(30_000), first.Ends - first.Started);
        Assert.Equal(3, (await _board.ListAsync(default)).Count);
        Assert.True(await _board.EndAsync(second.Id, default));
        Assert.False(await _board.EndAsync(second.Id, default));
        Assert.Equal(2, await _board.EndAllAsync(default));
        Assert.False(await FailedAsync());

        await ApplyAsync(FaultKind.Error);
        _time.Advance(Ms(29_999));
        Assert.True(await FailedAsync());
        _time.Advance(Ms(1));
        Assert.False(await FailedAsync());
        Assert.True(_board.IsQuiet);
        Assert.Empty(await _board.ListAsync(default));
    }

    [Fact]
    public async Task All_mistakes_of_a_spec_are_told_at_once()
    {
        var spec = new FaultSpec
        {
            Service = "embeding",
            Kind = FaultKind.Cut,
            For = TimeSpan.FromMinutes(16),
            Share = 1.5,
            Latency = Ms(5),
            Error = RagError.NotFound,
        };
        var error = await Assert.ThrowsAsync<RagException>(async () => await _board.ApplyAsync(spec, default));
        Assert.Equal(
            "service: 'embeding' is not known here; known are embedding, vectors; for: 960 s is not permitted; expected more than 0 s, at most 15 m; "
            + "share: 1.5 is not permitted; expected more than 0, at most 1; items: is required for the kind cut: after how many items the stream breaks off; "
            + "latency_ms: belongs to the kind latency; error: belongs to the kind error",
            error.Message);
        error = await Assert.ThrowsAsync<RagException>(async () => await ApplyAsync(FaultKind.Error, s => s with { Call = "Sing" }));
        Assert.Equal("call: 'Sing' is no call of embedding; its calls are Say, Count", error.Message);
    }

    [Fact]
    public async Task Their_number_is_bounded()
    {
        for (var i = 0; i < 64; i++)
            await ApplyAsync(FaultKind.Refuse);
        Assert.Equal(RagError.Overloaded, (await Assert.ThrowsAsync<RagException>(async () => await ApplyAsync(FaultKind.Refuse))).Error);
    }

    private ValueTask<FaultLease> ApplyAsync(FaultKind kind, Func<FaultSpec, FaultSpec>? with = null)
    {
        var spec = new FaultSpec { Service = "embedding", Kind = kind, For = Ms(30_000) };
        return _board.ApplyAsync(with?.Invoke(spec) ?? spec, default);
    }

    private async Task<string> SayAsync() => await _door.CallAsync(_say, "hello", null, default);

    private async Task<bool> FailedAsync()
    {
        try
        {
            await SayAsync();
            return false;
        }
        catch (RagException)
        {
            return true;
        }
    }
}
