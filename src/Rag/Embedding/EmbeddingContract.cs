using Rag.Seams;

namespace Rag.Embedding;

/// <summary><see cref="IEmbedding"/> through the seam.</summary>
internal static class EmbeddingContract
{
    private static readonly UnaryCall<IEmbedding, Nothing, EmbeddingModel> Describe = new("Describe", static (s, _, stop) => s.DescribeAsync(stop), CallPolicy.Watch);
    // Search asks for a vector and then for its neighbours: both caps together, and documents' for the texts, stay below a second.
    private static readonly UnaryCall<IEmbedding, EmbedRequest, EmbedReply> Embed =
        new("Embed", static (s, r, stop) => s.EmbedAsync(r, stop), CallPolicy.HedgedRead with { Cap = TimeSpan.FromMilliseconds(250) });

    private static readonly UnaryCall<IEmbedding, Nothing, OfferedModels> List = new("List", static (s, _, stop) => s.ListAsync(stop), CallPolicy.Watch);

    public static Contract<IEmbedding> Instance { get; } = new("embedding", seam => new Proxy(seam), Describe, Embed, List)
    {
        Rehearse = static async (service, stop) => await service.EmbedAsync(new EmbedRequest([Rehearsal.Text], EmbedPurpose.Query), stop).ConfigureAwait(false),
    };

    private sealed class Proxy(Seam<IEmbedding> seam) : IEmbedding
    {
        public ValueTask<EmbeddingModel> DescribeAsync(CancellationToken cancellationToken) => seam.CallAsync(Describe, default, cancellationToken);

        public ValueTask<EmbedReply> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken) => seam.CallAsync(Embed, request, cancellationToken);

        public ValueTask<OfferedModels> ListAsync(CancellationToken cancellationToken) => seam.CallAsync(List, default, cancellationToken);
    }
}
