namespace Rag.Vectors.Graphs;

/// <summary>
/// Takes deleted slots out of the graph and gives them back, beside walks and inserts. One repair at a time.
/// <code>
/// 1 condemn   the slots that are dead now; inserts link to no dead slot
/// 2 wait      for inserts that looked before
/// 3 mend      whoever links to a condemned slot gets that slot's neighbours to choose from (as FreshDiskANN, Singh et al. 2021, algorithm 4)
/// 4 wait      for walks that still hold a condemned slot
/// 5 release
/// </code>
/// EndlessReplacementTests shows that recall and size stay.
/// </summary>
internal sealed unsafe partial class HnswGraph
{
    private const int PoolLimit = 96;

    /// <returns>How many slots were given back.</returns>
    public int Repair(Func<int, bool> isDead)
    {
        var condemned = new HashSet<int>();
        foreach (var slot in Members.Snapshot())
            if (isDead(slot))
            {
                store.Head(slot).Condemned = 1;
                condemned.Add(slot);
            }

        if (condemned.Count == 0)
            return 0;
        epochs.Wait();

        var weak = new List<int>();
        foreach (var slot in Members.Snapshot())
            if (store.Head(slot).Condemned == 0)
                MendSlot(slot, weak);

        foreach (var slot in condemned)
            ForgetLinks(slot);
        ReplaceEntry();
        ReconnectOrphans(weak);
        Members.Remove(condemned);
        epochs.Wait();
        store.Release(condemned);
        return condemned.Count;
    }

    /// <summary>Links again what no list of layer 0 holds, and what is given besides. For repairs and after loading.</summary>
    public void ReconnectOrphans(List<int> weak)
    {
        foreach (var slot in weak)
            Reconnect(slot);
        foreach (var slot in Members.Snapshot())
            if (Volatile.Read(ref store.Head(slot).Incoming) <= 0 && store.Head(slot).Condemned == 0 && slot != SlotOfEntry(Volatile.Read(ref _entry)))
                Reconnect(slot);
    }

    // Its list stays for walks that still pass through it, but no longer counts.
    private void ForgetLinks(int slot)
    {
        var links = store.LinksOf(slot, 0);
        for (var i = 1; i <= links[0]; i++)
            Interlocked.Decrement(ref store.Head(links[i]).Incoming);
    }

    private void MendSlot(int slot, List<int> weak)
    {
        var walk = epochs.Enter();
        try
        {
            for (var level = store.Head(slot).Level; level >= 0; level--)
            {
                store.Latch(slot);
                bool mended;
                try
                {
                    mended = Mend(walk, slot, level);
                }
                finally
                {
                    store.Unlatch(slot);
                }

                if (!mended)
                    continue;

                // A slot whose every way in led through condemned ones would be lost: where there is room, its neighbours link back.
                foreach (var key in walk.Chosen)
                    LinkBackIfRoom(Near.Slot(key), slot, level);
                if (level == 0 && walk.Chosen.Count < Math.Max(1, store.Links / 4))
                    weak.Add(slot);
            }
        }
        finally
        {
            epochs.Leave(walk);
        }
    }

    /// <summary>Replaces a latched slot's condemned links; false when it has none.</summary>
    private bool Mend(Walk walk, int slot, int level)
    {
        var links = store.LinksOf(slot, level);
        var count = links[0];
        var broken = 0;
        for (var i = 1; i <= count; i++)
            broken += store.Head(links[i]).Condemned;
        if (broken == 0)
            return false;

        _ = FillPool(walk, slot, -1, level);
        Choose(walk, store.Code(slot), store.MostLinks(level));
        AddDead(walk, store.MostLinks(level));
        Write(slot, level, walk.Chosen);
        return true;
    }

    /// <summary>A slot that lost most of its neighbours is looked up from the top and linked again; the condemned slots still show the way.</summary>
    private void Reconnect(int slot)
    {
        var walk = epochs.Enter();
        try
        {
            var entry = Volatile.Read(ref _entry);
            if (entry < 0)
                return;
            walk.Aim(store.Code(slot), store.Padded);
            var nearest = Descend(walk, SlotOfEntry(entry), LevelOfEntry(entry), 0);
            Gather(walk, slot, nearest, 0);
            Choose(walk, store.Code(slot), store.Links);
            var chosen = walk.Chosen.ToArray();
            foreach (var key in chosen)
            {
                LinkBackIfRoom(slot, Near.Slot(key), 0);
                LinkBack(walk, Near.Slot(key), slot, 0);
            }
        }
        finally
        {
            epochs.Leave(walk);
        }
    }

    private void ReplaceEntry()
    {
        lock (_entryGate)
        {
            var entry = Volatile.Read(ref _entry);
            if (entry >= 0 && store.Head(SlotOfEntry(entry)).Condemned != 0)
                ChooseEntry();
        }
    }
}
