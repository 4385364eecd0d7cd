using System.Collections.Concurrent;
using Rag.Errors;

namespace Rag.Seams;

/// <summary>
/// What this process knows of one service that it calls, whichever of its contracts is spoken: breaker, bulkhead, budgets, counts. One per service and process.
/// </summary>
internal sealed class Dependency : IDisposable
{
    // A probe of work that nobody waits for doesn't hold the circuit half-open for as long as such work may take.
    private static readonly TimeSpan ProbeCap = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, CallMeter> _calls = new();
    private readonly ConcurrentBag<Func<int>> _peersOut = [];
    private readonly SeamMetrics _metrics;
    private readonly Budget _retries;
    private readonly Budget _hedges;
    private long _retried;
    private long _hedged;
    private long _refusedOpen;
    private long _refusedExpired;

    public Dependency(string service, SeamOptions options, SeamMetrics metrics, TimeProvider time, Chance chance)
    {
        (Service, Options, Naive, Time, Chance, _metrics) = (service, options.Of(service), options.Naive, time, chance, metrics);
        Breaker = new Breaker(service, Options, time);
        Bulkhead = new Bulkhead(service, Options, time);
        Streams = new StreamWatch(Breaker, time);
        _retries = new Budget(Options.RetryPercent);
        _hedges = new Budget(Options.HedgePercent);
    }

    public string Service { get; }

    public DependencyOptions Options { get; }

    /// <summary>Whether protections are off.</summary>
    public bool Naive { get; }

    public TimeProvider Time { get; }

    public Chance Chance { get; }

    public Breaker Breaker { get; }

    public Bulkhead Bulkhead { get; }

    /// <summary>Watches the streams in flight.</summary>
    public StreamWatch Streams { get; }

    public IEnumerable<CallMeter> Calls => _calls.Values;

    public long Retries => Volatile.Read(ref _retried);

    public long Hedges => Volatile.Read(ref _hedged);

    public long RefusedOpen => Volatile.Read(ref _refusedOpen);

    public long RefusedExpired => Volatile.Read(ref _refusedExpired);

    /// <summary>How many peers are left out.</summary>
    public int PeersOut => _peersOut.Sum(count => count());

    /// <summary>The meter of a call.</summary>
    public CallMeter Meter(Call call) => _calls.GetOrAdd(call.Name, static (name, service) => new CallMeter(service, name), Service);

    /// <summary>Counts the peers of one contract that are left out.</summary>
    public void Watch(Func<int> peersOut) => _peersOut.Add(peersOut);

    /// <summary>How long a call may take from now.</summary>
    public Allowance Allow(CallPolicy policy, Priority priority, TimeSpan? remaining, in BreakerTicket? ticket)
    {
        var cap = Options.Cap is { } own && policy.Cap > TimeSpan.Zero ? own : policy.Cap;
        if (priority != Priority.Interactive && (policy.BatchCap > cap || policy.BatchCap < TimeSpan.Zero))
            cap = ticket?.Probe is null ? policy.BatchCap : cap > ProbeCap ? cap : ProbeCap;
        return Allowance.Of(cap, remaining);
    }

    /// <summary>Asks whether a call may go on: is there time, is the circuit closed? One that may must be settled.</summary>
    public bool TryAdmit(Call call, TimeSpan? remaining, out BreakerTicket ticket, out Judgement refusal)
    {
        (ticket, refusal) = (default, default);
        if (remaining <= Allowance.Margin)
        {
            refusal = TooLate(call);
            return false;
        }

        if (Breaker.TryEnter(out ticket, out var after))
            return true;
        Interlocked.Increment(ref _refusedOpen);
        refusal = new Judgement(CallOutcome.Open, new RagException(
            RagError.Unavailable, $"{Service} has failed lately and is left alone for a moment; try again later", after)
        { Retried = true });
        return false;
    }

    /// <summary>The refusal of a call that there is no time to start.</summary>
    public Judgement TooLate(Call call)
    {
        Interlocked.Increment(ref _refusedExpired);
        return new Judgement(CallOutcome.Expired, new RagException(RagError.DeadlineExceeded, $"{Service}: no time is left of the request to start {call.Name}"));
    }

    /// <summary>A call has ended, or was refused: gives back its place, tells the breaker, counts it.</summary>
    /// <param name="passage">The call.</param>
    /// <param name="end">Its end.</param>
    /// <param name="isStarted">Whether it is a stream whose first item has been told of by <see cref="Started"/>.</param>
    public void Settle(in Passage passage, in Judgement end, bool isStarted = false)
    {
        var now = Time.GetTimestamp();
        if (passage.Entered != 0)
            Bulkhead.Leave(Time.GetElapsedTime(passage.Entered, now));
        if (passage.Ticket is { } ticket && (!isStarted || end.Health == Health.Ill))
            Breaker.Report(ticket, end.Health);
        passage.Meter.Count(end.Outcome);
        if (!isStarted && end.Outcome is not (CallOutcome.Full or CallOutcome.Open))
            _metrics.Took(passage.Meter, Time.GetElapsedTime(passage.Started, now));
    }

    /// <summary>A stream's first item has come: the breaker judges by that, and by a failure later on.</summary>
    public void Started(in Passage passage)
    {
        if (passage.Ticket is { } ticket)
            Breaker.Report(ticket, Health.Well);
        _metrics.Took(passage.Meter, Time.GetElapsedTime(passage.Started));
    }

    /// <summary>Counts a retry that nobody asked the budget about.</summary>
    public void RetriedNaively() => Interlocked.Increment(ref _retried);

    /// <summary>Counts a call that may be tried again or hedged.</summary>
    public void Earn(CallPolicy policy)
    {
        if (policy.Retry)
            _retries.Earn();
        if (policy.Hedge)
            _hedges.Earn();
    }

    /// <summary>When a failed call is to be tried again; null when it isn't.</summary>
    /// <param name="policy">The call's.</param>
    /// <param name="failure">How it failed.</param>
    /// <param name="left">What is left of the call's time; null for ever.</param>
    public TimeSpan? Retry(CallPolicy policy, in Judgement failure, TimeSpan? left)
    {
        if (!policy.Retry || !failure.MayRetry)
            return null;
        var pause = RetryPause.Next(Chance, (failure.Error as RagException)?.RetryAfter);
        if (pause + Allowance.Margin >= left || !_retries.TrySpend())
            return null;
        Interlocked.Increment(ref _retried);
        return pause;
    }

    /// <summary>Whether a slow call may be sent to a second peer.</summary>
    public bool TryHedge()
    {
        if (!_hedges.TrySpend())
            return false;
        Interlocked.Increment(ref _hedged);
        return true;
    }

    public void Dispose() => Streams.Dispose();
}

/// <summary>How long to wait before another try.</summary>
internal static class RetryPause
{
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(20);

    /// <summary>Anything up to 20 ms ("full jitter"), so that callers who failed together don't come back together; after what the service has asked for, if it has.</summary>
    public static TimeSpan Next(Chance chance, TimeSpan? retryAfter) => (retryAfter ?? TimeSpan.Zero) + Longest * chance.Next();
}
