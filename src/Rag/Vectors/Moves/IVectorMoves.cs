using Rag.Embedding;
using Rag.Filters;

namespace Rag.Vectors.Moves;

/// <summary>
/// How the index goes from one embedding model to another while it serves:
/// <code>
/// Prepare ─▶ a second index beside the active one: from here on every replacement must bring vectors of both models, and deletions reach both
/// Take    ─▶ documents that the second index lacks or has an older version of; whoever embeds them sends them to <see cref="IVectors.ReplaceAsync"/>
/// Advance ─▶ when none is left: the second index becomes the active one, durably and for all searches at once; the old one goes after a while
/// </code>
/// What is left to do is the difference of the two indexes, so nothing of it can be lost: a kill at any moment costs time alone.
/// </summary>
public interface IVectorMoves
{
    /// <summary>Which models the service has indexes of, and how far a move is. Cheap.</summary>
    ValueTask<VectorModels> ModelsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Begins to move to a model; nothing happens when that is under way already. Naming the active model calls a move off: its index is dropped. InvalidArgument while the
    /// index is empty (it takes the model of its first document); Unavailable while the index of an earlier move waits to be dropped.
    /// </summary>
    ValueTask<VectorModels> PrepareAsync(EmbeddingModel model, CancellationToken cancellationToken);

    /// <summary>Up to <paramref name="most"/> documents that the index that is filled lacks, not the same ones twice in a row; empty when nothing is known to be left.</summary>
    ValueTask<IReadOnlyList<HeldDocument>> TakeAsync(int most, CancellationToken cancellationToken);

    /// <summary>Goes on as far as can be gone: compares the indexes, switches when nothing is left, and drops the old index when its time is over and it holds nothing that the new one lacks.</summary>
    ValueTask<VectorModels> AdvanceAsync(CancellationToken cancellationToken);
}

/// <summary>The models of a vectors service.</summary>
/// <param name="Active">The one that searches must use; null while the index is empty.</param>
/// <param name="Next">The one whose index is being filled; null when no move is under way.</param>
/// <param name="Retired">The one before, as long as its index waits to be dropped.</param>
/// <param name="Documents">Documents in the index that is moved from, deletions included, when it was last looked at; 0 when no move is under way.</param>
/// <param name="Behind">How many of them the other index still lacks, about; exact after each look.</param>
public sealed record VectorModels(EmbeddingModel? Active, EmbeddingModel? Next, EmbeddingModel? Retired, long Documents, long Behind)
{
    /// <summary>Whether something is left to be done: an index to be filled or to be dropped.</summary>
    public bool IsMoving => Next is not null || Retired is not null;
}

/// <summary>What an index holds of a document.</summary>
/// <param name="Tenant">Whose document.</param>
/// <param name="DocumentId">Which.</param>
/// <param name="Version">Its version.</param>
/// <param name="Deleted">Whether what it holds is a deletion at that version.</param>
/// <param name="Chunks">Chunks that the version has at least; an index may not count those without a direction.</param>
/// <param name="Metadata">The version's metadata; null where the index does not keep it for a document without a vector.</param>
public sealed record HeldDocument(string Tenant, string DocumentId, int Version, bool Deleted, int Chunks, IReadOnlyDictionary<string, MetadataValue>? Metadata);
