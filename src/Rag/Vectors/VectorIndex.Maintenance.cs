using Rag.Errors;
using Rag.Journals;

namespace Rag.Vectors;

/// <summary>What runs in the background, one at a time: repairs and snapshots.</summary>
internal sealed partial class VectorIndex
{
    // Where a failed snapshot is tried again: when the log has grown by as much once more, not at each change.
    private long _retryAtLogBytes;

    private bool IsSnapshotDue =>
        _journal.LogBytes >= Math.Max(Math.Max(_options.SnapshotAfterLogBytes, _journal.SnapshotBytes / 4), Interlocked.Read(ref _retryAtLogBytes));

    private void Maintain()
    {
        foreach (var (_, tenant) in _tenants)
            if (tenant.NeedsRepair)
                Repair(tenant);
        if (IsSnapshotDue)
            TrySnapshot();
    }

    private void Repair(Tenant tenant)
    {
        var started = _time.GetTimestamp();
        try
        {
            var commit = Volatile.Read(ref _commit);
            var store = _space!.Store;
            var released = tenant.Graph!.Repair(slot => Volatile.Read(ref store.Life(slot).Died) <= commit);
            tenant.Count(0, -released);
            lock (_gate)
                _taken -= released;
            _metrics.Repaired(released, _time.GetElapsedTime(started));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogRepairFailed(tenant.Name, e);
        }
    }

    private void TrySnapshot()
    {
        var started = _time.GetTimestamp();
        try
        {
            long number;
            Task drained;
            lock (_gate)
            {
                number = _journal.BeginSnapshot();
                drained = _inFlight.Turn();
            }

            drained.GetAwaiter().GetResult(); // all records before the number are published now
            _journal.SaveSnapshot(number, stream => VectorSnapshot.Write(stream, _space, [.. _tenants.Values]));
            Interlocked.Exchange(ref _retryAtLogBytes, 0);
            _metrics.Snapshotted(_time.GetElapsedTime(started));
        }
        catch (Exception e) when (e is IOException or JournalException or RagException or UnauthorizedAccessException)
        {
            Interlocked.Exchange(ref _retryAtLogBytes, _journal.LogBytes + _options.SnapshotAfterLogBytes);
            LogSnapshotFailed(e);
        }
    }
}
