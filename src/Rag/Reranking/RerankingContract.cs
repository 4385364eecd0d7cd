using Rag.Keywords;
using Rag.Seams;
using Rag.Search;

namespace Rag.Reranking;

/// <summary><see cref="IReranking"/> through the seam.</summary>
internal static class RerankingContract
{
    private static readonly UnaryCall<IReranking, RerankRequest, IReadOnlyList<SearchResult>> Rerank =
        new("Rerank", static (s, r, stop) => s.RerankAsync(r, stop), CallPolicy.Read with { Cap = TimeSpan.FromMilliseconds(250) });

    public static Contract<IReranking> Instance { get; } = new("reranking", seam => new Proxy(seam), Rerank)
    {
        Rehearse = static async (service, stop) => await service.RerankAsync(
            new RerankRequest(Rehearsal.Text, [new SearchResult(new ChunkKey("none", 1, 0), "Tides", Rehearsal.Text, 1)]), stop).ConfigureAwait(false),
    };

    private sealed class Proxy(Seam<IReranking> seam) : IReranking
    {
        public ValueTask<IReadOnlyList<SearchResult>> RerankAsync(RerankRequest request, CancellationToken cancellationToken) => seam.CallAsync(Rerank, request, cancellationToken);
    }
}
