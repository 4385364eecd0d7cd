namespace Rag.Bench.SciFact;

/// <summary>What the bench measures.</summary>
internal interface IRetrievalTarget
{
    /// <summary>Stores all abstracts and returns once all can be found.</summary>
    Task IndexAsync(IReadOnlyList<SciFactData.Abstract> abstracts, CancellationToken cancellationToken);

    /// <summary>The documents of the best chunks, best first, and what was degraded.</summary>
    Task<(List<string> DocumentsOfChunks, bool IsDegraded)> SearchAsync(string query, int topK, CancellationToken cancellationToken);
}
