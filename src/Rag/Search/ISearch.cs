using Rag.Filters;
using Rag.Keywords;

namespace Rag.Search;

/// <summary>Hybrid retrieval: keywords and vectors fused; falls back to one when the other is down, and says so.</summary>
public interface ISearch
{
    /// <summary>
    /// The best chunks, best first, each once, of each document one version. While keywords, who keep the texts, are down they are taken
    /// from the documents; what was indexed and not yet replaced by the newest version is then left out. Unavailable when neither side answers.
    /// </summary>
    ValueTask<SearchReply> SearchAsync(SearchRequest request, CancellationToken cancellationToken);
}

/// <summary>A search.</summary>
/// <param name="Tenant">Whose chunks.</param>
/// <param name="Query">Free text, 1–8192 characters.</param>
/// <param name="TopK">1–1000.</param>
/// <param name="Filter">Conditions on the document's metadata, or null.</param>
public sealed record SearchRequest(string Tenant, string Query, int TopK, MetadataFilter? Filter);

/// <summary>What was found.</summary>
/// <param name="Results">Best first.</param>
/// <param name="Degraded">What was missing: <c>embedding_unavailable</c>, <c>vectors_unavailable</c>, <c>keywords_unavailable</c>, <c>reranking_unavailable</c>; empty when all was well.</param>
public sealed record SearchReply(IReadOnlyList<SearchResult> Results, IReadOnlyList<string> Degraded);

/// <summary>A chunk that was found.</summary>
/// <param name="Key">Its name; <c>Key.ToString()</c> is the public chunk id.</param>
/// <param name="Title">Its document's title.</param>
/// <param name="Text">Its text.</param>
/// <param name="Score">Fused score, greater is better; comparable within one reply only.</param>
public sealed record SearchResult(ChunkKey Key, string Title, string Text, double Score);
