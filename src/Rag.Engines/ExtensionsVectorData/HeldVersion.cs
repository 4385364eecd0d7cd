using Rag.Filters;

namespace Rag.Engines.ExtensionsVectorData;

/// <summary>What a document is, or was a moment ago.</summary>
/// <param name="tenant">Whose.</param>
/// <param name="document">Its name.</param>
/// <param name="rank">Its <see cref="Seams.DocumentRank"/>.</param>
/// <param name="metadata">For filters.</param>
/// <param name="attempt">Which writing holds its chunks; 0 for a deletion.</param>
/// <param name="ordinals">Chunks that have a vector, in order.</param>
internal sealed class HeldVersion(string tenant, string document, long rank, IReadOnlyDictionary<string, MetadataValue> metadata, long attempt, int[] ordinals)
{
    public static readonly IReadOnlyDictionary<string, MetadataValue> NoMetadata = new Dictionary<string, MetadataValue>();

    public string Tenant => tenant;

    public string Document => document;

    public long Rank => rank;

    public IReadOnlyDictionary<string, MetadataValue> Metadata => metadata;

    public long Attempt => attempt;

    public int[] Ordinals => ordinals;

    /// <summary>The first revision that sees it; under the lock of <see cref="HeldVersions"/>.</summary>
    public long From { get; set; }

    /// <summary>The first revision that no longer does.</summary>
    public long Until { get; set; } = long.MaxValue;
}
