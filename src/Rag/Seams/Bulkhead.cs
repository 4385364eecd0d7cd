using Rag.Errors;

namespace Rag.Seams;

/// <summary>
/// Bounds what one dependency can take of this process: so many calls in flight, and before them a queue of at most so much work, ordered by priority and then
/// by arrival. What would wait for too long is refused at once; what has waited for too long, or whose caller went, is dropped and never started.
/// </summary>
internal sealed class Bulkhead(string service, DependencyOptions options, TimeProvider time)
{
    private static readonly TimeSpan ShortestRetry = TimeSpan.FromMilliseconds(100);

    // The mean follows within some dozen calls.
    private const double Smoothing = 0.05;

    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter>[] _queues = [.. Enum.GetValues<Priority>().Select(_ => new LinkedList<Waiter>())];
    private int _inUse;
    private int _waiting;
    private double _meanSeconds;
    private long _refused;
    private long _dropped;

    /// <summary>Calls in flight.</summary>
    public int InUse => Volatile.Read(ref _inUse);

    /// <summary>Calls waiting.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Calls refused on arrival, because they would have waited for too long.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Calls that had waited for too long, or made room for a more urgent one.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Takes a place if one is free. Who has it must <see cref="Leave"/>.</summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (_inUse >= options.Concurrency)
                return false;
            _inUse++;
            return true;
        }
    }

    /// <summary>Waits for a place.</summary>
    /// <param name="priority">How urgent it is.</param>
    /// <param name="remaining">How long waiting makes sense; null for as long as the queue allows.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <exception cref="RagException">Overloaded: the queue is full, at once or after the longest wait. DeadlineExceeded: the time remaining is over.</exception>
    /// <exception cref="OperationCanceledException">The caller went.</exception>
    public async ValueTask EnterAsync(Priority priority, TimeSpan? remaining, CancellationToken cancellationToken)
    {
        var expires = remaining < options.QueueTime;
        var waiter = new Waiter(priority);
        Waiter? displaced = null;
        lock (_lock)
        {
            if (_inUse < options.Concurrency)
            {
                _inUse++;
                return;
            }

            var wait = Estimate(priority);
            if (wait > options.QueueTime || (_waiting >= options.QueueLimit && !TryDisplace(priority, out displaced)))
            {
                _refused++;
                throw Full(wait);
            }

            waiter.Node = _queues[(int)priority].AddLast(waiter);
            _waiting++;
        }

        displaced?.End.TrySetException(Full(options.QueueTime));
        using var timer = time.CreateTimer(
            _ => Drop(waiter, expires ? new RagException(RagError.DeadlineExceeded, $"{service}: the request's time was over in the queue") : Full(options.QueueTime)),
            null, expires ? remaining!.Value : options.QueueTime, Timeout.InfiniteTimeSpan);
        using var caller = cancellationToken.UnsafeRegister(_ => Drop(waiter, new OperationCanceledException(cancellationToken)), null);
        await waiter.End.Task.ConfigureAwait(false);
    }

    /// <summary>Gives a place back; the next in the queue gets it.</summary>
    /// <param name="held">How long it was held.</param>
    public void Leave(TimeSpan held)
    {
        Waiter? next = null;
        lock (_lock)
        {
            _meanSeconds = _meanSeconds == 0 ? held.TotalSeconds : _meanSeconds + Smoothing * (held.TotalSeconds - _meanSeconds);
            if (_waiting == 0 || !TryTakeFirst(out next))
                _inUse--;
        }

        next?.End.SetResult();
    }

    // Those of the same and of more urgent work are ahead; each place ends one call in a mean time.
    private TimeSpan Estimate(Priority priority)
    {
        var ahead = 1;
        for (var i = 0; i <= (int)priority; i++)
            ahead += _queues[i].Count;
        return TimeSpan.FromSeconds(ahead * _meanSeconds / options.Concurrency);
    }

    private bool TryTakeFirst(out Waiter? first)
    {
        first = _queues.FirstOrDefault(queue => queue.Count > 0)?.First?.Value;
        if (first is not null)
            Remove(first);
        return first is not null;
    }

    // The last of the least urgent makes room, if it is less urgent.
    private bool TryDisplace(Priority priority, out Waiter? displaced)
    {
        displaced = _queues.Skip((int)priority + 1).LastOrDefault(queue => queue.Count > 0)?.Last?.Value;
        if (displaced is null)
            return false;
        Remove(displaced);
        _dropped++;
        return true;
    }

    private void Drop(Waiter waiter, Exception reason)
    {
        lock (_lock)
        {
            if (waiter.Node.List is null)
                return; // it has its place already, or has made room
            Remove(waiter);
            if (reason is RagException { Error: RagError.Overloaded })
                _dropped++;
        }

        waiter.End.SetException(reason);
    }

    private void Remove(Waiter waiter)
    {
        _queues[(int)waiter.Priority].Remove(waiter.Node);
        _waiting--;
    }

    private RagException Full(TimeSpan wait) => new(
        RagError.Overloaded, $"{service}: {options.Concurrency} calls are in flight and others wait already; try again later", wait > ShortestRetry ? wait : ShortestRetry)
    { Retried = true };

    private sealed class Waiter(Priority priority)
    {
        public Priority Priority => priority;

        public LinkedListNode<Waiter> Node { get; set; } = null!;

        public TaskCompletionSource End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
