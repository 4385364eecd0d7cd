using Rag.Filters;
using Rag.Seams;

namespace Rag.Vectors;

/// <summary>The chunks of one version of a document.</summary>
/// <param name="document">Its document.</param>
/// <param name="version">Which version.</param>
/// <param name="metadata">The version's metadata.</param>
/// <param name="slots">Each chunk's slot; −1 for a chunk whose vector is zero.</param>
internal sealed class ChunkSet(Document document, int version, IReadOnlyDictionary<string, MetadataValue> metadata, int[] slots)
{
    public Document Document => document;

    public int Version => version;

    public IReadOnlyDictionary<string, MetadataValue> Metadata => metadata;

    public int[] Slots => slots;
}

/// <summary>What a document's published version is; replaced as a whole, so that readers see one or the other.</summary>
/// <param name="Version">The highest version published, deletions included; 0 before the first.</param>
/// <param name="Chunks">Its chunks; null when it was a deletion.</param>
internal sealed record Published(int Version, ChunkSet? Chunks)
{
    public static readonly Published Nothing = new(0, null);

    public long Rank => Chunks is null ? DocumentRank.OfDeletion(Version) : DocumentRank.OfContent(Version);
}

/// <summary>A document's fence. It stays when the document is deleted, so that a late write can't bring it back.</summary>
internal sealed class Document(Tenant tenant, string id)
{
    private Published _published = Published.Nothing;

    public Tenant Tenant => tenant;

    public string Id => id;

    /// <summary>The highest <see cref="DocumentRank"/> admitted, published yet or not; under the index's gate.</summary>
    public long Seen { get; set; }

    public Published Published
    {
        get => Volatile.Read(ref _published);
        set => Volatile.Write(ref _published, value);
    }
}
