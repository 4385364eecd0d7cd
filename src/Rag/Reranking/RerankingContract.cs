using Rag.Search;
using Rag.Seams;

namespace Rag.Reranking;

/// <summary><see cref="IReranking"/> through the seam.</summary>
internal static class RerankingContract
{
    private static readonly UnaryCall<IReranking, RerankRequest, IReadOnlyList<SearchResult>> Rerank =
        new("Rerank", static (s, r, stop) => s.RerankAsync(r, stop), CallPolicy.Read with { Cap = TimeSpan.FromMilliseconds(250) });

    public static Contract<IReranking> Instance { get; } = new("reranking", seam => new Proxy(seam), Rerank);

    private sealed class Proxy(Seam<IReranking> seam) : IReranking
    {
        public ValueTask<IReadOnlyList<SearchResult>> RerankAsync(RerankRequest request, CancellationToken cancellationToken) => seam.CallAsync(Rerank, request, cancellationToken);
    }
}
