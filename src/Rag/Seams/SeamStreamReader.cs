using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Rag.Traces;

namespace Rag.Seams;

/// <summary>
/// One reading of a stream: what a call passes until the first item, and after it the gap between items. An item that is there already costs a check; one
/// that must be waited for, a look at the clock: the waiting itself is watched by <see cref="StreamWatch"/>.
/// </summary>
internal sealed class SeamStreamReader<TService, TRequest, TItem>(SeamStream<TService, TRequest, TItem> stream, CancellationToken reader)
    : IAsyncEnumerator<TItem>
    where TService : class
{
    private readonly Dependency _dependency = stream.Dependency;
    private readonly TimeProvider _time = stream.Dependency.Time;
    private Passage _passage;
    private StreamAttempt<TService, TItem>? _attempt;
    private Activity? _span;
    private bool _started;
    private bool _settled;

    public TItem Current => _attempt!.Items.Current;

    public ValueTask<bool> MoveNextAsync()
    {
        if (!_started)
            return StartAsync();
        if (_settled)
            return ValueTask.FromResult(false);
        ValueTask<bool> next;
        try
        {
            next = _attempt!.Items.MoveNextAsync();
        }
        catch (Exception error)
        {
            next = ValueTask.FromException<bool>(error);
        }

        if (!next.IsCompletedSuccessfully)
            return WaitAsync(next);
        if (next.Result)
            return ValueTask.FromResult(true);
        Settle(Judgement.Fine);
        return ValueTask.FromResult(false);
    }

    public async ValueTask DisposeAsync()
    {
        _started = true;
        if (_attempt is not { } attempt)
        {
            _settled = true;
            return;
        }

        try
        {
            await attempt.Items.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            // Whoever has what it wanted leaves before the end; whoever was cancelled says so.
            if (!_settled)
                Settle(IsCancelled || !attempt.HasItem
                    ? new Judgement(CallOutcome.Cancelled, new OperationCanceledException(Caller)) : Judgement.Fine);
            await attempt.Limit.CancelAsync().ConfigureAwait(false); // what still works for it in the background
            attempt.Limit.Dispose();
        }
    }

    private bool IsCancelled => stream.Caller.IsCancellationRequested || reader.IsCancellationRequested;

    private CancellationToken Caller => stream.Caller.IsCancellationRequested || !reader.CanBeCanceled ? stream.Caller : reader;

    private async ValueTask<bool> StartAsync()
    {
        _started = true;
        var call = stream.Call;
        _passage = new Passage(stream.Meter, stream.Scope, _time.GetTimestamp(), Caller);
        if (IsCancelled)
            throw Fail(new Judgement(CallOutcome.Cancelled, new OperationCanceledException(Caller)));
        if (SeamTrace.IsOn)
        {
            // Current only while the stream starts: its reader has spans of its own.
            var above = Activity.Current;
            _span = SeamTrace.Start(stream.Meter);
            try
            {
                return await AdmitAsync(call).ConfigureAwait(false);
            }
            finally
            {
                Activity.Current = above;
            }
        }

        return await AdmitAsync(call).ConfigureAwait(false);
    }

    private async ValueTask<bool> AdmitAsync(StreamCall<TService, TRequest, TItem> call)
    {
        var remaining = stream.Scope?.Remaining;
        if (!call.Policy.Exempt)
        {
            if (!_dependency.TryAdmit(call, remaining, out var ticket, out var refusal))
                throw Fail(refusal);
            _passage = _passage with { Ticket = ticket };
            if (!_dependency.Bulkhead.TryEnter())
                await QueueAsync(remaining).ConfigureAwait(false);
            _passage = _passage.Enter(_time.GetTimestamp());
        }

        var first = _dependency.Allow(call.Policy, _passage.Priority, stream.Scope?.Remaining, _passage.Ticket);
        if (first.IsNothing)
            throw Fail(_dependency.TooLate(call));
        _dependency.Earn(call.Policy);
        return await FirstAsync(call, first).ConfigureAwait(false);
    }

    private async ValueTask QueueAsync(TimeSpan? remaining)
    {
        try
        {
            await _dependency.Bulkhead.EnterAsync(_passage.Priority, remaining - Allowance.Margin, Caller).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            throw Fail(Judgement.OfQueue(error));
        }
    }

    private async ValueTask<bool> FirstAsync(StreamCall<TService, TRequest, TItem> call, Allowance first)
    {
        PeerSlot<TService>? tried = null;
        while (true)
        {
            var whole = Allowance.Of(Timeout.InfiniteTimeSpan, stream.Scope?.Remaining);
            var limit = TimeLimit.Make(_time, whole.Time, stream.Caller, reader);
            var attempt = new StreamAttempt<TService, TItem>(call, stream.Peers.Begin(except: tried), limit, first, whole, _time);
            attempt.Open(call, stream.Request);
            _dependency.Streams.Add(attempt);
            Judgement failure;
            try
            {
                _attempt = attempt;
                if (await attempt.Items.MoveNextAsync().ConfigureAwait(false))
                {
                    attempt.GotItem();
                    _dependency.Started(_passage);
                    return true;
                }

                Settle(Judgement.Fine);
                return false;
            }
            catch (Exception error)
            {
                failure = attempt.Judge(error, IsCancelled, Caller);
            }

            var left = first.Time - _time.GetElapsedTime(attempt.Started);
            // One that stands still would keep the second try waiting as long as the first.
            var pause = tried is null && (failure.Outcome != CallOutcome.Late || stream.Peers.Count > 1) ? _dependency.Retry(call.Policy, _passage, failure, left) : null;
            if (pause is not null)
                await Task.Delay(pause.Value, _time, Caller).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (pause is null || IsCancelled)
                throw Fail(failure);
            await CloseAsync(attempt, failure).ConfigureAwait(false);
            tried = attempt.Slot;
            first = first with { Time = first.Time - _time.GetElapsedTime(attempt.Started) };
        }
    }

    // A failed try before the next one; what it throws on its way out is told by its failure already.
    private async ValueTask CloseAsync(StreamAttempt<TService, TItem> attempt, Judgement failure)
    {
        _attempt = null;
        _dependency.Streams.Remove(attempt);
        attempt.Slot.End(failure.Health, failure.Error);
        attempt.Limit.Dispose();
        await attempt.Items.DisposeAsync().AsTask().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WaitAsync(ValueTask<bool> next)
    {
        var attempt = _attempt!;
        attempt.BeginWait();
        try
        {
            if (await next.ConfigureAwait(false))
            {
                attempt.GotItem();
                return true;
            }
        }
        catch (Exception error)
        {
            throw Fail(attempt.Judge(error, IsCancelled, Caller));
        }

        Settle(Judgement.Fine);
        return false;
    }

    private Exception Fail(Judgement failure)
    {
        Settle(failure);
        _span.Failed(failure.Final);
        ExceptionDispatchInfo.Throw(failure.Final);
        return failure.Final; // never
    }

    private void Settle(in Judgement end)
    {
        _settled = true;
        if (_attempt is { } attempt)
        {
            _dependency.Streams.Remove(attempt);
            attempt.Slot.End(end.Health, end.Error);
        }

        _dependency.Settle(_passage, end, isStarted: _attempt is { HasItem: true });
        if (_span is null)
            return;
        var above = Activity.Current; // ending a span makes its parent current, and this is the reader's own flow
        _span.Dispose();
        Activity.Current = above;
    }
}
