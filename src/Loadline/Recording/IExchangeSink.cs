using Loadline.Wire;

namespace Loadline.Recording;

/// <summary>Takes every finished exchange. Called from many threads at once; must not block.</summary>
public interface IExchangeSink
{
    /// <summary>Records one exchange.</summary>
    void Record(Exchange exchange);

    /// <summary>Records the time from an upload's acceptance to the first poll that found it searchable.</summary>
    /// <param name="nanoseconds">The time; includes at most one polling interval of error.</param>
    /// <param name="outcome">Ok, Failed (the target gave up on the document) or TimedOut.</param>
    /// <param name="at">When it ended, nanoseconds since the run's start.</param>
    void RecordSearchable(long nanoseconds, Outcome outcome, long at);

    /// <summary>Records what a user that retries felt of a request.</summary>
    void RecordFelt(Felt felt);

    /// <summary>Records an arrival of an open load.</summary>
    /// <param name="due">When it was due, nanoseconds since the run's start.</param>
    /// <param name="at">Now.</param>
    /// <param name="sent">Whether a user took it; false when it was dropped because too many waited.</param>
    void RecordArrival(long due, long at, bool sent);

    /// <summary>Records what a user that doesn't retry got of a minute in which a limit refused it something.</summary>
    /// <param name="minute">The minute's beginning, nanoseconds since the run's start.</param>
    /// <param name="at">Now: the minute is over.</param>
    /// <param name="requests">Its requests of that minute that no limit refused.</param>
    void RecordGranted(long minute, long at, int requests);
}
