using Rag.Seams;

namespace Rag.Vectors;

/// <summary><see cref="IVectors"/> through the seam.</summary>
internal static class VectorsContract
{
    private static readonly UnaryCall<IVectors, IReadOnlyList<DocumentVectors>, Nothing> Replace =
        new("Replace", static async (s, r, stop) => { await s.ReplaceAsync(r, stop).ConfigureAwait(false); return default; }, CallPolicy.IdempotentWrite);

    private static readonly UnaryCall<IVectors, DocumentVersion, Nothing> Delete =
        new("Delete", static async (s, r, stop) => { await s.DeleteAsync(r.Tenant, r.DocumentId, r.Version, stop).ConfigureAwait(false); return default; }, CallPolicy.IdempotentWrite);

    private static readonly UnaryCall<IVectors, VectorSearch, IReadOnlyList<VectorHit>> Search =
        new("Search", static (s, r, stop) => s.SearchAsync(r, stop), CallPolicy.HedgedRead with { Cap = TimeSpan.FromMilliseconds(250) });

    private static readonly UnaryCall<IVectors, Nothing, VectorsState> Describe = new("Describe", static (s, _, stop) => s.DescribeAsync(stop), CallPolicy.Watch);

    public static Contract<IVectors> Instance { get; } = new("vectors", seam => new Proxy(seam), Replace, Delete, Search, Describe)
    {
        Rehearse = static async (service, stop) =>
        {
            if ((await service.DescribeAsync(stop).ConfigureAwait(false)).Model is not { } model)
                return; // an empty index: its first search is cheap
            var vector = new float[model.Dimensions];
            vector[0] = 1;
            await service.SearchAsync(new VectorSearch(Rehearsal.Tenant, model, vector, 10, null), stop).ConfigureAwait(false);
        },
    };

    private sealed class Proxy(Seam<IVectors> seam) : IVectors
    {
        public async ValueTask ReplaceAsync(IReadOnlyList<DocumentVectors> documents, CancellationToken cancellationToken) =>
            await seam.CallAsync(Replace, documents, cancellationToken).ConfigureAwait(false);

        public async ValueTask DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken) =>
            await seam.CallAsync(Delete, new DocumentVersion(tenant, documentId, version), cancellationToken).ConfigureAwait(false);

        public ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorSearch request, CancellationToken cancellationToken) => seam.CallAsync(Search, request, cancellationToken);

        public ValueTask<VectorsState> DescribeAsync(CancellationToken cancellationToken) => seam.CallAsync(Describe, default, cancellationToken);
    }
}
