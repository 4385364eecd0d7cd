using Rag.Filters;

namespace Rag.Keywords;

/// <summary>BM25 over the chunks of all tenants, and the keeper of their texts; a search sees one tenant only.</summary>
public interface IKeywords
{
    /// <summary>Replaces all chunks of a document, for each document given, durably before it returns. Fenced and idempotent like <see cref="Vectors.IVectors.ReplaceAsync"/>.</summary>
    ValueTask ReplaceAsync(IReadOnlyList<DocumentChunks> documents, CancellationToken cancellationToken);

    /// <summary>Removes a document's chunks at or below this version and remembers the version.</summary>
    ValueTask DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken);

    /// <summary>The best chunks by BM25, best first. A query without a known term, or one that looks like a known one, finds nothing.</summary>
    ValueTask<IReadOnlyList<KeywordHit>> SearchAsync(KeywordSearch request, CancellationToken cancellationToken);

    /// <summary>Texts of chunks, in the order asked for; null for one that is gone.</summary>
    ValueTask<IReadOnlyList<ChunkText?>> GetTextsAsync(string tenant, IReadOnlyList<ChunkKey> chunks, CancellationToken cancellationToken);

    /// <summary>Size of the index.</summary>
    ValueTask<KeywordsState> DescribeAsync(CancellationToken cancellationToken);
}

/// <summary>One chunk's name within a tenant. Its public id is <c>document:version:ordinal</c>.</summary>
public readonly record struct ChunkKey(string DocumentId, int Version, int Ordinal)
{
    /// <summary>The public id.</summary>
    public override string ToString() => $"{DocumentId}:{Version}:{Ordinal}";
}

/// <summary>One document's chunks, in order: chunk <c>i</c> has ordinal <c>i</c>.</summary>
public sealed record DocumentChunks(
    string Tenant, string DocumentId, int Version, string Title, IReadOnlyList<string> Chunks, IReadOnlyDictionary<string, MetadataValue> Metadata);

/// <summary>A search.</summary>
/// <param name="Tenant">Whose chunks.</param>
/// <param name="Text">Free text; no operators.</param>
/// <param name="TopK">1–1000.</param>
/// <param name="Filter">Conditions on the document's metadata, or null.</param>
public sealed record KeywordSearch(string Tenant, string Text, int TopK, MetadataFilter? Filter);

/// <summary>A chunk that was found; <see cref="Score"/> is BM25, above 0, unbounded.</summary>
public readonly record struct KeywordHit(string DocumentId, int Version, int Ordinal, float Score);

/// <summary>A chunk's text with its document's title.</summary>
public sealed record ChunkText(ChunkKey Key, string Title, string Text);

/// <summary>Size of the index.</summary>
public sealed record KeywordsState(long Chunks, long Terms, long Bytes);
