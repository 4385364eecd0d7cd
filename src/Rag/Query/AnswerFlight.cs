namespace Rag.Query;

/// <summary>
/// One answer on its way in this process, and the cache's lease for computing it, which any of its askers may bring: whoever asked the cache first need not
/// be who came here first.
/// </summary>
internal sealed class AnswerFlight
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _offered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Guid? _lease;
    private bool _closed;

    /// <param name="make">Makes the events; may look at this flight's lease.</param>
    /// <param name="closed">Called once, when nobody may join any more, with the lease that is still to be given back.</param>
    public AnswerFlight(Func<AnswerFlight, CancellationToken, IAsyncEnumerable<AnswerEvent>> make, Action<AnswerFlight, Guid?> closed) =>
        Answer = new SharedAnswer(token => make(this, token), _ => closed(this, Close()));

    /// <summary>The answer.</summary>
    public SharedAnswer Answer { get; }

    /// <summary>Ends when an asker has brought the lease.</summary>
    public Task Offered => _offered.Task;

    /// <summary>Brings the lease.</summary>
    /// <returns>False when the answer has ended; the lease is still the asker's.</returns>
    public bool TryOffer(Guid lease)
    {
        lock (_lock)
        {
            if (_closed)
                return false;
            _lease = lease;
        }

        _offered.TrySetResult();
        return true;
    }

    /// <summary>The value was kept, which ended the lease.</summary>
    public void Settle()
    {
        lock (_lock)
            _lease = null;
    }

    private Guid? Close()
    {
        lock (_lock)
        {
            _closed = true;
            return _lease;
        }
    }
}
