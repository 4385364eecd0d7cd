namespace Rag.Documents;

/// <summary>
/// The outbox in memory: which documents have work, in which order, who holds it and until when. It holds one entry per document, so two jobs of one
/// document are never out at a time, and a newer version takes the place of one that still waits. For a store that no other process works on. Safe for concurrent use.
/// <code>
///   Add ──▶ ready (in order) ──Take──▶ in hand ──Finish──▶ gone
///             ▲                          │
///             └──── later (backoff) ◀────┴─ Return, or the lease ended
/// </code>
/// Nothing here polls: a rising edge wakes those who wait, one timer is set to the earliest due time.
/// </summary>
internal sealed class JobBoard : IJobBoard
{
    /// <summary>Workers without a name of their own have a new one each time: forgotten ones cost their leases' time, nothing else.</summary>
    private const int MostWorkers = 1_000;

    private readonly TimeProvider _time;
    private readonly TimeSpan _lease;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Dictionary<DocumentKey, Entry> _entries = [];
    private readonly Queue<Entry> _ready = new();
    private readonly Queue<Entry> _suspects = new();
    private readonly PriorityQueue<Entry, DateTimeOffset> _later = new();
    private readonly Queue<(Entry Entry, JobTicket Ticket, DateTimeOffset Ends)> _leases = new();
    private readonly Dictionary<string, string> _runs = []; // which run of each worker claimed last
    private TaskCompletionSource _edge = NewEdge();
    private DateTimeOffset _timerDue = DateTimeOffset.MaxValue;
    private DateTimeOffset _readySince;
    private DateTimeOffset _workerSeen;
    private int _depth;

    public JobBoard(TimeProvider time, TimeSpan lease)
    {
        (_time, _lease) = (time, lease);
        _timer = time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Depth => Volatile.Read(ref _depth);

    public TimeSpan Unclaimed
    {
        get
        {
            lock (_gate)
                return _ready.Count + _suspects.Count == 0 ? TimeSpan.Zero : _time.GetUtcNow() - (_readySince > _workerSeen ? _readySince : _workerSeen);
        }
    }

    public void Add(JobTicket ticket)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(ticket.Key, out var entry))
                _entries.Add(ticket.Key, entry = new Entry());
            if (entry.Waiting is null)
                _depth++;
            entry.Waiting = ticket;
            if (entry.InHand is null)
                MakeReady(entry);
        }
    }

    public ValueTask<List<JobTicket>> TakeAsync(int max, long maxBytes, JobHolder holder, CancellationToken cancellationToken) => new(Take(max, maxBytes, holder));

    private List<JobTicket> Take(int max, long maxBytes, JobHolder holder)
    {
        var taken = new List<JobTicket>(Math.Min(max, 32));
        lock (_gate)
        {
            var now = _workerSeen = _time.GetUtcNow();
            TakeOver(holder);
            long bytes = 0;
            while (taken.Count < max && _ready.TryPeek(out var entry))
            {
                bytes += entry.Waiting!.Bytes;
                if (taken.Count > 0 && bytes > maxBytes)
                    break;
                _ready.Dequeue();
                taken.Add(Hand(entry, holder, now));
            }

            if (taken.Count == 0 && _suspects.TryDequeue(out var suspect))
                taken.Add(Hand(suspect, holder, now));
            if (taken.Count > 0)
                SetTimer(now);
            if (_ready.Count == 0 && _suspects.Count == 0 && _edge.Task.IsCompleted)
                _edge = NewEdge();
        }

        return taken;
    }

    public Task WaitAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
            return _edge.Task.IsCompleted ? Task.CompletedTask : _edge.Task.WaitAsync(cancellationToken);
    }

    public JobTicket? Held(IDocumentTransaction transaction, DocumentKey key, long jobId, int attempt)
    {
        lock (_gate)
            return HeldLocked(key, jobId, attempt);
    }

    public JobTicket? Find(IDocumentTransaction transaction, DocumentKey key, long jobId)
    {
        lock (_gate)
            return !_entries.TryGetValue(key, out var entry) ? null
                : entry.InHand?.JobId == jobId ? entry.InHand
                : entry.Waiting?.JobId == jobId ? entry.Waiting : null;
    }

    public void Finish(DocumentKey key, long jobId)
    {
        lock (_gate)
        {
            _workerSeen = _time.GetUtcNow();
            if (!_entries.TryGetValue(key, out var entry))
                return;
            if (entry.InHand?.JobId == jobId)
            {
                entry.InHand = null;
                _depth--;
                if (entry.Waiting is null)
                    _entries.Remove(key);
                else
                    MakeReady(entry);
            }
            else if (entry.Waiting?.JobId == jobId && entry.InHand is null && !entry.Queued)
            {
                // Its lease had ended and it waited for another try when the first try's good news came.
                entry.Waiting = null;
                _depth--;
                _entries.Remove(key);
            }
        }
    }

    public ValueTask GiveBackAsync(DocumentKey key, long jobId, int attempt, DateTimeOffset dueAt)
    {
        lock (_gate)
            if (HeldLocked(key, jobId, attempt) is { } ticket)
            {
                PutBack(_entries[key], ticket, dueAt);
                SetTimer(_time.GetUtcNow());
            }

        return ValueTask.CompletedTask;
    }

    public void Return(JobTicket ticket, DateTimeOffset dueAt)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(ticket.Key, out var entry) || entry.InHand?.JobId != ticket.JobId)
                return;
            PutBack(entry, ticket, dueAt);
            SetTimer(_time.GetUtcNow());
        }
    }

    public TimeSpan OldestAge()
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            var oldest = now;
            foreach (var entry in _entries.Values)
            {
                if (entry.Waiting is { } waiting && waiting.QueuedAt < oldest)
                    oldest = waiting.QueuedAt;
                if (entry.InHand is { } held && held.QueuedAt < oldest)
                    oldest = held.QueuedAt;
            }

            return now - oldest;
        }
    }

    public TimeSpan Lag()
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            var oldest = now;
            foreach (var entry in _entries.Values)
                if (entry is { InHand: null, Waiting: { Suspect: false } waiting } && waiting.QueuedAt < oldest)
                    oldest = waiting.QueuedAt;
            return now - oldest;
        }
    }

    public void Dispose() => _timer.Dispose();

    private static TaskCompletionSource NewEdge() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private JobTicket? HeldLocked(DocumentKey key, long jobId, int attempt) =>
        _entries.TryGetValue(key, out var entry) && entry.InHand is { } held && held.JobId == jobId && held.Attempts == attempt ? held : null;

    private void TakeOver(JobHolder holder)
    {
        if (_runs.TryGetValue(holder.Worker, out var run) && run == holder.Incarnation)
            return;
        if (_runs.Count >= MostWorkers)
            _runs.Clear();
        _runs[holder.Worker] = holder.Incarnation;
        if (run is null)
            return;
        foreach (var entry in _entries.Values)
            if (entry.InHand is { } held && entry.Holder.Worker == holder.Worker && entry.Holder != holder)
            {
                entry.InHand = null;
                if (entry.Waiting is not null)
                    _depth--;
                else
                    entry.Waiting = held with { Interruptions = held.Interruptions + 1 };
                MakeReady(entry);
            }
    }

    private JobTicket Hand(Entry entry, JobHolder holder, DateTimeOffset now)
    {
        var ticket = entry.Waiting! with { StartedAt = now };
        entry.Holder = holder;
        (entry.Waiting, entry.InHand, entry.Queued) = (null, ticket, false);
        _leases.Enqueue((entry, ticket, now + _lease));
        return ticket;
    }

    private void MakeReady(Entry entry)
    {
        if (entry.Queued)
            return;
        if (_ready.Count + _suspects.Count == 0)
            _readySince = _time.GetUtcNow();
        entry.Queued = true;
        entry.DueAt = DateTimeOffset.MinValue;
        (entry.Waiting!.Suspect ? _suspects : _ready).Enqueue(entry);
        _edge.TrySetResult();
    }

    private void PutBack(Entry entry, JobTicket ticket, DateTimeOffset dueAt)
    {
        entry.InHand = null;
        if (entry.Waiting is not null)
        {
            _depth--;
            MakeReady(entry);
            return;
        }

        entry.Waiting = ticket;
        entry.DueAt = dueAt;
        _later.Enqueue(entry, dueAt);
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            _timerDue = DateTimeOffset.MaxValue;
            while (_leases.TryPeek(out var lease) && (lease.Ends <= now || !ReferenceEquals(lease.Entry.InHand, lease.Ticket)))
            {
                _leases.Dequeue();
                if (ReferenceEquals(lease.Entry.InHand, lease.Ticket))
                    PutBack(lease.Entry, lease.Ticket with { Attempts = lease.Ticket.Attempts + 1 }, now);
            }

            while (_later.TryPeek(out var entry, out var due) && due <= now)
            {
                _later.Dequeue();
                // An entry that was finished, superseded or put back once more since has no business in this place.
                if (entry is { Waiting: not null, InHand: null, Queued: false } && entry.DueAt <= now)
                    MakeReady(entry);
            }

            SetTimer(now);
        }
    }

    private void SetTimer(DateTimeOffset now)
    {
        while (_leases.TryPeek(out var first) && !ReferenceEquals(first.Entry.InHand, first.Ticket))
            _leases.Dequeue();
        var due = _leases.TryPeek(out var lease) ? lease.Ends : DateTimeOffset.MaxValue;
        if (_later.TryPeek(out _, out var later) && later < due)
            due = later;
        if (due >= _timerDue || due == DateTimeOffset.MaxValue)
            return;
        _timerDue = due;
        // A millisecond more, so that a timer that rounds down doesn't find nothing due.
        _timer.Change(due > now ? due - now + TimeSpan.FromMilliseconds(1) : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private sealed class Entry
    {
        public JobTicket? Waiting;
        public JobTicket? InHand;
        public JobHolder Holder;
        public bool Queued;
        public DateTimeOffset DueAt;
    }
}
