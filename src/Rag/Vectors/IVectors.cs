using Rag.Embedding;
using Rag.Filters;

namespace Rag.Vectors;

/// <summary>Approximate nearest neighbours over the chunks of all tenants; a search sees one tenant only.</summary>
public interface IVectors
{
    /// <summary>
    /// Replaces all chunks of a document, for each document given, durably before it returns. Fenced: an index that has seen a newer version
    /// (or a deletion) of the document leaves it alone. Idempotent.
    /// </summary>
    ValueTask ReplaceAsync(IReadOnlyList<DocumentVectors> documents, CancellationToken cancellationToken);

    /// <summary>Removes a document's chunks at or below this version and remembers the version, so that a late <see cref="ReplaceAsync"/> can't bring it back.</summary>
    ValueTask DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken);

    /// <summary>The nearest chunks by cosine, best first.</summary>
    ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorSearch request, CancellationToken cancellationToken);

    /// <summary>Size and model of the index.</summary>
    ValueTask<VectorsState> DescribeAsync(CancellationToken cancellationToken);
}

/// <summary>One document's chunks, in order: chunk <c>i</c> has ordinal <c>i</c>.</summary>
public sealed record DocumentVectors(
    string Tenant, string DocumentId, int Version, EmbeddingModel Model, IReadOnlyList<float[]> Chunks, IReadOnlyDictionary<string, MetadataValue> Metadata);

/// <summary>A search.</summary>
/// <param name="Tenant">Whose chunks.</param>
/// <param name="Model">The model of <paramref name="Vector"/>; must be the index's own.</param>
/// <param name="Vector">L2-normalised.</param>
/// <param name="TopK">1–1000.</param>
/// <param name="Filter">Conditions on the document's metadata, or null.</param>
public sealed record VectorSearch(string Tenant, EmbeddingModel Model, float[] Vector, int TopK, MetadataFilter? Filter);

/// <summary>A chunk that was found.</summary>
/// <param name="DocumentId">Its document.</param>
/// <param name="Version">The document's version.</param>
/// <param name="Ordinal">Which chunk of it, from 0.</param>
/// <param name="Score">Cosine, −1…1.</param>
public readonly record struct VectorHit(string DocumentId, int Version, int Ordinal, float Score);

/// <summary>Size and model of the index.</summary>
/// <param name="Model">Null while empty.</param>
/// <param name="Chunks">Live chunks.</param>
/// <param name="Deleted">Deleted ones whose place is not yet reused.</param>
/// <param name="Bytes">Memory held by vectors and graph.</param>
public sealed record VectorsState(EmbeddingModel? Model, long Chunks, long Deleted, long Bytes);
