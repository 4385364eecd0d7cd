using Polly;
using Polly.CircuitBreaker;

namespace Rag.Seams;

/// <summary>
/// The circuit breaker of one dependency: Polly's, with permission and judgement apart, because a stream is judged at its first item and goes on for long after.
/// <code>
/// closed     ─▶ permission costs a look at the state; the outcome is reported when it is known, as a call of no length
/// open       ─▶ refused, with the time until the next probe
/// open, over ─▶ the call becomes Polly's half-open execution and lasts until its outcome is reported; all others are refused meanwhile
/// </code>
/// An outcome counts only in the closed period that its call began in: stragglers of an outage say nothing about what came after it.
/// </summary>
internal sealed class Breaker
{
    // A refusal while the probe is on its way: nobody knows when it ends, but soon.
    private static readonly TimeSpan ProbeTime = TimeSpan.FromMilliseconds(500);

    private readonly CircuitBreakerStateProvider _state = new();
    private readonly ResiliencePipeline<bool> _pipeline;
    private int _openings;

    public Breaker(string service, DependencyOptions options, TimeProvider time)
    {
        _pipeline = new ResiliencePipelineBuilder<bool> { TimeProvider = time, Name = service }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<bool>
            {
                SamplingDuration = options.BreakerSampling,
                FailureRatio = options.BreakerRatio,
                MinimumThroughput = options.BreakerCalls,
                ShouldHandle = static arguments => ValueTask.FromResult(!arguments.Outcome.Result),
                StateProvider = _state,
                // Called at each opening, under Polly's lock: the openings are counted here rather than in OnOpened, which comes later on another thread.
                BreakDurationGenerator = arguments =>
                {
                    Interlocked.Increment(ref _openings);
                    var grown = options.BreakerPause * Math.Pow(2, Math.Min(arguments.HalfOpenAttempts, 16));
                    return ValueTask.FromResult(grown < options.BreakerLongestPause ? grown : options.BreakerLongestPause);
                },
            })
            .Build();
    }

    /// <summary>What it lets pass now.</summary>
    public BreakerState State => _state.CircuitState switch
    {
        CircuitState.Closed => BreakerState.Closed,
        CircuitState.HalfOpen => BreakerState.HalfOpen,
        _ => BreakerState.Open,
    };

    /// <summary>How often it has opened.</summary>
    public int Openings => Volatile.Read(ref _openings);

    /// <summary>Asks for permission. Who gets it must report an outcome.</summary>
    /// <param name="ticket">The permission.</param>
    /// <param name="retryAfter">Without it: when another try makes sense.</param>
    public bool TryEnter(out BreakerTicket ticket, out TimeSpan retryAfter)
    {
        retryAfter = default;
        ticket = new BreakerTicket(Volatile.Read(ref _openings), null);
        return _state.CircuitState == CircuitState.Closed || TryProbe(ref ticket, out retryAfter);
    }

    /// <summary>Reports an outcome; a stream may report its first item and later a failure.</summary>
    /// <param name="ticket">The permission.</param>
    /// <param name="outcome">What is known about the service by it. A probe without an answer leaves the circuit open.</param>
    public void Report(in BreakerTicket ticket, Health outcome)
    {
        if (ticket.Probe is { } probe && probe.End(outcome == Health.Well))
            return;
        if (outcome == Health.Unknown || ticket.Openings != Volatile.Read(ref _openings) || _state.CircuitState != CircuitState.Closed)
            return;
        var context = ResilienceContextPool.Shared.Get();
        var done = _pipeline.ExecuteOutcomeAsync(static (_, well) => ValueTask.FromResult(Outcome.FromResult(well)), context, outcome == Health.Well);
        if (done.IsCompletedSuccessfully)
            ResilienceContextPool.Shared.Return(context);
    }

    private bool TryProbe(ref BreakerTicket ticket, out TimeSpan retryAfter)
    {
        var probe = new Probe();
        var context = ResilienceContextPool.Shared.Get();
        var execution = _pipeline.ExecuteOutcomeAsync(static (_, probe) => probe.RunAsync(), context, probe);
        if (probe.Started)
        {
            // It ends with the report, on the reporter's thread. The context isn't pooled again: it may live for long.
            ticket = new BreakerTicket(Volatile.Read(ref _openings), probe);
            retryAfter = default;
            return true;
        }

        retryAfter = execution.IsCompletedSuccessfully && execution.Result.Exception is BrokenCircuitException { RetryAfter: { } after } && after > TimeSpan.Zero
            ? after : ProbeTime;
        ResilienceContextPool.Shared.Return(context);
        return false;
    }
}

/// <summary>What an outcome says about a service's health.</summary>
internal enum Health
{
    /// <summary>Nothing: the caller went, or its time was over.</summary>
    Unknown,

    /// <summary>It works; it may have refused the request.</summary>
    Well,

    /// <summary>It failed or was too late.</summary>
    Ill,
}

/// <summary>A breaker's permission for one call.</summary>
/// <param name="Openings">How often the breaker had opened by then.</param>
/// <param name="Probe">The half-open execution that this call is; null for an ordinary one.</param>
internal readonly record struct BreakerTicket(int Openings, Probe? Probe);

/// <summary>A half-open execution that lasts until somebody says how it went.</summary>
internal sealed class Probe
{
    // Continuations run in SetResult: the state has changed when the reporter goes on.
    private readonly TaskCompletionSource<Outcome<bool>> _outcome = new();

    public bool Started { get; private set; }

    public ValueTask<Outcome<bool>> RunAsync()
    {
        Started = true;
        return new ValueTask<Outcome<bool>>(_outcome.Task);
    }

    /// <summary>False when it had ended before.</summary>
    public bool End(bool well) => _outcome.TrySetResult(Outcome.FromResult(well));
}
