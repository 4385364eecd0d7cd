using Rag.Embedding;
using Rag.Errors;
using Rag.Vectors.Moves;

namespace Rag.Search;

/// <summary>The model that questions must be embedded by: that of the index. Asked for once, and again when a question shows that it has changed.</summary>
internal sealed class ServingModel(IVectorMoves moves)
{
    private EmbeddingModel? _known;

    /// <summary>The model; null while the index is empty, or vectors have never answered: embedding's current one is as good as any then.</summary>
    public async ValueTask<EmbeddingModel?> GetAsync(CancellationToken cancellationToken) =>
        Volatile.Read(ref _known) ?? await AskAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Asks again after a refusal.</summary>
    /// <param name="used">The model that was used.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Another one, with which to try once more; null when it is the same.</returns>
    public async ValueTask<EmbeddingModel?> OtherThanAsync(EmbeddingModel? used, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _known) is { } known && known != used)
            return known; // another question was faster
        var now = await AskAsync(cancellationToken).ConfigureAwait(false);
        return now == used ? null : now;
    }

    private async ValueTask<EmbeddingModel?> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            if ((await moves.ModelsAsync(cancellationToken).ConfigureAwait(false)).Active is { } model)
                Volatile.Write(ref _known, model);
        }
        catch (RagException)
        {
            // Down: what was known is the best there is.
        }

        return Volatile.Read(ref _known);
    }
}
