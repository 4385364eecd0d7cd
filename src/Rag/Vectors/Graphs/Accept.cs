namespace Rag.Vectors.Graphs;

/// <summary>Which slots a walk may return; it passes through the others all the same. A struct, so that each kind of walk is compiled for itself.</summary>
internal interface IAccept
{
    /// <summary>Whether the slot may be returned.</summary>
    bool Accepts(int slot);
}

/// <summary>Whatever isn't deleted: what a new chunk may be linked to. Walks pass through deleted ones all the same, until a repair takes them out.</summary>
internal readonly struct NotDead(SlotStore store) : IAccept
{
    public bool Accepts(int slot) => Volatile.Read(ref store.Life(slot).Died) == Lifetime.Never;
}

/// <summary>What a new chunk may be linked to, without its twins: chunks of the same codes.</summary>
internal readonly unsafe struct NotTwin(SlotStore store, byte* row) : IAccept
{
    private readonly NotDead _live = new(store);

    public bool Accepts(int slot) =>
        _live.Accepts(slot) && !new ReadOnlySpan<byte>(row, store.CodeBytes).SequenceEqual(new ReadOnlySpan<byte>(store.Code(slot), store.CodeBytes));
}

/// <summary>What a search that began at a commit number sees.</summary>
internal readonly struct SeenAt(SlotStore store, long commit) : IAccept
{
    public bool Accepts(int slot)
    {
        ref var life = ref store.Life(slot);
        return Volatile.Read(ref life.Born) <= commit && Volatile.Read(ref life.Died) > commit;
    }
}
