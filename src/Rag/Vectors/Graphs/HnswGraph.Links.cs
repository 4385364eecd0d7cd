using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Rag.Vectors.Graphs;

/// <summary>
/// How links are written. Pruning alone can drop the last link to a slot, which then is never found again; so each slot counts the lists of
/// layer 0 that hold it, and the last of them keeps it.
/// </summary>
internal sealed unsafe partial class HnswGraph
{
    /// <summary>Adds a link from a slot to another, pruning its list when it is full.</summary>
    private void LinkBack(Walk walk, int slot, int target, int level)
    {
        store.Latch(slot);
        try
        {
            if (AppendIfRoom(slot, target, level))
                return;
            _ = FillPool(walk, slot, target, level);
            Choose(walk, store.Code(slot), store.MostLinks(level));
            AddDead(walk, store.MostLinks(level));
            if (level == 0)
                KeepLastLinks(walk.Chosen, slot, target);
            Write(slot, level, walk.Chosen, dropped: level > 0);
        }
        finally
        {
            store.Unlatch(slot);
        }
    }

    private void LinkBackIfRoom(int slot, int target, int level)
    {
        store.Latch(slot);
        try
        {
            _ = AppendIfRoom(slot, target, level);
        }
        finally
        {
            store.Unlatch(slot);
        }
    }

    /// <summary>Appends to a latched slot's list.</summary>
    /// <returns>False when the list is full and doesn't hold the target.</returns>
    private bool AppendIfRoom(int slot, int target, int level)
    {
        var links = store.LinksOf(slot, level);
        var count = links[0];
        if (new ReadOnlySpan<int>(links + 1, count).Contains(target))
            return true;
        if (count >= store.MostLinks(level))
            return false;
        if (level == 0)
            Interlocked.Increment(ref store.Head(target).Incoming);
        Volatile.Write(ref links[count + 1], target);
        Volatile.Write(ref links[0], count + 1);
        return true;
    }

    /// <summary>
    /// Gathers what a latched slot may link to: what it links to now, one more, and instead of condemned slots what those link to.
    /// Dead slots are kept apart: among the others they would keep newer ones beside them out, and then leave.
    /// </summary>
    /// <param name="walk">Working memory; its visited list is used.</param>
    /// <param name="slot">Latched.</param>
    /// <param name="target">One more, or −1.</param>
    /// <param name="level">The layer.</param>
    /// <returns>How many condemned slots it links to.</returns>
    private int FillPool(Walk walk, int slot, int target, int level)
    {
        var capacity = store.Capacity;
        var tag = walk.Begin(capacity);
        var visited = walk.Visited;
        var pool = walk.Pool;
        var links = store.LinksOf(slot, level);
        var count = links[0];
        var broken = 0;
        pool.Clear();
        walk.Dead.Clear();
        visited[slot] = tag;
        if (target >= 0)
            _ = Consider(target);
        for (var i = 1; i <= count; i++)
            if (!Consider(links[i]))
                broken += store.Head(links[i]).Condemned;
        if (broken > 0)
        {
            var share = Math.Max(4, PoolLimit / broken);
            for (var i = 1; i <= count && pool.Count < PoolLimit; i++)
            {
                if (store.Head(links[i]).Condemned == 0)
                    continue;
                var further = store.LinksOf(links[i], level);
                for (int j = 1, taken = 0; j <= Volatile.Read(ref further[0]) && taken < share; j++)
                    taken += Consider(Volatile.Read(ref further[j])) ? 1 : 0;
            }
        }

        pool.Sort();
        return broken;

        bool Consider(int other)
        {
            if (other >= capacity || visited[other] == tag || Volatile.Read(ref store.Head(other).Condemned) != 0)
                return false;
            visited[other] = tag;
            (Volatile.Read(ref store.Life(other).Died) == Lifetime.Never ? pool : walk.Dead).Add(KeyFrom(slot, other));
            return true;
        }
    }

    /// <summary>Dead slots still lead on, so they stay where there is room.</summary>
    private void AddDead(Walk walk, int most)
    {
        foreach (var key in walk.Dead)
            if (walk.Chosen.Count < most && IsApart(key, walk.Chosen))
                walk.Chosen.Add(key);
    }

    /// <summary>Uncounts what a list drops, and puts back what no other list holds. Counting down first makes the last of several lists notice, whatever their order.</summary>
    private void KeepLastLinks(List<ulong> chosen, int slot, int target)
    {
        var links = store.LinksOf(slot, 0);
        var most = store.MostLinks(0);
        for (var i = 1; i <= links[0]; i++)
        {
            var key = KeyFrom(slot, links[i]);
            if (!CollectionsMarshal.AsSpan(chosen).Contains(key) && IsLast(links[i]))
                Force(key);
        }

        var own = KeyFrom(slot, target);
        if (Volatile.Read(ref store.Head(target).Incoming) == 0 && !CollectionsMarshal.AsSpan(chosen).Contains(own))
            Force(own);

        void Force(ulong key)
        {
            if (chosen.Count < most)
            {
                chosen.Add(key);
                return;
            }

            // The farthest that can be spared gives way.
            for (var i = chosen.Count - 1; i > 0; i--)
            {
                var other = Near.Slot(chosen[i]);
                var isOld = new ReadOnlySpan<int>(links + 1, links[0]).Contains(other);
                if (isOld ? IsLast(other) : other == target)
                    continue;
                chosen[i] = key;
                return;
            }
        }
    }

    /// <summary>Counts one list less, unless it is the last and the slot is alive.</summary>
    private bool IsLast(int slot)
    {
        ref var incoming = ref store.Head(slot).Incoming;
        if (Interlocked.Decrement(ref incoming) > 0 || Volatile.Read(ref store.Life(slot).Died) != Lifetime.Never)
            return false;
        Interlocked.Increment(ref incoming);
        return true;
    }

    /// <summary>
    /// Replaces the list of a slot that is latched or not linked yet. What stays keeps its place, what comes takes the place of what goes,
    /// and only then does the end move: a walk that reads meanwhile misses nothing that was there before and after.
    /// </summary>
    /// <param name="slot">Whose list.</param>
    /// <param name="level">On which layer.</param>
    /// <param name="chosen">The new list, in any order.</param>
    /// <param name="dropped">Whether to uncount what goes; false when that is done.</param>
    private void Write(int slot, int level, List<ulong> chosen, bool dropped = true)
    {
        var links = store.LinksOf(slot, level);
        var before = links[0];
        Span<int> after = stackalloc int[chosen.Count];
        for (var i = 0; i < after.Length; i++)
            after[i] = Near.Slot(chosen[i]);
        Span<int> holes = stackalloc int[before];
        var open = 0;
        for (var i = 1; i <= before; i++)
        {
            if (after.Contains(links[i]))
                continue;
            holes[open++] = i;
            if (level == 0 && dropped)
                Interlocked.Decrement(ref store.Head(links[i]).Incoming);
        }

        var (filled, count) = (0, before);
        var old = new ReadOnlySpan<int>(links + 1, before);
        Span<int> added = stackalloc int[after.Length];
        var additions = 0;
        foreach (var other in after)
            if (!old.Contains(other))
                added[additions++] = other;
        foreach (var other in added[..additions])
        {
            if (level == 0)
                Interlocked.Increment(ref store.Head(other).Incoming);
            Volatile.Write(ref links[filled < open ? holes[filled++] : ++count], other);
        }

        for (var tail = before; filled < open && holes[filled] <= after.Length; tail--)
            if (!holes[filled..open].Contains(tail))
                Volatile.Write(ref links[holes[filled++]], links[tail]);
        Volatile.Write(ref links[0], after.Length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong KeyFrom(int middle, int slot) => Near.Key(store.Similarity(store.Code(middle), store.Code(slot)), slot);
}
