using Microsoft.Extensions.Logging;
using Rag.Errors;

namespace Rag.Vectors.Moves;

/// <summary>
/// Our own indexes of one process: the first in the service's folder, as it always was, others in folders of their own below, and the plan beside them.
/// <code>
/// vectors/indexes.json                 the plan; absent until the model is first changed
/// vectors/log-….log, snapshot-….bin    index number 1
/// vectors/index-2/…                    index number 2
/// </code>
/// </summary>
internal sealed class BuiltInIndexes(string folder, VectorsOptions options, TimeProvider time, ILogger logger) : IVectorIndexes
{
    private const string PlanName = "indexes.json";

    private readonly PlanFile _plan = new(Path.Combine(folder, PlanName));

    public bool IsShared => false;

    public bool MeasuresItself => true;

    public ValueTask<VectorPlan?> ReadPlanAsync(CancellationToken cancellationToken) => new(_plan.Read());

    public ValueTask<bool> WritePlanAsync(VectorPlan plan, CancellationToken cancellationToken)
    {
        if ((_plan.Read()?.Revision ?? 0) != plan.Revision - 1)
            return new(false);
        _plan.Write(plan);
        return new(true);
    }

    public ValueTask<IVectors> OpenAsync(int number, CancellationToken cancellationToken) => new(VectorIndex.Open(FolderOf(number), options, time, logger, number));

    public ValueTask DropAsync(int number, CancellationToken cancellationToken)
    {
        try
        {
            if (number != 1 && Directory.Exists(FolderOf(number)))
                Directory.Delete(FolderOf(number), recursive: true);
            else if (number == 1)
                foreach (var file in Directory.GetFiles(folder).Where(file => !Path.GetFileName(file).StartsWith(PlanName, StringComparison.Ordinal)))
                    File.Delete(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RagException(RagError.Unavailable, $"vectors: the old index in {FolderOf(number)} can't be removed ({error.Message}); see to its permissions, it is tried again", TimeSpan.FromSeconds(5), error);
        }

        return default;
    }

    public ValueTask<VectorLag> CompareAsync(IVectors full, IVectors other, int most, CancellationToken cancellationToken)
    {
        var (from, to) = ((VectorIndex)full, (VectorIndex)other);
        var first = new List<HeldDocument>();
        long documents = 0, behind = 0;
        foreach (var (tenant, document, published) in from.Held())
        {
            documents++;
            if (published.Rank <= to.RankOf(tenant, document))
                continue;
            behind++;
            if (first.Count < most)
                first.Add(new HeldDocument(tenant, document, published.Version, published.Chunks is null, published.Chunks?.Slots.Length ?? 0, published.Chunks?.Metadata));
        }

        cancellationToken.ThrowIfCancellationRequested();
        return new(new VectorLag(documents, behind, first));
    }

    private string FolderOf(int number) => number == 1 ? folder : Path.Combine(folder, $"index-{number}");
}
