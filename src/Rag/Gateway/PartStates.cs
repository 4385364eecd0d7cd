using Rag.Documents;
using Rag.Embedding;
using Rag.Generation;
using Rag.Keywords;
using Rag.Vectors;
using Rag.Vectors.Moves;

namespace Rag.Gateway;

/// <summary>What the parts said of themselves.</summary>
/// <param name="Documents">Null when it did not say.</param>
/// <param name="Vectors">Null when it did not say.</param>
/// <param name="Keywords">Null when it did not say.</param>
/// <param name="Embedding">Null when it did not say.</param>
/// <param name="Models">What generation can use; null when it did not say.</param>
/// <param name="Indexes">The models that vectors holds; null when it did not say.</param>
/// <param name="Unavailable">Who did not say, in order of names.</param>
internal sealed record PartStatesSeen(
    DocumentsState? Documents, VectorsState? Vectors, KeywordsState? Keywords, EmbeddingModel? Embedding, IReadOnlyList<string>? Models, VectorModels? Indexes,
    IReadOnlyList<string> Unavailable);

/// <summary>
/// Asks the parts for all who watch at once: anyone may watch as often as they like, and what a part must count to answer is asked for twice a second at most.
/// Safe for concurrent use.
/// </summary>
internal sealed class PartStates(IDocuments documents, IVectors vectors, IKeywords keywords, IEmbedding embedding, IGeneration generation, TimeProvider time, IVectorMoves? moves = null)
{
    /// <summary>How long a part may take: whoever watches needs an answer most while parts are down.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private Task<PartStatesSeen>? _asking;
    private long _askedAt;

    /// <summary>What they say, at most half a second old.</summary>
    public Task<PartStatesSeen> SeeAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_asking is null || time.GetElapsedTime(_askedAt) >= Fresh)
                (_asking, _askedAt) = (AskAsync(), time.GetTimestamp());
            return _asking.WaitAsync(cancellationToken);
        }
    }

    private async Task<PartStatesSeen> AskAsync()
    {
        var unavailable = new List<string>();
        using var enough = new CancellationTokenSource();
        var stored = AskAsync("documents", documents.DescribeAsync, unavailable, enough.Token);
        var near = AskAsync("vectors", vectors.DescribeAsync, unavailable, enough.Token);
        var words = AskAsync("keywords", keywords.DescribeAsync, unavailable, enough.Token);
        var model = AskAsync("embedding", embedding.DescribeAsync, unavailable, enough.Token);
        var models = AskAsync("generation", generation.ListModelsAsync, unavailable, enough.Token);
        var indexes = moves is null ? Task.FromResult<VectorModels?>(null) : AskAsync("vectors", moves.ModelsAsync, unavailable, enough.Token);
        await Task.WhenAll(stored, near, words, model, models, indexes).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false); // whoever is still asked need not answer any more
        unavailable.Sort(StringComparer.Ordinal);
        return new PartStatesSeen(
            await stored.ConfigureAwait(false), await near.ConfigureAwait(false), await words.ConfigureAwait(false), await model.ConfigureAwait(false), await models.ConfigureAwait(false),
            await indexes.ConfigureAwait(false), unavailable);
    }

    private async Task<T?> AskAsync<T>(string service, Func<CancellationToken, ValueTask<T>> ask, List<string> unavailable, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await ask(cancellationToken).AsTask().WaitAsync(Patience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception)
        {
            lock (unavailable)
                if (!unavailable.Contains(service))
                    unavailable.Add(service);
            return null;
        }
    }
}
