using Microsoft.Extensions.Logging;
using Microsoft.Extensions.VectorData;
using Rag.Errors;
using Rag.Seams;
using Rag.Vectors;
using Rag.Vectors.Moves;

namespace Rag.Engines.ExtensionsVectorData;

/// <summary>
/// Indexes at a provider, of one process: each has its truth in a folder of its own (<c>vectors/vector-data-1</c>, …) and its collections at the provider; the plan is in
/// <c>vectors/vector-data-indexes.json</c>.
/// </summary>
internal sealed class ProviderIndexes(string folder, VectorStore provider, VectorDataOptions options, TimeProvider time, ILogger logger) : IVectorIndexes
{
    private readonly PlanFile _plan = new(Path.Combine(folder, "vector-data-indexes.json"));

    public bool IsShared => false;

    public ValueTask<VectorPlan?> ReadPlanAsync(CancellationToken cancellationToken) => new(_plan.Read());

    public ValueTask<bool> WritePlanAsync(VectorPlan plan, CancellationToken cancellationToken)
    {
        if ((_plan.Read()?.Revision ?? 0) != plan.Revision - 1)
            return new(false);
        _plan.Write(plan);
        return new(true);
    }

    public ValueTask<IVectors> OpenAsync(int number, CancellationToken cancellationToken) => new(new ProviderVectors(FolderOf(number), number, provider, options, time, logger));

    public async ValueTask DropAsync(int number, CancellationToken cancellationToken)
    {
        try
        {
            await ProviderVectors.DropAsync(FolderOf(number), number, provider, options, time, logger, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RagException(RagError.Unavailable, $"vectors: the old index in {FolderOf(number)} can't be removed ({error.Message}); see to its permissions, it is tried again", TimeSpan.FromSeconds(5), error);
        }
    }

    public ValueTask<VectorLag> CompareAsync(IVectors full, IVectors other, int most, CancellationToken cancellationToken)
    {
        var to = (ProviderVectors)other;
        var first = new List<HeldDocument>();
        long documents = 0, behind = 0;
        foreach (var version in ((ProviderVectors)full).Held())
        {
            documents++;
            if (version.Rank <= to.RankOf(version.Tenant, version.Document))
                continue;
            behind++;
            if (first.Count < most)
                first.Add(new HeldDocument(
                    version.Tenant, version.Document, DocumentRank.VersionOf(version.Rank), DocumentRank.IsDeletion(version.Rank), version.Ordinals.Select(ordinal => ordinal + 1).DefaultIfEmpty().Max(), version.Metadata));
        }

        cancellationToken.ThrowIfCancellationRequested();
        return new(new VectorLag(documents, behind, first));
    }

    private string FolderOf(int number) => Path.Combine(folder, $"vector-data-{number}");
}
