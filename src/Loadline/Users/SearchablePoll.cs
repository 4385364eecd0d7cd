using Loadline.Targets;
using Loadline.Wire;

namespace Loadline.Users;

/// <summary>Polls one document's state, each wait 1.5 times the last one, until it is searchable, given up by the target, or the limit is reached. A poll that fails is followed by the next one.</summary>
internal sealed class SearchablePoll(IWire wire, SearchableRule rule, WireRequest request, RunClock clock)
{
    private const double Growth = 1.5;

    /// <summary>The state that the last answered poll gave.</summary>
    internal string? LastState { get; private set; }

    /// <summary>When the last poll had ended.</summary>
    internal long EndedAt { get; private set; }

    /// <summary>Polls to the end: Ok, Failed or TimedOut. When stopped, whatever it was then.</summary>
    /// <param name="since">When the document was accepted; the limit counts from here.</param>
    /// <param name="atOnce">Whether the first poll comes without a wait.</param>
    /// <param name="stop">Stops polling.</param>
    internal async Task<Outcome> RunAsync(long since, bool atOnce, CancellationToken stop)
    {
        var limit = since + RunClock.Nanoseconds(rule.Limit);
        var wait = rule.FirstPoll;
        while (true)
        {
            if (!atOnce)
            {
                await DelayAsync(wait, stop).ConfigureAwait(false);
                wait = wait * Growth < rule.SlowestPoll ? wait * Growth : rule.SlowestPoll;
            }
            atOnce = false;
            if (stop.IsCancellationRequested)
                break;
            var exchange = new Exchange { Operation = rule.Poll.Name };
            var reply = await wire.SendAsync(request, exchange, stop).ConfigureAwait(false);
            if (!reply.Ended)
                break;
            EndedAt = exchange.End;
            if (exchange.Outcome is Outcome.Ok or Outcome.Degraded && reply.Texts is [var state, ..])
            {
                LastState = state;
                if (rule.Done.Contains(state))
                    return Outcome.Ok;
                if (rule.Failed.Contains(state))
                    return Outcome.Failed;
            }
            if (EndedAt >= limit)
                return Outcome.TimedOut;
        }
        EndedAt = clock.Now;
        return Outcome.TimedOut;
    }

    private async Task DelayAsync(TimeSpan wait, CancellationToken stop) =>
        await Task.Delay(wait, clock.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
