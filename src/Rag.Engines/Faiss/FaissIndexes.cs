using Microsoft.Extensions.Logging;
using Rag.Errors;
using Rag.Seams;
using Rag.Vectors;
using Rag.Vectors.Moves;

namespace Rag.Engines.Faiss;

/// <summary>
/// FAISS indexes of this process, each in a folder of its own (<c>vectors/faiss</c>, <c>vectors/faiss-2</c>, …), and the plan in <c>vectors/faiss-indexes.json</c>: beside the built-in
/// index's files, not among them, since its journal would take ours for its own.
/// </summary>
/// <param name="folder">The vectors service's folder.</param>
/// <param name="options">Which library, and how it searches.</param>
/// <param name="logger">Tells of files that had to be made anew.</param>
internal sealed class FaissIndexes(string folder, FaissOptions options, ILogger logger) : IVectorIndexes
{
    private readonly PlanFile _plan = new(Path.Combine(folder, "faiss-indexes.json"));

    public bool IsShared => false;

    public ValueTask<VectorPlan?> ReadPlanAsync(CancellationToken cancellationToken) => new(_plan.Read());

    public ValueTask<bool> WritePlanAsync(VectorPlan plan, CancellationToken cancellationToken)
    {
        if ((_plan.Read()?.Revision ?? 0) != plan.Revision - 1)
            return new(false);
        _plan.Write(plan);
        return new(true);
    }

    public ValueTask<IVectors> OpenAsync(int number, CancellationToken cancellationToken) => new(new FaissVectors(FolderOf(number), options, logger));

    public ValueTask DropAsync(int number, CancellationToken cancellationToken)
    {
        try
        {
            if (Directory.Exists(FolderOf(number)))
                Directory.Delete(FolderOf(number), recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RagException(RagError.Unavailable, $"vectors: the old index in {FolderOf(number)} can't be removed ({error.Message}); see to its permissions, it is tried again", TimeSpan.FromSeconds(5), error);
        }

        return default;
    }

    public ValueTask<VectorLag> CompareAsync(IVectors full, IVectors other, int most, CancellationToken cancellationToken)
    {
        var to = (FaissVectors)other;
        var first = new List<HeldDocument>();
        long documents = 0, behind = 0;
        foreach (var (tenant, document) in ((FaissVectors)full).Held())
        {
            documents++;
            if (document.Rank <= to.RankOf(tenant, document.Id))
                continue;
            behind++;
            if (first.Count < most)
                first.Add(new HeldDocument(
                    tenant, document.Id, DocumentRank.VersionOf(document.Rank), DocumentRank.IsDeletion(document.Rank), document.Chunks.Select(chunk => chunk.Ordinal + 1).DefaultIfEmpty().Max(), document.Metadata));
        }

        cancellationToken.ThrowIfCancellationRequested();
        return new(new VectorLag(documents, behind, first));
    }

    private string FolderOf(int number) => Path.Combine(folder, number == 1 ? "faiss" : $"faiss-{number}");
}
