using Rag.Search;

namespace Rag.Reranking;

/// <summary>Reorders candidates by a closer look at their texts.</summary>
public interface IReranking
{
    /// <summary>The candidates in their new order, with new scores. Returns as many as it was given.</summary>
    ValueTask<IReadOnlyList<SearchResult>> RerankAsync(RerankRequest request, CancellationToken cancellationToken);
}

/// <summary>Candidates for a query, 1–200 of them, best first.</summary>
public sealed record RerankRequest(string Query, IReadOnlyList<SearchResult> Candidates);
