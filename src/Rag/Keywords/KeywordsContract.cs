using Rag.Seams;

namespace Rag.Keywords;

/// <summary>Asks for chunks' texts.</summary>
public sealed record GetTexts(string Tenant, IReadOnlyList<ChunkKey> Chunks);

/// <summary><see cref="IKeywords"/> through the seam.</summary>
internal static class KeywordsContract
{
    private static readonly UnaryCall<IKeywords, IReadOnlyList<DocumentChunks>, Nothing> Replace =
        new("Replace", static async (s, r, stop) => { await s.ReplaceAsync(r, stop).ConfigureAwait(false); return default; }, CallPolicy.IdempotentWrite);

    private static readonly UnaryCall<IKeywords, DocumentVersion, Nothing> Delete =
        new("Delete", static async (s, r, stop) => { await s.DeleteAsync(r.Tenant, r.DocumentId, r.Version, stop).ConfigureAwait(false); return default; }, CallPolicy.IdempotentWrite);

    // When they don't answer, documents give the texts: 400 ms here and 500 ms there stay below a second.
    private static readonly UnaryCall<IKeywords, KeywordSearch, IReadOnlyList<KeywordHit>> Search =
        new("Search", static (s, r, stop) => s.SearchAsync(r, stop), CallPolicy.Read with { Cap = TimeSpan.FromMilliseconds(400) });

    private static readonly UnaryCall<IKeywords, GetTexts, IReadOnlyList<ChunkText?>> Texts =
        new("GetTexts", static (s, r, stop) => s.GetTextsAsync(r.Tenant, r.Chunks, stop), CallPolicy.Read with { Cap = TimeSpan.FromMilliseconds(250) });

    private static readonly UnaryCall<IKeywords, Nothing, KeywordsState> Describe = new("Describe", static (s, _, stop) => s.DescribeAsync(stop), CallPolicy.Watch);

    public static Contract<IKeywords> Instance { get; } = new("keywords", seam => new Proxy(seam), Replace, Delete, Search, Texts, Describe)
    {
        Rehearse = static async (service, stop) =>
        {
            await service.SearchAsync(new KeywordSearch(Rehearsal.Tenant, Rehearsal.Text, 10, null), stop).ConfigureAwait(false);
            await service.GetTextsAsync(Rehearsal.Tenant, [new ChunkKey("none", 1, 0)], stop).ConfigureAwait(false);
        },
    };

    private sealed class Proxy(Seam<IKeywords> seam) : IKeywords
    {
        public async ValueTask ReplaceAsync(IReadOnlyList<DocumentChunks> documents, CancellationToken cancellationToken) =>
            await seam.CallAsync(Replace, documents, cancellationToken).ConfigureAwait(false);

        public async ValueTask DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken) =>
            await seam.CallAsync(Delete, new DocumentVersion(tenant, documentId, version), cancellationToken).ConfigureAwait(false);

        public ValueTask<IReadOnlyList<KeywordHit>> SearchAsync(KeywordSearch request, CancellationToken cancellationToken) => seam.CallAsync(Search, request, cancellationToken);

        public ValueTask<IReadOnlyList<ChunkText?>> GetTextsAsync(string tenant, IReadOnlyList<ChunkKey> chunks, CancellationToken cancellationToken) =>
            seam.CallAsync(Texts, new GetTexts(tenant, chunks), cancellationToken);

        public ValueTask<KeywordsState> DescribeAsync(CancellationToken cancellationToken) => seam.CallAsync(Describe, default, cancellationToken);
    }
}
