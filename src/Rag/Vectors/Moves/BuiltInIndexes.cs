using Microsoft.Extensions.Logging;

namespace Rag.Vectors.Moves;

/// <summary>
/// Our own indexes of one process: the first in the service's folder, as it always was, others in folders of their own below, and the plan beside them.
/// <code>
/// vectors/indexes.json                 the plan; absent until the model is first changed
/// vectors/log-….log, snapshot-….bin    index number 1
/// vectors/index-2/…                    index number 2
/// </code>
/// </summary>
internal sealed class BuiltInIndexes(string folder, VectorsOptions options, TimeProvider time, ILogger logger) : IndexesInFolders(Path.Combine(folder, PlanName))
{
    private const string PlanName = "indexes.json";

    public override bool MeasuresItself => true;

    public override ValueTask<IVectors> OpenAsync(int number, CancellationToken cancellationToken) => new(VectorIndex.Open(FolderOf(number), options, time, logger, number));

    public override ValueTask<VectorLag> CompareAsync(IVectors full, IVectors other, int most, CancellationToken cancellationToken)
    {
        var to = (VectorIndex)other;
        return new(Lag(
            ((VectorIndex)full).Held(),
            held => held.Published.Rank > to.RankOf(held.Tenant, held.Document),
            held => new HeldDocument(
                held.Tenant, held.Document, held.Published.Version, held.Published.Chunks is null, held.Published.Chunks?.Slots.Length ?? 0, held.Published.Chunks?.Metadata),
            most, cancellationToken));
    }

    protected override string FolderOf(int number) => number == 1 ? folder : Path.Combine(folder, $"index-{number}");

    // The first shares its folder with the plan and the other indexes.
    protected override ValueTask RemoveAsync(int number, CancellationToken cancellationToken)
    {
        if (number != 1)
            return base.RemoveAsync(number, cancellationToken);
        foreach (var file in Directory.GetFiles(folder).Where(file => !Path.GetFileName(file).StartsWith(PlanName, StringComparison.Ordinal)))
            File.Delete(file);
        return default;
    }
}
