using System.Collections.Concurrent;
using Rag.Vectors.Graphs;

namespace Rag.Vectors;

/// <summary>One tenant's documents and the graph of its chunks. Graphs share memory but no link, so tenants can't meet.</summary>
internal sealed class Tenant(string name, VectorsOptions options)
{
    private int _live;
    private int _dead;

    public string Name => name;

    public ConcurrentDictionary<string, Document> Documents { get; } = new(StringComparer.Ordinal);

    /// <summary>Null until the first chunk comes.</summary>
    public HnswGraph? Graph { get; private set; }

    /// <summary>Chunks that searches see.</summary>
    public int Live => Volatile.Read(ref _live);

    /// <summary>Deleted ones whose slots aren't reused yet.</summary>
    public int Dead => Volatile.Read(ref _dead);

    /// <summary>Whether deleted chunks take so much of the graph that it should be repaired.</summary>
    public bool NeedsRepair => Dead >= options.RepairFloor && Dead >= options.RepairShare * (Live + Dead);

    /// <summary>Whether repairs have fallen so far behind that writers must wait for them: memory stays bounded.</summary>
    public bool IsOverdue => Dead > Math.Max(Live, 4L * options.RepairFloor);

    /// <summary>The graph, made when there is none; under the index's gate.</summary>
    public HnswGraph OpenGraph(VectorSpace space) => Graph ??= new HnswGraph(space.Store, space.Epochs, options.InsertBreadth);

    public void Count(int live, int dead)
    {
        Interlocked.Add(ref _live, live);
        Interlocked.Add(ref _dead, dead);
    }
}
