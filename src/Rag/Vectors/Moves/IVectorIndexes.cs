namespace Rag.Vectors.Moves;

/// <summary>
/// What an engine of vectors brings: indexes beside each other, each of one model and with a number of its own, and a durable note of which is which. Failures are
/// <see cref="Errors.RagException"/>s within the engine's time-out.
/// </summary>
public interface IVectorIndexes
{
    /// <summary>Whether other processes work on the same indexes. The note may then change behind one's back.</summary>
    bool IsShared { get; }

    /// <summary>Whether the indexes measure themselves; otherwise <see cref="ModelVectors"/> measures the calls to them, and asks now and then how large they are.</summary>
    bool MeasuresItself => false;

    /// <summary>The note as it was last written; null when none ever was.</summary>
    ValueTask<VectorPlan?> ReadPlanAsync(CancellationToken cancellationToken);

    /// <summary>Replaces the note, durably and as a whole, if it still is the one before: that with the revision below.</summary>
    /// <returns>False when another has written since; nothing is changed then.</returns>
    ValueTask<bool> WritePlanAsync(VectorPlan plan, CancellationToken cancellationToken);

    /// <summary>Opens an index, made when absent. Whoever opens it disposes of it, if it is disposable. Number 1 is the one that there is without any note.</summary>
    ValueTask<IVectors> OpenAsync(int number, CancellationToken cancellationToken);

    /// <summary>Removes an index that nobody has open, and all that it keeps; one that is gone already is no error.</summary>
    ValueTask DropAsync(int number, CancellationToken cancellationToken);

    /// <summary>Which documents one index has seen a higher <see cref="Seams.DocumentRank"/> of than another; both were opened here.</summary>
    /// <param name="full">The index that is to be matched.</param>
    /// <param name="other">The one that may lack something.</param>
    /// <param name="most">The most documents that are named.</param>
    /// <param name="cancellationToken">Ends it.</param>
    ValueTask<VectorLag> CompareAsync(IVectors full, IVectors other, int most, CancellationToken cancellationToken);
}

/// <summary>How far an index is behind another.</summary>
/// <param name="Documents">Documents that the other one knows, deletions included.</param>
/// <param name="Behind">How many of them it lacks, or has a lower rank of.</param>
/// <param name="First">Some of those.</param>
public sealed record VectorLag(long Documents, long Behind, IReadOnlyList<HeldDocument> First);
