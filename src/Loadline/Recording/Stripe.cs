using Loadline.Wire;

namespace Loadline.Recording;

/// <summary>
/// One of several places that exchanges are recorded in, so that threads seldom meet. Keeps the seconds that are not yet flushed in a ring: an exchange goes
/// into the second in which it ended, or, when that is flushed already, into the earliest that is not. When the flusher is late by more than the ring
/// is long, everything newer goes into the ring's last second: memory stays bounded and no exchange is lost.
/// </summary>
internal sealed class Stripe(int slices, int keys, HistogramPool pool)
{
    private const int Ring = 4;

    private readonly Lock _gate = new();
    private readonly Interval?[] _ring = new Interval?[Ring];
    private long _flushedThrough = -1;

    public void Record(int slice, int key, Exchange exchange)
    {
        lock (_gate)
            Open(exchange.End).Record(slice, key, exchange);
    }

    public void RecordTime(int slice, int key, Measure measure, long nanoseconds, long at)
    {
        lock (_gate)
            Open(at).RecordTime(slice, key, measure, nanoseconds);
    }

    public void RecordFelt(int slice, int key, Felt felt)
    {
        lock (_gate)
            Open(felt.End).RecordFelt(slice, key, felt);
    }

    public void RecordArrival(int slice, int key, long at, bool sent)
    {
        lock (_gate)
            Open(at).RecordArrival(slice, key, sent);
    }

    public void RecordGranted(int slice, int key, long at, int requests)
    {
        lock (_gate)
            Open(at).RecordGranted(slice, key, requests);
    }

    /// <summary>Closes a second and hands out what was recorded in it; seconds must be closed in order.</summary>
    public Interval? Close(long second)
    {
        lock (_gate)
        {
            ref var cell = ref _ring[second % Ring];
            var closed = cell;
            cell = null;
            _flushedThrough = second;
            return closed;
        }
    }

    private Interval Open(long nanoseconds)
    {
        var second = Math.Clamp(nanoseconds / 1_000_000_000, _flushedThrough + 1, _flushedThrough + Ring);
        return _ring[second % Ring] ??= new Interval(slices, keys, pool);
    }
}
