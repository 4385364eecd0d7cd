using Rag.Errors;

namespace Rag.Seams;

/// <summary>How a call ended, as its metric's label <c>outcome</c> says in lower case.</summary>
internal enum CallOutcome
{
    /// <summary>With its reply, or the stream with its end.</summary>
    Ok,

    /// <summary>The caller went.</summary>
    Cancelled,

    /// <summary>The request's time was over.</summary>
    Expired,

    /// <summary>The service took longer than the call's cap.</summary>
    Late,

    /// <summary>Refused here: too many are in flight and waiting.</summary>
    Full,

    /// <summary>Refused here: the circuit is open.</summary>
    Open,

    /// <summary>The service couldn't be reached, or couldn't do it.</summary>
    Unavailable,

    /// <summary>The service refused: it is full.</summary>
    Overloaded,

    /// <summary>The service refused: the caller is over its limit.</summary>
    Throttled,

    /// <summary>The service refused the request as such.</summary>
    Rejected,

    /// <summary>Something that nobody has foreseen.</summary>
    Failed,
}

/// <summary>A call's end, judged.</summary>
/// <param name="Outcome">What it was.</param>
/// <param name="Error">What the caller is told; null when it went well.</param>
internal readonly record struct Judgement(CallOutcome Outcome, Exception? Error)
{
    /// <summary>What it says about the service.</summary>
    public Health Health => Outcome switch
    {
        CallOutcome.Late or CallOutcome.Unavailable or CallOutcome.Failed => Health.Ill,
        CallOutcome.Cancelled or CallOutcome.Expired or CallOutcome.Full or CallOutcome.Open => Health.Unknown,
        _ => Health.Well,
    };

    /// <summary>Whether another try could go well: the failure says nothing about the request, and nobody has tried again yet.</summary>
    public bool MayRetry => Outcome is CallOutcome.Unavailable or CallOutcome.Late && Error is not RagException { Retried: true };

    /// <summary>What leaves the seam: a failure that might be tried again is marked, because this seam has decided.</summary>
    public Exception Final => Error is null ? throw new InvalidOperationException("it went well") : Error is RagException { Retried: false, Error: RagError.Unavailable or RagError.DeadlineExceeded } error
        ? new RagException(error.Error, error.Message, error.RetryAfter, error) { Retried = true }
        : Error;

    /// <summary>It went well.</summary>
    public static Judgement Fine => new(CallOutcome.Ok, null);

    /// <summary>Judges what the bulkhead threw.</summary>
    public static Judgement OfQueue(Exception error) => new(
        error is RagException { Error: RagError.Overloaded } ? CallOutcome.Full : error is RagException ? CallOutcome.Expired : CallOutcome.Cancelled, error);

    /// <summary>Judges what a peer threw.</summary>
    /// <param name="error">What it threw.</param>
    /// <param name="call">Which call.</param>
    /// <param name="caller">The caller's token.</param>
    /// <param name="over">Whether the time limit has passed.</param>
    /// <param name="limit">The limit.</param>
    public static Judgement Of(Exception error, Call call, CancellationToken caller, bool over, in Allowance limit)
    {
        // What a stopped call throws is a matter of where it was: a cancellation, or a transport's failure.
        var stopped = error is OperationCanceledException or RagException { Error: RagError.Unavailable or RagError.DeadlineExceeded };
        if (stopped && caller.IsCancellationRequested)
            return new Judgement(CallOutcome.Cancelled, error as OperationCanceledException ?? new OperationCanceledException(error.Message, error, caller));
        if (stopped && over)
            return limit.Over(call, error);
        return error switch
        {
            RagException { Error: RagError.DeadlineExceeded } => new Judgement(limit.IsCap ? CallOutcome.Late : CallOutcome.Expired, error),
            RagException { Error: RagError.Unavailable } => new Judgement(CallOutcome.Unavailable, error),
            RagException { Error: RagError.Overloaded } => new Judgement(CallOutcome.Overloaded, error),
            RagException { Error: RagError.Throttled } => new Judgement(CallOutcome.Throttled, error),
            RagException => new Judgement(CallOutcome.Rejected, error),
            OperationCanceledException => new Judgement(
                CallOutcome.Unavailable, new RagException(RagError.Unavailable, $"{call.Service}: the service gave up the call {call.Name}", null, error)),
            _ => new Judgement(CallOutcome.Failed, error),
        };
    }
}
