using System.Collections.Concurrent;
using Loadline.Plans;
using Loadline.Targets;
using Loadline.Users;
using Loadline.Wire;
using Microsoft.Extensions.Time.Testing;

namespace Loadline.Tests.Users;

/// <summary>A population in virtual time, against a target that is a function of the moment at which a request is sent.</summary>
internal sealed class VirtualRun
{
    private static readonly TargetProfile Rag = TargetProfileReader.ReadFile(Path.Combine(Targets.TargetProfileReaderTests.Profiles, "rag.yaml"));

    internal VirtualRun(Plan plan, Func<Exchange, Answer> target, TargetProfile? profile = null)
    {
        Clock = new RunClock(Time);
        Wire = new FunctionWire(Clock, target);
        Pauses = new PauseGate(Clock);
        Population = new UserPopulation(plan, profile ?? Rag, [], Wire, Sink, Clock, pauses: Pauses);
    }

    internal FakeTimeProvider Time { get; } = new();

    internal RunClock Clock { get; }

    internal KeptExchanges Sink { get; } = new();

    internal FunctionWire Wire { get; }

    internal UserPopulation Population { get; }

    internal PauseGate Pauses { get; }

    /// <summary>Exchanges in the order in which they were due.</summary>
    internal IReadOnlyList<Exchange> Exchanges => [.. Sink.Exchanges.OrderBy(exchange => exchange.Due)];

    /// <summary>Runs to the end, in steps of 1 ms unless told otherwise.</summary>
    internal void Run(double seconds, double step = 0.001)
    {
        var task = Population.RunAsync(default);
        for (var at = 0.0; at < seconds && !task.IsCompleted; at += step)
            Time.Advance(TimeSpan.FromSeconds(step));
        // What a drained watch or a queued continuation still owes comes from the thread pool.
        if (!task.Wait(TimeSpan.FromSeconds(20)))
            throw new TimeoutException("the population did not end");
    }

    /// <summary>Lets time go on, in steps of 1 ms.</summary>
    internal void Advance(double seconds)
    {
        for (var i = 0; i < seconds * 1000; i++)
            Time.Advance(TimeSpan.FromMilliseconds(1));
    }

    /// <summary>What the target answers.</summary>
    /// <param name="Took">How long it takes.</param>
    /// <param name="Outcome">How it ends.</param>
    /// <param name="Status">The status.</param>
    /// <param name="RetryAfter">Its Retry-After.</param>
    /// <param name="Text">The answer's text.</param>
    internal sealed record Answer(TimeSpan Took, Outcome Outcome = Outcome.Ok, int Status = 200, TimeSpan? RetryAfter = null, string? Text = null);

    internal sealed class FunctionWire(RunClock clock, Func<Exchange, Answer> target) : IWire
    {
        internal ConcurrentQueue<(string User, string Turns, string Question)> Sent { get; } = [];

        public async ValueTask<WireReply> SendAsync(WireRequest request, Exchange exchange, CancellationToken stop)
        {
            exchange.Sent = clock.Now;
            Sent.Enqueue((request.Values.User, request.Values.Turns, request.Values.Question));
            var answer = target(exchange);
            if (answer.Took > TimeSpan.Zero)
                await Task.Delay(answer.Took, clock.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested)
                return default;
            (exchange.End, exchange.Outcome, exchange.Status) = (clock.Now, answer.Outcome, answer.Status);
            return new WireReply(true, answer.RetryAfter, null, []) { Answer = request.KeepAnswer ? answer.Text : null };
        }

        public void Dispose()
        {
        }
    }
}
