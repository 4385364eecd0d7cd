using Loadline.Recording;
using Loadline.Wire;

namespace Loadline.Users;

/// <summary>
/// What a limit lets through of one user, minute by minute since it came: minutes in which the limit refused nothing say nothing of it and are left out, as is one
/// that the user doesn't stay for to its end. A request belongs to the minute in which it was sent, as the limit counts it.
/// </summary>
/// <param name="sink">Takes each minute that is over.</param>
internal sealed class GrantedMinutes(IExchangeSink sink)
{
    private const long Minute = 60_000_000_000;

    private long _begin;
    private int _granted;
    private bool _isLimited;

    /// <summary>The user comes, or comes again.</summary>
    /// <param name="at">Now, nanoseconds since the run's start.</param>
    internal void Begin(long at) => (_begin, _granted, _isLimited) = (at, 0, false);

    /// <summary>Takes in an exchange that has ended.</summary>
    internal void Take(Exchange exchange)
    {
        while (exchange.Sent >= _begin + Minute)
        {
            if (_isLimited)
                sink.RecordGranted(_begin, exchange.End, _granted);
            Begin(_begin + Minute);
        }
        if (exchange.Outcome == Outcome.Throttled)
            _isLimited = true;
        else
            _granted++;
    }
}
