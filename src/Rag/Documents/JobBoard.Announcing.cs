namespace Rag.Documents;

/// <summary>
/// The board as seen by one who tells others of work: what became ready and was not told of, and what was told of long ago and nobody came for. Telling takes
/// nothing: leases, tries and lags are those of the workers who take jobs by name.
/// </summary>
internal sealed partial class JobBoard
{
    private readonly Queue<(Entry Entry, long Readiness)> _untold = new();
    private readonly Queue<(Entry Entry, long Readiness, DateTimeOffset At)> _told = new();
    private TaskCompletionSource _tell = NewEdge();
    private bool _announcing;
    private int _outstanding;

    public ValueTask<List<JobTicket>> AnnounceAsync(int max, int most, TimeSpan again, CancellationToken cancellationToken) => new(Announce(max, most, again));

    public ValueTask WithdrawAsync(IReadOnlyList<JobTicket> tickets)
    {
        Withdraw(tickets);
        return ValueTask.CompletedTask;
    }

    private List<JobTicket> Announce(int max, int most, TimeSpan again)
    {
        var tickets = new List<JobTicket>();
        lock (_gate)
        {
            StartAnnouncing();
            var now = _time.GetUtcNow();
            while (tickets.Count < max && _told.TryPeek(out var told) && (!IsOutstanding(told.Entry, told.Readiness) || told.At + again <= now))
            {
                _told.Dequeue();
                if (IsOutstanding(told.Entry, told.Readiness))
                    Tell(told.Entry);
            }

            while (tickets.Count < max && _outstanding < most && _untold.TryDequeue(out var fresh))
                if (fresh.Entry is { Queued: true, Announced: false } && fresh.Entry.Readiness == fresh.Readiness)
                {
                    fresh.Entry.Announced = true;
                    _outstanding++;
                    Tell(fresh.Entry);
                }

            if (tickets.Count == 0 && _tell.Task.IsCompleted)
                _tell = NewEdge();

            void Tell(Entry entry)
            {
                tickets.Add(entry.Waiting!);
                _told.Enqueue((entry, entry.Readiness, now));
            }
        }

        return tickets;
    }

    public Task WaitToAnnounceAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
            return _tell.Task.IsCompleted ? Task.CompletedTask : _tell.Task.WaitAsync(cancellationToken);
    }

    private void Withdraw(IReadOnlyList<JobTicket> tickets)
    {
        lock (_gate)
            foreach (var ticket in tickets)
                if (_entries.TryGetValue(ticket.Key, out var entry) && entry is { Queued: true, Announced: true })
                {
                    NoLongerAnnounced(entry);
                    ToBeAnnounced(entry);
                }
    }

    private static bool IsOutstanding(Entry entry, long readiness) => entry is { Queued: true, Announced: true } && entry.Readiness == readiness;

    // What is ready by the first call was there before anyone told: at a start that is the whole backlog.
    private void StartAnnouncing()
    {
        if (_announcing)
            return;
        _announcing = true;
        foreach (var entry in _ready.Concat(_suspects))
            ToBeAnnounced(entry);
    }

    private void ToBeAnnounced(Entry entry)
    {
        if (!_announcing)
            return;
        _untold.Enqueue((entry, ++entry.Readiness));
        _tell.TrySetResult();
    }

    private void NoLongerAnnounced(Entry entry)
    {
        if (!entry.Announced)
            return;
        entry.Announced = false;
        _outstanding--;
        if (_untold.Count > 0)
            _tell.TrySetResult();
    }
}
