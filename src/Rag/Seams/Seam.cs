using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Rag.Traces;

namespace Rag.Seams;

/// <summary>
/// The one place that every call of one service's contract passes on its way from this process, whether the service runs here or elsewhere.
/// <code>
/// (1) is there time?  ─▶ (2) is the circuit closed?  ─▶ (3) is there room? wait in order of urgency ─▶ (4) a peer, an attempt under the least of cap and
/// time remaining; at most one more: a retry after a failure, or a hedge beside a slow one ─▶ (5) the outcome goes to breaker, peer, counters and span
/// </code>
/// A call whose implementation answers at once passes all of it without a wait: <c>bench seams</c> says what that costs.
/// </summary>
public sealed partial class Seam<TService> where TService : class
{
    private readonly Dependency _dependency;
    private readonly PeerSet<TService> _peers;
    private readonly CallMeter[] _meters;
    private readonly RecentTimes?[] _times;
    private readonly TimeProvider _time;

    /// <param name="contract">What is called.</param>
    /// <param name="peers">Where it runs; at least one.</param>
    /// <param name="dependencies">What this process knows of the services that it calls.</param>
    public Seam(Contract<TService> contract, IReadOnlyList<IPeer<TService>> peers, Dependencies dependencies)
    {
        _dependency = dependencies.Of(contract.Service);
        _time = _dependency.Time;
        _peers = new PeerSet<TService>(peers, _time, _dependency.Chance);
        _meters = [.. contract.Calls.Select(_dependency.Meter)];
        _times = [.. contract.Calls.Select(call => call.Policy.Hedge && peers.Count > 1 ? new RecentTimes() : null)];
        _dependency.Watch(() => _peers.Count > 1 ? _peers.Out : 0);
    }

    /// <summary>The service's name.</summary>
    public string Service => _dependency.Service;

    /// <summary>Calls the service.</summary>
    /// <exception cref="Errors.RagException">What the service answered, or what the seam decided: DeadlineExceeded, Unavailable (the circuit is open), Overloaded (no room).</exception>
    /// <exception cref="OperationCanceledException">The caller's token.</exception>
    public ValueTask<TReply> CallAsync<TRequest, TReply>(
        UnaryCall<TService, TRequest, TReply> call, TRequest request, CancellationToken cancellationToken)
    {
        if (SeamTrace.IsOn)
            return TracedAsync(call, request, cancellationToken);
        return _dependency.Naive && !call.Policy.Exempt ? NaiveAsync(call, request) : BeginAsync(call, request, cancellationToken);
    }

    /// <summary>Calls the service for a stream; everything happens when the first item is asked for.</summary>
    /// <exception cref="Errors.RagException">As <see cref="CallAsync"/>; also in the middle, when the service falls silent for longer than the call's gap cap.</exception>
    public IAsyncEnumerable<TItem> StreamAsync<TRequest, TItem>(
        StreamCall<TService, TRequest, TItem> call, TRequest request, CancellationToken cancellationToken) =>
        _dependency.Naive
            ? NaiveStreamAsync(call, request)
            : new SeamStream<TService, TRequest, TItem>(_dependency, _peers, _meters[call.Index], call, request, CallScope.Current, cancellationToken);

    private ValueTask<TReply> BeginAsync<TRequest, TReply>(UnaryCall<TService, TRequest, TReply> call, TRequest request, CancellationToken caller)
    {
        var scope = CallScope.Current;
        var passage = new Passage(_meters[call.Index], scope, _time.GetTimestamp(), caller);
        var remaining = scope?.Remaining;
        if (caller.IsCancellationRequested)
            return Refused<TReply>(passage, new Judgement(CallOutcome.Cancelled, new OperationCanceledException(caller)));
        if (call.Policy.Exempt)
            return StartAsync(call, request, passage, remaining);
        if (!_dependency.TryAdmit(call, remaining, out var ticket, out var refusal))
            return Refused<TReply>(passage, refusal);
        passage = passage with { Ticket = ticket };
        return _dependency.Bulkhead.TryEnter() ? StartAsync(call, request, passage.Enter(passage.Started), remaining) : QueueAsync(call, request, passage, remaining);
    }

    private async ValueTask<TReply> QueueAsync<TRequest, TReply>(
        UnaryCall<TService, TRequest, TReply> call, TRequest request, Passage passage, TimeSpan? remaining)
    {
        try
        {
            await _dependency.Bulkhead.EnterAsync(passage.Priority, remaining - Allowance.Margin, passage.Caller).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            _dependency.Settle(passage, Judgement.OfQueue(error));
            throw;
        }

        return await StartAsync(call, request, passage.Enter(_time.GetTimestamp()), passage.Scope?.Remaining).ConfigureAwait(false);
    }

    private ValueTask<TReply> StartAsync<TRequest, TReply>(
        UnaryCall<TService, TRequest, TReply> call, TRequest request, in Passage passage, TimeSpan? remaining)
    {
        var allowance = _dependency.Allow(call.Policy, passage.Priority, remaining, passage.Ticket);
        if (allowance.IsNothing)
            return Refused<TReply>(passage, _dependency.TooLate(call));
        _dependency.Earn(call.Policy);
        var attempt = Send(call, request, allowance, _peers.Begin(), passage.Entered != 0 ? passage.Entered : passage.Started, passage.Caller);
        if (!attempt.Reply.IsCompletedSuccessfully)
            return AwaitAsync(call, request, attempt, passage);
        var reply = attempt.Reply.Result;
        End(attempt, Health.Well, null);
        _dependency.Settle(passage, Judgement.Fine);
        return new ValueTask<TReply>(reply);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TReply> AwaitAsync<TRequest, TReply>(
        UnaryCall<TService, TRequest, TReply> call, TRequest request, Attempt<TService, TReply> attempt, Passage passage)
    {
        var (isFirst, sent) = (true, attempt.Started);
        while (true)
        {
            Judgement failure;
            try
            {
                TReply reply;
                if (isFirst && !passage.IsProbe && _times[call.Index]?.Slow is { } slow)
                    (reply, attempt) = await HedgedAsync(call, request, attempt, slow, passage.Caller).ConfigureAwait(false);
                else
                    reply = await attempt.Reply.ConfigureAwait(false);
                End(attempt, Health.Well, null);
                _times[call.Index]?.Add(_time.GetElapsedTime(sent));
                _dependency.Settle(passage, Judgement.Fine);
                return reply;
            }
            catch (Exception error)
            {
                failure = Judgement.Of(error, call, passage.Caller, attempt.IsOver, attempt.Allowance);
            }

            End(attempt, failure.Health, failure.Error);
            var left = attempt.Allowance.Time - _time.GetElapsedTime(attempt.Started);
            if (!isFirst || _dependency.Retry(call.Policy, passage, failure, left) is not { } pause || !await PauseAsync(pause, passage).ConfigureAwait(false))
            {
                _dependency.Settle(passage, failure);
                ExceptionDispatchInfo.Throw(failure.Final);
            }

            isFirst = false;
            var allowance = attempt.Allowance with { Time = attempt.Allowance.Time - _time.GetElapsedTime(attempt.Started) };
            attempt = Send(call, request, allowance, _peers.Begin(except: attempt.Slot), _time.GetTimestamp(), passage.Caller);
        }
    }

    // False when the caller went.
    private async ValueTask<bool> PauseAsync(TimeSpan pause, Passage passage)
    {
        await Task.Delay(pause, _time, passage.Caller).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !passage.Caller.IsCancellationRequested;
    }

    private Attempt<TService, TReply> Send<TRequest, TReply>(
        UnaryCall<TService, TRequest, TReply> call, TRequest request, in Allowance allowance, PeerSlot<TService> slot, long started, CancellationToken caller)
    {
        var limit = allowance.Time is null ? null : TimeLimit.Rent(_time, allowance.Time, caller);
        ValueTask<TReply> reply;
        try
        {
            reply = slot.Peer.CallAsync(call, request, allowance.Time, limit?.Token ?? caller);
        }
        catch (Exception error)
        {
            reply = ValueTask.FromException<TReply>(error);
        }

        return new Attempt<TService, TReply>(reply, slot, limit, allowance, started);
    }

    private void End<TReply>(in Attempt<TService, TReply> attempt, Health health, Exception? error)
    {
        attempt.Slot.End(health, error);
        attempt.Limit?.Return(_time);
    }

    private ValueTask<TReply> Refused<TReply>(in Passage passage, in Judgement refusal)
    {
        _dependency.Settle(passage, refusal);
        return ValueTask.FromException<TReply>(refusal.Final);
    }

    // An async method, so that the span's being current ends with it.
    private async ValueTask<TReply> TracedAsync<TRequest, TReply>(
        UnaryCall<TService, TRequest, TReply> call, TRequest request, CancellationToken cancellationToken)
    {
        using var span = SeamTrace.Start(_meters[call.Index]);
        try
        {
            return await (_dependency.Naive && !call.Policy.Exempt ? NaiveAsync(call, request) : BeginAsync(call, request, cancellationToken)).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            span.Failed(error);
            throw;
        }
    }
}
