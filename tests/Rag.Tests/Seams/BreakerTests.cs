using Microsoft.Extensions.Time.Testing;
using Rag.Errors;
using Rag.Seams;
using Xunit;
using static Rag.Tests.Seams.SeamFixture;

namespace Rag.Tests.Seams;

public class BreakerTests
{
    private static readonly TimeSpan Step = Ms(1);

    /// <summary>
    /// Calls at a steady rate for ten minutes of health, then an outage; the time from its start to the circuit's opening. A refused connection fails at once, a
    /// frozen service after the cap. With four seconds looked back on, failures outweigh successes after about two, and at one call a second after the third failure.
    /// </summary>
    [Theory]
    [InlineData(1, 0, 2.1)]
    [InlineData(1, 500, 3.6)]
    [InlineData(1, 2000, 4.6)]
    [InlineData(3, 0, 2.1)]
    [InlineData(3, 500, 2.6)]
    [InlineData(20, 0, 2.3)]
    [InlineData(20, 500, 2.6)]
    [InlineData(20, 2000, 3.4)]
    [InlineData(1000, 0, 2.3)]
    [InlineData(1000, 500, 2.6)]
    [InlineData(1000, 2000, 3.4)]
    public void An_outage_opens_it_well_under_five_seconds_after_a_long_health(int perSecond, int failsAfterMs, double within)
    {
        var opened = SecondsToOpen(perSecond, failsAfterMs, failing: 1);
        Assert.True(opened <= within, $"opened after {opened:0.00} s");
    }

    [Theory]
    [InlineData(3)]
    [InlineData(20)]
    [InlineData(1000)]
    public void Half_of_all_calls_failing_opens_it_and_a_tenth_does_not(int perSecond)
    {
        Assert.InRange(SecondsToOpen(perSecond, 0, failing: 0.6), 0, 4.6);
        Assert.Equal(double.PositiveInfinity, SecondsToOpen(perSecond, 0, failing: 0.1));
    }

    [Fact]
    public async Task An_open_circuit_refuses_at_once_and_says_when_to_come_back()
    {
        using var seam = new SeamFixture();
        await seam.OpenAsync();
        var before = seam.Peer.Calls;
        seam.Time.Advance(Ms(400));
        var call = seam.SayAsync();
        Assert.True(call.IsCompleted);
        var error = await FailsAsync(RagError.Unavailable, call);
        Assert.Equal(Ms(600), error.RetryAfter);
        Assert.True(error.Retried);
        Assert.Equal(before, seam.Peer.Calls);
        Assert.Equal((BreakerState.Open, 1), (seam.State.Breaker, seam.State.Openings));
        Assert.True(seam.Dependencies.IsOpen("embedding"));
        Assert.False(seam.Dependencies.IsOpen("vectors"));
    }

    [Fact]
    public async Task One_probe_goes_and_the_others_are_refused_until_it_has_an_answer()
    {
        using var seam = new SeamFixture();
        await seam.OpenAsync();
        seam.Time.Advance(Ms(1000));
        var answer = new TaskCompletionSource<string>();
        seam.Peer.Say = (_, _) => new ValueTask<string>(answer.Task);
        var before = seam.Peer.Calls;
        var probe = seam.SayAsync();
        Assert.Equal(BreakerState.HalfOpen, seam.State.Breaker);
        for (var i = 0; i < 5; i++)
            await FailsAsync(RagError.Unavailable, seam.SayAsync());
        Assert.Equal(before + 1, seam.Peer.Calls);
        answer.SetResult("back");
        Assert.Equal("back", await probe);
        Assert.Equal(BreakerState.Closed, seam.State.Breaker);
        Assert.Equal("back", await seam.SayAsync());
    }

    // 1 s, doubled, at most 5 s.
    [Fact]
    public async Task Its_pauses_grow_while_probes_fail_and_start_anew_after_a_success()
    {
        using var seam = new SeamFixture();
        await seam.OpenAsync();
        seam.Peer.Say = FakePeer.Down;
        foreach (var pause in new[] { 1, 2, 4, 5, 5 })
        {
            seam.Time.Advance(TimeSpan.FromSeconds(pause) - Step);
            Assert.NotNull((await FailsAsync(RagError.Unavailable, seam.SayAsync())).RetryAfter);
            seam.Time.Advance(Step);
            var calls = seam.Peer.Calls;
            await FailsAsync(RagError.Unavailable, seam.SayAsync());
            Assert.Equal(calls + 1, seam.Peer.Calls);
            Assert.Equal(BreakerState.Open, seam.State.Breaker);
        }

        seam.Time.Advance(TimeSpan.FromSeconds(5));
        seam.Peer.Say = static (text, _) => ValueTask.FromResult(text);
        await seam.SayAsync();
        await seam.OpenAsync();
        Assert.Equal(TimeSpan.FromSeconds(1), (await FailsAsync(RagError.Unavailable, seam.SayAsync())).RetryAfter);
    }

    [Fact]
    public async Task A_probe_whose_caller_goes_leaves_it_open()
    {
        using var seam = new SeamFixture();
        await seam.OpenAsync();
        seam.Time.Advance(Ms(1000));
        seam.Peer.Say = FakePeer.Hang;
        using var caller = new CancellationTokenSource();
        var probe = seam.SayAsync(cancellationToken: caller.Token);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => probe);
        Assert.Equal(BreakerState.Open, seam.State.Breaker);
    }

    [Fact]
    public async Task Stragglers_of_an_outage_say_nothing_about_what_came_after_it()
    {
        using var seam = new SeamFixture(new CallPolicy { Cap = TimeSpan.FromSeconds(30) });
        var hanging = new List<TaskCompletionSource<string>>();
        seam.Peer.Say = (_, _) =>
        {
            hanging.Add(new TaskCompletionSource<string>());
            return new ValueTask<string>(hanging[^1].Task);
        };
        var stragglers = Enumerable.Range(0, 10).Select(_ => seam.SayAsync()).ToList();
        await seam.OpenAsync();
        seam.Time.Advance(Ms(1000));
        seam.Peer.Say = static (text, _) => ValueTask.FromResult(text);
        await seam.SayAsync();
        hanging.ForEach(call => call.SetException(new RagException(RagError.Unavailable, "late news")));
        foreach (var straggler in stragglers)
            await FailsAsync(RagError.Unavailable, straggler);
        Assert.Equal((BreakerState.Closed, 1), (seam.State.Breaker, seam.State.Openings));
    }

    [Theory]
    [InlineData(RagError.Unavailable, true)]
    [InlineData(RagError.DeadlineExceeded, true)]
    [InlineData(null, true)]
    [InlineData(RagError.Overloaded, false)]
    [InlineData(RagError.Throttled, false)]
    [InlineData(RagError.InvalidArgument, false)]
    [InlineData(RagError.NotFound, false)]
    [InlineData(RagError.VersionConflict, false)]
    public async Task Failures_count_and_refusals_do_not(RagError? kind, bool counts)
    {
        using var seam = new SeamFixture();
        seam.Peer.Say = (_, _) => throw (kind is { } error ? new RagException(error, "no") : new InvalidOperationException("nobody has foreseen this"));
        for (var i = 0; i < 10; i++)
            await Assert.ThrowsAnyAsync<Exception>(() => seam.SayAsync());
        Assert.Equal(counts ? BreakerState.Open : BreakerState.Closed, seam.State.Breaker);
    }

    [Fact]
    public async Task What_is_exempt_passes_an_open_circuit()
    {
        using var seam = new SeamFixture();
        await seam.OpenAsync();
        Assert.Equal("look", await seam.Seam.CallAsync(seam.Look, "look", default));
    }

    [Fact]
    public async Task Two_contracts_of_a_service_share_it()
    {
        using var seam = new SeamFixture();
        var call = new UnaryCall<IParrot, string, string>("Other", static (s, r, stop) => s.SayAsync(r, stop), new CallPolicy());
        var peer = new FakePeer();
        var other = new Seam<IParrot>(new Contract<IParrot>("embedding", _ => peer, call), [peer], seam.Dependencies);
        await seam.OpenAsync();
        await FailsAsync(RagError.Unavailable, other.CallAsync(call, "", default).AsTask());
        Assert.Equal(0, peer.Calls);
    }

    // Calls by a plan rather than by tasks: each starts at its time, and its outcome is reported when it is known.
    private static double SecondsToOpen(int perSecond, int failsAfterMs, double failing)
    {
        var time = new FakeTimeProvider();
        var breaker = new Breaker("embedding", new DependencyOptions(), time);
        var chance = new Random(11);
        var pending = new Queue<(double At, BreakerTicket Ticket)>();
        var interval = Math.Max(1, 1000 / perSecond);
        const int Healthy = 600_000;
        for (var at = perSecond >= 1000 ? Healthy - 20_000 : 0; at < Healthy + 30_000; at++)
        {
            while (pending.TryPeek(out var due) && due.At <= at)
                breaker.Report(pending.Dequeue().Ticket, Health.Ill);
            if (breaker.State == BreakerState.Open)
                return (at - Healthy) / 1000.0;
            if (at % interval == 0)
            {
                Assert.True(breaker.TryEnter(out var ticket, out _));
                if (at >= Healthy && chance.NextDouble() < failing)
                    pending.Enqueue((at + failsAfterMs, ticket));
                else
                    breaker.Report(ticket, Health.Well);
            }

            time.Advance(Step);
        }

        return double.PositiveInfinity;
    }
}
