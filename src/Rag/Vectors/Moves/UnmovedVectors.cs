using Rag.Embedding;
using Rag.Errors;

namespace Rag.Vectors.Moves;

/// <summary><see cref="IVectorMoves"/> beside an <see cref="IVectors"/> that a host of one's own has registered: it has one index, which keeps its model.</summary>
internal sealed class UnmovedVectors(IVectors vectors) : IVectorMoves
{
    private EmbeddingModel? _model;

    public async ValueTask<VectorModels> ModelsAsync(CancellationToken cancellationToken) =>
        new(_model ??= (await vectors.DescribeAsync(cancellationToken).ConfigureAwait(false)).Model, null, null, 0, 0);

    public async ValueTask<VectorModels> PrepareAsync(EmbeddingModel model, CancellationToken cancellationToken)
    {
        var models = await ModelsAsync(cancellationToken).ConfigureAwait(false);
        return models.Active == model
            ? models
            : throw new RagException(RagError.InvalidArgument, $"vectors: this host's own index can't be moved to {model.Words}; take embedding:next:* away, or use one of the engines of 'rag list'");
    }

    public ValueTask<IReadOnlyList<HeldDocument>> TakeAsync(int most, CancellationToken cancellationToken) => new([]);

    public ValueTask<VectorModels> AdvanceAsync(CancellationToken cancellationToken) => ModelsAsync(cancellationToken);
}
