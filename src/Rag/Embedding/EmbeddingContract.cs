using Rag.Seams;

namespace Rag.Embedding;

/// <summary><see cref="IEmbedding"/> through the seam.</summary>
internal static class EmbeddingContract
{
    private static readonly UnaryCall<IEmbedding, Nothing, EmbeddingModel> Describe = new("Describe", static (s, _, stop) => s.DescribeAsync(stop), CallPolicy.Watch);
    private static readonly UnaryCall<IEmbedding, EmbedRequest, EmbedReply> Embed = new("Embed", static (s, r, stop) => s.EmbedAsync(r, stop), CallPolicy.HedgedRead);

    public static Contract<IEmbedding> Instance { get; } = new("embedding", seam => new Proxy(seam), Describe, Embed);

    private sealed class Proxy(Seam<IEmbedding> seam) : IEmbedding
    {
        public ValueTask<EmbeddingModel> DescribeAsync(CancellationToken cancellationToken) => seam.CallAsync(Describe, default, cancellationToken);

        public ValueTask<EmbedReply> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken) => seam.CallAsync(Embed, request, cancellationToken);
    }
}
