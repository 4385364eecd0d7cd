namespace Rag.Engines.Kafka;

/// <summary>
/// Whether ingestion still comes for its notices. Who waits for one attends, however long the wait; who has been away for too long while notices lie here hangs,
/// and comes back with the next fetch. Safe for concurrent use.
/// </summary>
/// <param name="limit">How long notices may lie with nobody there.</param>
/// <param name="time">The clock.</param>
internal sealed class Attendance(TimeSpan limit, TimeProvider time)
{
    private readonly Lock _gate = new();
    private int _present;
    private long _last = time.GetTimestamp();
    private bool _missing;

    /// <summary>A fetch begins.</summary>
    public void Enter()
    {
        lock (_gate)
        {
            _present++;
            _missing = false;
        }
    }

    /// <summary>A fetch ends.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            _present--;
            _last = time.GetTimestamp();
        }
    }

    /// <summary>Whether ingestion is missed: from when notices lay here with nobody there for longer than the limit, until the next fetch begins.</summary>
    /// <param name="somethingLies">Whether a notice lies here.</param>
    public bool IsMissing(bool somethingLies)
    {
        lock (_gate)
            return _missing |= somethingLies && _present == 0 && time.GetElapsedTime(_last) > limit;
    }
}
