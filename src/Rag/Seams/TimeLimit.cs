using System.Collections.Concurrent;

namespace Rag.Seams;

/// <summary>
/// A token that ends with the caller's or when the time allowed is over. Pooled, because every call needs one; whoever keeps the token past its call would see
/// another call's end.
/// </summary>
internal sealed class TimeLimit : CancellationTokenSource
{
    private const int MostPooled = 1024;

    private static readonly ConcurrentQueue<TimeLimit> Pool = new();

    [ThreadStatic]
    private static TimeLimit? _ofThisThread;

    private CancellationTokenRegistration _caller;
    private CancellationTokenRegistration _secondCaller;

    private TimeLimit()
    {
    }

    private TimeLimit(TimeSpan allowed, TimeProvider time) : base(allowed, time)
    {
    }

    /// <summary>A limit that runs from now.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="allowed">How long; null for ever.</param>
    /// <param name="caller">Ends it too.</param>
    public static TimeLimit Rent(TimeProvider time, TimeSpan? allowed, CancellationToken caller)
    {
        // A clock other than the system's belongs to one source for good.
        if (allowed is { } span && time != TimeProvider.System)
            return Follow(new TimeLimit(span, time), caller);
        var limit = _ofThisThread;
        if (limit is not null)
            _ofThisThread = null;
        else if (!Pool.TryDequeue(out limit))
            limit = new TimeLimit();
        if (allowed is { } end)
            limit.CancelAfter(end);
        return Follow(limit, caller);
    }

    /// <summary>A limit for long, never pooled, that two callers may end.</summary>
    public static TimeLimit Make(TimeProvider time, TimeSpan? allowed, CancellationToken caller, CancellationToken secondCaller)
    {
        var limit = allowed is { } span ? new TimeLimit(span, time) : new TimeLimit();
        limit._secondCaller = secondCaller == caller ? default : Register(limit, secondCaller);
        return Follow(limit, caller);
    }

    /// <summary>Gives it back; nobody may use it any more.</summary>
    public void Return(TimeProvider time)
    {
        // Waits for a cancellation that is just coming in, so that it can't hit the next user.
        _caller.Dispose();
        _caller = default;
        if (time != TimeProvider.System || !TryReset())
            Dispose();
        else if (_ofThisThread is null)
            _ofThisThread = this;
        else if (Pool.Count < MostPooled)
            Pool.Enqueue(this);
        else
            Dispose();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _caller.Dispose();
            _secondCaller.Dispose();
        }

        base.Dispose(disposing);
    }

    private static TimeLimit Follow(TimeLimit limit, CancellationToken caller)
    {
        limit._caller = Register(limit, caller);
        return limit;
    }

    private static CancellationTokenRegistration Register(TimeLimit limit, CancellationToken caller) =>
        caller.CanBeCanceled ? caller.UnsafeRegister(static limit => ((TimeLimit)limit!).Cancel(), limit) : default;
}
