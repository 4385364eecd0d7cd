using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Time.Testing;
using Rag.Errors;
using Rag.Seams;
using Xunit;

namespace Rag.Tests.Seams;

/// <summary>A service to be called through a seam; what its calls do is up to the test.</summary>
internal interface IParrot
{
    ValueTask<string> SayAsync(string text, CancellationToken cancellationToken);

    IAsyncEnumerable<int> CountAsync(int to, CancellationToken cancellationToken);
}

/// <summary>One place where the service runs, as the test has it.</summary>
internal sealed class FakePeer(string address = "one") : IPeer<IParrot>, IParrot
{
    private int _calls;

    public string Address => address;

    /// <summary>How often it was called.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>The time that each call was given.</summary>
    public ConcurrentQueue<TimeSpan?> Allowed { get; } = new();

    public Func<string, CancellationToken, ValueTask<string>> Say { get; set; } = static (text, _) => ValueTask.FromResult(text);

    public Func<int, CancellationToken, IAsyncEnumerable<int>> Count { get; set; } = Upwards;

    /// <summary>Whether it says that it took streams on.</summary>
    public bool Accepts { set => Accepting = () => value; }

    /// <summary>The same, asked with each call.</summary>
    public Func<bool> Accepting { get; set; } = static () => true;

    public ValueTask<string> SayAsync(string text, CancellationToken cancellationToken) => Say(text, cancellationToken);

    public IAsyncEnumerable<int> CountAsync(int to, CancellationToken cancellationToken) => Count(to, cancellationToken);

    public ValueTask<TReply> CallAsync<TRequest, TReply>(UnaryCall<IParrot, TRequest, TReply> call, TRequest request, TimeSpan? allowed, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        Allowed.Enqueue(allowed);
        return call.InvokeAsync(this, request, cancellationToken);
    }

    public IAsyncEnumerable<TItem> StreamAsync<TRequest, TItem>(
        StreamCall<IParrot, TRequest, TItem> call, TRequest request, TimeSpan? allowed, Action? accepted, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        Allowed.Enqueue(allowed);
        if (Accepting())
            accepted?.Invoke();
        return call.Invoke(this, request, cancellationToken);
    }

    /// <summary>Never answers, and obeys its token.</summary>
    public static async ValueTask<string> Hang(string text, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return text;
    }

    /// <summary>Can't be reached.</summary>
    public static ValueTask<string> Down(string text, CancellationToken cancellationToken) =>
        ValueTask.FromException<string>(new RagException(RagError.Unavailable, "nobody is there"));

    public static async IAsyncEnumerable<int> Upwards(int to, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var i = 1; i <= to; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
            yield return i;
        }
    }

    /// <summary>Gives some numbers, then nothing, and obeys its token.</summary>
    public static Func<int, CancellationToken, IAsyncEnumerable<int>> SilentAfter(int items)
    {
        return Stream;

        async IAsyncEnumerable<int> Stream(int to, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            for (var i = 1; i <= items; i++)
                yield return i;
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }
}

/// <summary>A seam before fake peers, on a clock that the test moves.</summary>
internal sealed class SeamFixture : IDisposable
{
    public SeamFixture(CallPolicy? policy = null, Dictionary<string, string?>? settings = null, int peers = 1)
    {
        policy ??= new CallPolicy();
        Say = new UnaryCall<IParrot, string, string>("Say", static (s, r, stop) => s.SayAsync(r, stop), policy);
        Count = new StreamCall<IParrot, int, int>("Count", static (s, r, stop) => s.CountAsync(r, stop), policy);
        Look = new UnaryCall<IParrot, string, string>("Look", static (s, r, stop) => s.SayAsync(r, stop), CallPolicy.Watch);
        var contract = new Contract<IParrot>("embedding", _ => throw new NotSupportedException(), Say, Count, Look);
        var options = SeamOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(settings ?? []).Build());
        Dependencies = new Dependencies(options, Time, seed: 7);
        Peers = [.. Enumerable.Range(1, peers).Select(i => new FakePeer($"peer {i}"))];
        Seam = new Seam<IParrot>(contract, Peers, Dependencies);
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public UnaryCall<IParrot, string, string> Say { get; }

    public UnaryCall<IParrot, string, string> Look { get; }

    public StreamCall<IParrot, int, int> Count { get; }

    public Dependencies Dependencies { get; }

    public Seam<IParrot> Seam { get; }

    public IReadOnlyList<FakePeer> Peers { get; }

    public FakePeer Peer => Peers[0];

    public DependencyState State => Assert.Single(Dependencies.States);

    public static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    public Task<string> SayAsync(string text = "hello", CancellationToken cancellationToken = default) => Seam.CallAsync(Say, text, cancellationToken).AsTask();

    /// <summary>A call within a request.</summary>
    public async Task<string> SayWithinAsync(TimeSpan? allowed, Priority priority = Priority.Interactive, CancellationToken cancellationToken = default)
    {
        CallScope.Enter(Time, allowed, priority);
        return await Seam.CallAsync(Say, "hello", cancellationToken);
    }

    /// <summary>Calls that fail until the circuit opens.</summary>
    public async Task OpenAsync()
    {
        var before = Peers.Select(p => p.Say).ToList();
        foreach (var peer in Peers)
            peer.Say = FakePeer.Down;
        for (var i = 0; State.Breaker != BreakerState.Open; i++)
        {
            Assert.InRange(i, 0, 20);
            await FailsAsync(RagError.Unavailable, SayAsync());
        }

        foreach (var (peer, say) in Peers.Zip(before))
            peer.Say = say;
    }

    public static async Task<RagException> FailsAsync(RagError expected, Task call)
    {
        var error = await Assert.ThrowsAsync<RagException>(() => call.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(expected, error.Error);
        return error;
    }

    public void Dispose() => Dependencies.Dispose();
}
