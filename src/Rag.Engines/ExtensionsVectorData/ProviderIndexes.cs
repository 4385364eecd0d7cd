using Microsoft.Extensions.Logging;
using Microsoft.Extensions.VectorData;
using Rag.Seams;
using Rag.Vectors;
using Rag.Vectors.Moves;

namespace Rag.Engines.ExtensionsVectorData;

/// <summary>
/// Indexes at a provider, of one process: each has its truth in a folder of its own (<c>vectors/vector-data-1</c>, …) and its collections at the provider; the plan is in
/// <c>vectors/vector-data-indexes.json</c>.
/// </summary>
internal sealed class ProviderIndexes(string folder, VectorStore provider, VectorDataOptions options, TimeProvider time, ILogger logger)
    : IndexesInFolders(Path.Combine(folder, "vector-data-indexes.json"))
{
    public override ValueTask<IVectors> OpenAsync(int number, CancellationToken cancellationToken) => new(new ProviderVectors(FolderOf(number), number, provider, options, time, logger));

    public override ValueTask<VectorLag> CompareAsync(IVectors full, IVectors other, int most, CancellationToken cancellationToken)
    {
        var to = (ProviderVectors)other;
        return new(Lag(
            ((ProviderVectors)full).Held(),
            held => held.Rank > to.RankOf(held.Tenant, held.Document),
            held => new HeldDocument(
                held.Tenant, held.Document, DocumentRank.VersionOf(held.Rank), DocumentRank.IsDeletion(held.Rank), held.Ordinals.Select(ordinal => ordinal + 1).DefaultIfEmpty().Max(), held.Metadata),
            most, cancellationToken));
    }

    protected override string FolderOf(int number) => Path.Combine(folder, $"vector-data-{number}");

    protected override ValueTask RemoveAsync(int number, CancellationToken cancellationToken) =>
        ProviderVectors.DropAsync(FolderOf(number), number, provider, options, time, logger, cancellationToken);
}
