using System.Numerics.Tensors;
using Rag.Filters;
using Rag.Vectors.Graphs;

namespace Rag.Vectors;

/// <summary>
/// One search: through the graph, or by comparing every chunk where that costs less or the graph finds too little.
/// A filter's share of the chunks is estimated from a sample; a walk gets a budget, because what matches may lie far from the query.
/// </summary>
internal readonly ref struct TenantSearch(SlotStore store, Tenant tenant, Walk walk, ReadOnlySpan<float> query, VectorsOptions options)
{
    private const int Sample = 256;

    // Relative costs, measured on the bench's data: a chunk compared on a walk; its filter looked at in a scan; compared in full in a scan.
    private const double WalkCost = 1, LookCost = 0.25, CompareCost = 1;
    private const int ComparedPerResult = 12;

    private readonly SlotStore _store = store;
    private readonly HnswGraph _graph = tenant.Graph!;
    private readonly ReadOnlySpan<float> _query = query;

    /// <summary>The best, as keys with exact similarities, in <see cref="Walk.Found"/>.</summary>
    public void Run(int topK, MetadataFilter? filter, long commit)
    {
        var breadth = Math.Max(options.SearchBreadth, topK + topK / 2);
        if (tenant.Live <= Math.Max(options.ScanBelow, topK > options.SearchBreadth ? 4 * breadth : 0))
            Scan(topK, filter, commit);
        else if (filter is null)
        {
            Aim();
            _graph.Search(walk, breadth, new SeenAt(_store, commit), int.MaxValue);
            if (walk.Found.Count < topK)
                Scan(topK, filter, commit);
            else
                Rerank(topK);
        }
        else
            RunFiltered(topK, filter, commit, breadth);
    }

    private void RunFiltered(int topK, MetadataFilter filter, long commit, int breadth)
    {
        var accept = new FilteredAt(_store, commit, filter);
        var members = _graph.Members.Snapshot();
        var step = Math.Max(1, members.Length / Sample);
        int looked = 0, matched = 0;
        for (var i = 0; i < members.Length; i += step, looked++)
            if (accept.Accepts(members[i]))
                matched++;

        var share = (double)matched / looked;
        var walkCost = breadth * ComparedPerResult * WalkCost / share;
        var scanCost = members.Length * (LookCost + share * CompareCost);
        if (matched < 3 || scanCost <= walkCost)
        {
            Scan(topK, filter, commit);
            return;
        }

        Aim();
        var budget = (int)Math.Min(members.Length, Math.Max(scanCost, 2 * walkCost));
        if (_graph.Search(walk, breadth, accept, budget) && walk.Found.Count >= topK)
            Rerank(topK);
        else
            Scan(topK, filter, commit);
    }

    private unsafe void Aim()
    {
        Codes.Encode(_query, walk.Query);
        walk.Aim(walk.Query, _store.Padded);
    }

    private void Rerank(int topK)
    {
        walk.Pool.Clear();
        foreach (var key in walk.Found.Keys)
            walk.Pool.Add(Exact(Near.Slot(key)));
        walk.Pool.Sort();
        walk.Found.Reset(topK);
        foreach (var key in walk.Pool)
        {
            if (walk.Found.IsFull)
                break;
            walk.Found.Add(key);
        }
    }

    private void Scan(int topK, MetadataFilter? filter, long commit)
    {
        var seen = new SeenAt(_store, commit);
        walk.Found.Reset(topK);
        object? last = null;
        var matches = true;
        foreach (var slot in _graph.Members.Snapshot())
        {
            if (!seen.Accepts(slot))
                continue;
            if (filter is not null)
            {
                // A document's chunks lie side by side mostly: one look at its metadata does for all.
                var owner = _store.Owner(slot);
                if (!ReferenceEquals(owner, last))
                    (last, matches) = (owner, owner is ChunkSet set && filter.Matches(set.Metadata));
                if (!matches)
                    continue;
            }

            var key = Exact(slot);
            if (walk.Found.Takes(key))
                walk.Found.Add(key);
        }
    }

    private ulong Exact(int slot) => Near.Key(TensorPrimitives.Dot(_query, _store.Vector(slot)), slot);
}
