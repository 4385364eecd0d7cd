namespace Rag.Seams;

/// <content>Hedging: a slow read is sent to a second peer, and the first reply wins.</content>
public sealed partial class Seam<TService>
{
    /// <summary>
    /// Waits for an attempt; when it is slower than 95 of 100, sends a second one to another peer. The loser is cancelled and not waited for. The caller ends
    /// the attempt that it gets, or its own after a failure.
    /// </summary>
    private async ValueTask<(TReply Reply, Attempt<TService, TReply> Winner)> HedgedAsync<TRequest, TReply>(
        UnaryCall<TService, TRequest, TReply> call, TRequest request, Attempt<TService, TReply> attempt, TimeSpan slow, CancellationToken caller)
    {
        var first = attempt.Reply.AsTask();
        using (var soon = new CancellationTokenSource())
        {
            await Task.WhenAny(first, Task.Delay(slow, _time, soon.Token)).ConfigureAwait(false);
            await soon.CancelAsync().ConfigureAwait(false);
        }

        var left = attempt.Allowance.Time - _time.GetElapsedTime(attempt.Started);
        if (first.IsCompleted || attempt.IsOver || left <= Allowance.Margin || _peers.TryBeginOther(attempt.Slot) is not { } other)
            return (await first.ConfigureAwait(false), attempt);
        if (!_dependency.TryHedge())
        {
            other.End(Health.Unknown, null);
            return (await first.ConfigureAwait(false), attempt);
        }

        var hedge = Send(call, request, attempt.Allowance with { Time = left }, other, _time.GetTimestamp(), caller);
        var second = hedge.Reply.AsTask();
        var winner = await Task.WhenAny(first, second).ConfigureAwait(false);
        if (!winner.IsCompletedSuccessfully) // the other may do better
            await Task.WhenAny(winner == first ? second : first).ConfigureAwait(false);
        if (first.IsCompletedSuccessfully || !second.IsCompletedSuccessfully)
        {
            _ = EndLoserAsync(call, hedge, second, Health.Unknown, caller);
            return (await first.ConfigureAwait(false), attempt);
        }

        // A frozen peer that always loses must be found out by it: nothing else would tell.
        _ = EndLoserAsync(call, attempt, first, Health.Ill, caller);
        return (await second.ConfigureAwait(false), hedge);
    }

    private async Task EndLoserAsync<TReply>(Call call, Attempt<TService, TReply> attempt, Task reply, Health ofSlow, CancellationToken caller)
    {
        var judged = reply.IsFaulted ? Judgement.Of(reply.Exception!.InnerException!, call, caller, attempt.IsOver, attempt.Allowance).Health
            : reply.IsCompletedSuccessfully ? Health.Well : ofSlow;
        attempt.Limit?.Cancel();
        await reply.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        End(attempt, judged, null);
    }
}
