using Rag.Filters;
using Rag.Vectors.Graphs;

namespace Rag.Vectors;

/// <summary>What a search sees whose document's metadata meets the filter.</summary>
internal readonly struct FilteredAt(SlotStore store, long commit, MetadataFilter filter) : IAccept
{
    private readonly SeenAt _seen = new(store, commit);

    public bool Accepts(int slot) => _seen.Accepts(slot) && store.Owner(slot) is ChunkSet set && filter.Matches(set.Metadata);
}
