using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Rag.Vectors.Graphs;

/// <summary>
/// One tenant's navigable small world (Malkov &amp; Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical
/// Navigable Small World graphs", 2016): inserts by algorithm 1, walks by algorithm 2, neighbours by the heuristic of algorithm 4.
/// <code>
/// layer 2   e ─────────────── x          few, far links: coarse steps
/// layer 1   e ──── x ──── x ─ x
/// layer 0   e─x─x─x─x─x─x─x─x─x─x        all, near links: the last steps
/// </code>
/// Walks take no lock: ids in a list are replaced one by one and each is, or was, a neighbour. Writers latch one slot at a time. (HnswGraphTests)
/// </summary>
internal sealed unsafe partial class HnswGraph(SlotStore store, Epochs epochs, int insertBreadth)
{
    private const int MaxLevel = 14;
    private const int PrefetchAhead = 4;
    private const int MaxPastTwins = 4096;

    private readonly Lock _entryGate = new();
    private long _entry = -1; // level above, slot below; −1 while empty

    /// <summary>All slots of the graph, deleted ones included.</summary>
    public Members Members { get; } = new();

    /// <summary>The layer of a new slot: exponentially fewer higher up.</summary>
    public static int LevelOf(ulong random, int links)
    {
        var uniform = ((random >> 11) + 1) * (1.0 / (1UL << 53));
        return Math.Min(MaxLevel, (int)(-Math.Log(uniform) / Math.Log(links)));
    }

    /// <summary>Links a filled slot into the graph. Safe beside walks, repairs' scans and other inserts.</summary>
    public void Insert(int slot)
    {
        var walk = epochs.Enter();
        try
        {
            var entry = Volatile.Read(ref _entry);
            var level = store.Head(slot).Level;
            if (entry >= 0 && level <= LevelOfEntry(entry) && TryInsert(walk, slot, level, entry))
                return;

            // A new top, the first slot, or the first live one: one at a time, so that none is left aside.
            lock (_entryGate)
            {
                entry = Volatile.Read(ref _entry);
                var linked = entry >= 0 && TryInsert(walk, slot, level, entry);
                if (!linked || level > LevelOfEntry(entry))
                    Volatile.Write(ref _entry, EntryOf(slot, level));
            }
        }
        finally
        {
            // Linked now, and still inside the walk: whoever waits for this walk finds the slot among the members.
            Members.Add(slot);
            epochs.Leave(walk);
        }
    }

    /// <summary>Puts the nearest of what <paramref name="accept"/> lets through into <see cref="Walk.Found"/>; the query is set by <see cref="Walk.Aim"/>.</summary>
    /// <param name="walk">Working memory, entered.</param>
    /// <param name="breadth">Most results (ef).</param>
    /// <param name="accept">What may be returned.</param>
    /// <param name="maxCompared">Gives up after about so many comparisons.</param>
    /// <returns>False when it gave up.</returns>
    public bool Search<TAccept>(Walk walk, int breadth, TAccept accept, int maxCompared)
        where TAccept : struct, IAccept
    {
        walk.Found.Reset(breadth);
        walk.Compared = 0;
        var entry = Volatile.Read(ref _entry);
        if (entry < 0)
            return true;
        var nearest = Descend(walk, SlotOfEntry(entry), LevelOfEntry(entry), 0);
        return Explore(walk, nearest, 0, breadth, accept, maxCompared);
    }

    /// <summary>Makes the member of the highest layer the entry, a live one if there is one.</summary>
    public void ChooseEntry()
    {
        var (best, bestRank) = (-1, -1);
        foreach (var slot in Members.Snapshot())
        {
            if (store.Head(slot).Condemned != 0)
                continue;
            var rank = store.Head(slot).Level + (store.Life(slot).Died == Lifetime.Never ? MaxLevel + 1 : 0);
            if (rank > bestRank)
                (best, bestRank) = (slot, rank);
        }

        Volatile.Write(ref _entry, best < 0 ? -1 : EntryOf(best, store.Head(best).Level));
    }

    private static long EntryOf(int slot, int level) => ((long)level << 32) | (uint)slot;

    private static int SlotOfEntry(long entry) => (int)(uint)entry;

    private static int LevelOfEntry(long entry) => (int)(entry >> 32);

    /// <returns>False when nothing live was found to link to on layer 0.</returns>
    private bool TryInsert(Walk walk, int slot, int level, long entry)
    {
        var row = store.Code(slot);
        walk.Aim(row, store.Padded);
        var top = LevelOfEntry(entry);
        var nearest = Descend(walk, SlotOfEntry(entry), top, Math.Min(level, top));

        // The slot's own links come first, on all layers: nobody can arrive at it and find no way on.
        for (var layer = Math.Min(level, top); layer >= 0; layer--)
        {
            Gather(walk, slot, nearest, layer);
            if (walk.Pool.Count > 0)
                nearest = Near.Slot(walk.Pool[0]);
            Choose(walk, row, store.Links);
            Write(slot, layer, walk.Chosen);
            if (layer == 0 && walk.Chosen.Count == 0)
                return false;
        }

        for (var layer = Math.Min(level, top); layer >= 0; layer--)
        {
            var links = store.LinksOf(slot, layer);
            for (var i = 1; i <= links[0]; i++)
                LinkBack(walk, links[i], slot, layer);
        }

        return true;
    }

    /// <summary>
    /// Puts what a slot may be linked to on a layer into the pool, nearest first. Where there are so many twins that they fill the list,
    /// a second walk looks past them: else they would be an island without a way out.
    /// </summary>
    private void Gather(Walk walk, int slot, int nearest, int layer)
    {
        _ = Explore(walk, nearest, layer, insertBreadth, new NotDead(store), int.MaxValue);
        var found = walk.Found;
        TakePool(walk.Found.Keys, slot, walk.Pool);
        var row = store.Code(slot);
        if (!found.IsFull || Near.Similarity(found.Worst) < TwinSimilarity(row))
            return;
        var twins = walk.Pool.Take(store.Links / 2).ToArray();
        _ = Explore(walk, nearest, layer, insertBreadth, new NotTwin(store, row), MaxPastTwins);
        TakePool(walk.Found.Keys, slot, walk.Pool);
        walk.Pool.AddRange(twins);
        walk.Pool.Sort();
    }

    private static void TakePool(ReadOnlySpan<ulong> keys, int slot, List<ulong> pool)
    {
        pool.Clear();
        foreach (var key in keys)
            if (Near.Slot(key) != slot)
                pool.Add(key);
    }

    /// <summary>From which similarity on another row counts as the same: that of the row to itself, short of rounding.</summary>
    private float TwinSimilarity(byte* row) => store.Similarity(row, row) - 1e-6f;

    /// <summary>Greedy steps on the layers above <paramref name="to"/>.</summary>
    private int Descend(Walk walk, int from, int level, int to)
    {
        var nearest = from;
        var best = Near.Key(Compare(walk, from), from);
        for (; level > to; level--)
        {
            for (var moved = true; moved;)
            {
                moved = false;
                var links = store.LinksOf(nearest, level);
                var count = Volatile.Read(ref links[0]);
                for (var i = 1; i <= count; i++)
                    Codes.Prefetch(store.Code(links[i]), store.CodeBytes);
                for (var i = 1; i <= count; i++)
                {
                    var slot = Volatile.Read(ref links[i]);
                    var key = Near.Key(Compare(walk, slot), slot);
                    if (key < best)
                        (best, nearest, moved) = (key, slot, true);
                }
            }
        }

        return nearest;
    }

    private bool Explore<TAccept>(Walk walk, int from, int level, int breadth, TAccept accept, int maxCompared)
        where TAccept : struct, IAccept
    {
        var capacity = store.Capacity;
        var tag = walk.Begin(capacity);
        var visited = walk.Visited;
        var found = walk.Found;
        var candidates = walk.Candidates;
        var ids = walk.Ids;
        var compared = 0;
        found.Reset(breadth);
        candidates.Clear();

        visited[from] = tag;
        var first = Near.Key(Compare(walk, from), from);
        candidates.Push(first);
        if (accept.Accepts(from))
            found.Add(first);

        while (candidates.Count > 0)
        {
            var nearest = candidates.Pop();
            if (found.IsFull && nearest > found.Worst)
                break;
            if (compared > maxCompared)
                return false;

            var links = store.LinksOf(Near.Slot(nearest), level);
            var count = Volatile.Read(ref links[0]);
            var fresh = 0;
            for (var i = 1; i <= count; i++)
            {
                // A slot made after the walk began may lie behind the end of its visited list.
                var slot = Volatile.Read(ref links[i]);
                if (slot >= capacity || visited[slot] == tag)
                    continue;
                visited[slot] = tag;
                if (fresh < PrefetchAhead)
                    Codes.Prefetch(store.Code(slot), store.CodeBytes);
                ids[fresh++] = slot;
            }

            compared += fresh;
            for (var i = 0; i < fresh; i++)
            {
                if (i + PrefetchAhead < fresh)
                    Codes.Prefetch(store.Code(ids[i + PrefetchAhead]), store.CodeBytes);
                var slot = ids[i];
                var key = Near.Key(Compare(walk, slot), slot);
                if (!found.Takes(key))
                    continue;
                candidates.Push(key);
                if (Sse.IsSupported)
                    Sse.Prefetch0(store.LinksOf(slot, level));
                if (accept.Accepts(slot))
                    found.Add(key);
            }
        }

        walk.Compared += compared;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private float Compare(Walk walk, int slot)
    {
        var row = store.Code(slot);
        return Codes.Dot(row, walk.Signed, walk.SignedSum, store.Padded) * Codes.Scale(row, store.Padded) * walk.Scale;
    }

    /// <summary>
    /// Of the pool (sorted, nearest first), those that are nearer to the middle than to any chosen before: links in all directions instead of a clump.
    /// Twins of the middle take half of the links at most.
    /// </summary>
    private void Choose(Walk walk, byte* middle, int most)
    {
        var (pool, chosen) = (walk.Pool, walk.Chosen);
        chosen.Clear();
        if (pool.Count <= most)
        {
            chosen.AddRange(pool);
            return;
        }

        var twin = TwinSimilarity(middle);
        foreach (var key in pool)
        {
            if (chosen.Count == most)
                return;
            if ((Near.Similarity(key) < twin || chosen.Count < most / 2) && IsApart(key, chosen))
                chosen.Add(key);
        }
    }

    private bool IsApart(ulong key, List<ulong> chosen)
    {
        var row = store.Code(Near.Slot(key));
        var similarity = Near.Similarity(key);
        foreach (var other in CollectionsMarshal.AsSpan(chosen))
            if (store.Similarity(row, store.Code(Near.Slot(other))) > similarity)
                return false;
        return true;
    }
}
