namespace Rag.Vectors.Graphs;

/// <summary>
/// Tells when nobody can hold on to something any more (epoch-based reclamation, Fraser 2004). Walks enter and leave; <see cref="Wait"/> returns
/// when all that were under way when it was called have left. Walks take no lock on the way and last microseconds to milliseconds.
/// </summary>
internal sealed class Epochs(int dimensions, int links) : IDisposable
{
    public const long Idle = long.MaxValue;

    private readonly Lock _gate = new();
    private readonly Stack<Walk> _idle = new();
    private readonly List<Walk> _all = [];
    private long _now;

    public Walk Enter()
    {
        Walk? walk;
        lock (_gate)
            if (!_idle.TryPop(out walk))
                _all.Add(walk = new Walk(dimensions, links));
        Volatile.Write(ref walk.Epoch, Volatile.Read(ref _now));
        Interlocked.MemoryBarrier(); // the epoch is seen before anything is read: pairs with the increment in Wait
        return walk;
    }

    public void Leave(Walk walk)
    {
        Volatile.Write(ref walk.Epoch, Idle);
        lock (_gate)
            _idle.Push(walk);
    }

    /// <summary>Waits for the walks that are under way now. The caller must not be in one.</summary>
    public void Wait()
    {
        var next = Interlocked.Increment(ref _now);
        Walk[] walks;
        lock (_gate)
            walks = [.. _all];
        foreach (var walk in walks)
        {
            var spin = new SpinWait();
            while (Volatile.Read(ref walk.Epoch) < next)
                spin.SpinOnce();
        }
    }

    public void Dispose()
    {
        lock (_gate)
            foreach (var walk in _all)
                walk.Dispose();
    }
}
