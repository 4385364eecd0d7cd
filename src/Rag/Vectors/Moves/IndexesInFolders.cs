using Rag.Errors;

namespace Rag.Vectors.Moves;

/// <summary>Indexes of one process, each with a folder of its own, and the plan in a file. What an engine adds is how one is opened, removed and compared.</summary>
/// <param name="planFile">Where the plan is; its folder exists.</param>
public abstract class IndexesInFolders(string planFile) : IVectorIndexes
{
    private readonly PlanFile _plan = new(planFile);

    /// <inheritdoc/>
    public bool IsShared => false;

    /// <inheritdoc/>
    public virtual bool MeasuresItself => false;

    /// <inheritdoc/>
    public ValueTask<VectorPlan?> ReadPlanAsync(CancellationToken cancellationToken) => new(_plan.Read());

    /// <inheritdoc/>
    public ValueTask<bool> WritePlanAsync(VectorPlan plan, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if ((_plan.Read()?.Revision ?? 0) != plan.Revision - 1)
            return new(false);
        _plan.Write(plan);
        return new(true);
    }

    /// <inheritdoc/>
    public abstract ValueTask<IVectors> OpenAsync(int number, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DropAsync(int number, CancellationToken cancellationToken)
    {
        try
        {
            await RemoveAsync(number, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RagException(RagError.Unavailable, $"vectors: the old index in {FolderOf(number)} can't be removed ({error.Message}); see to its permissions, it is tried again", TimeSpan.FromSeconds(5), error);
        }
    }

    /// <inheritdoc/>
    public abstract ValueTask<VectorLag> CompareAsync(IVectors full, IVectors other, int most, CancellationToken cancellationToken);

    /// <summary>Counts what one index lacks.</summary>
    /// <param name="held">What the full one holds.</param>
    /// <param name="isBehind">Whether the other has less of it.</param>
    /// <param name="describe">Names it; asked for the first few alone.</param>
    /// <param name="most">How many are named.</param>
    /// <param name="cancellationToken">Looked at when all are counted.</param>
    protected static VectorLag Lag<T>(IEnumerable<T> held, Func<T, bool> isBehind, Func<T, HeldDocument> describe, int most, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(held);
        ArgumentNullException.ThrowIfNull(isBehind);
        ArgumentNullException.ThrowIfNull(describe);
        var first = new List<HeldDocument>();
        long documents = 0, behind = 0;
        foreach (var document in held)
        {
            documents++;
            if (!isBehind(document))
                continue;
            behind++;
            if (first.Count < most)
                first.Add(describe(document));
        }

        cancellationToken.ThrowIfCancellationRequested();
        return new VectorLag(documents, behind, first);
    }

    /// <summary>The folder of an index.</summary>
    protected abstract string FolderOf(int number);

    /// <summary>Removes an index and all that it keeps; what the disk refuses may be thrown as it comes. Of a folder that is the index's alone, that folder.</summary>
    protected virtual ValueTask RemoveAsync(int number, CancellationToken cancellationToken)
    {
        if (Directory.Exists(FolderOf(number)))
            Directory.Delete(FolderOf(number), recursive: true);
        return default;
    }
}
