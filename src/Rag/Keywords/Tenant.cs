using System.Collections.Concurrent;
using Rag.Keywords.Index;

namespace Rag.Keywords;

/// <summary>What the index holds of one tenant. The writer changes it, readers look.</summary>
internal sealed class Tenant(KeywordsOptions options)
{
    private TenantIndex _index = new(options);

    /// <summary>Live documents and the memory of deleted ones, by id.</summary>
    public ConcurrentDictionary<string, IndexedDocument> Documents { get; } = new(1, 31, StringComparer.Ordinal);

    public TenantIndex Index
    {
        get => Volatile.Read(ref _index);
        set => Volatile.Write(ref _index, value);
    }
}
