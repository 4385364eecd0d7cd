using Rag.Crashes;
using Rag.Embedding;
using Rag.Errors;
using Rag.Keywords;
using Rag.Vectors;
using Rag.Vectors.Moves;

namespace Rag.Ingestion;

/// <summary>Embeds documents and brings them into both indexes. Deterministic: the same document gives the same chunks, so doing it twice changes nothing.</summary>
/// <param name="embedding">Embeds.</param>
/// <param name="vectors">One index.</param>
/// <param name="keywords">The other.</param>
/// <param name="moves">Tells which models the vectors must be of; null takes embedding's current one.</param>
internal sealed class DocumentIndexer(IEmbedding embedding, IVectors vectors, IKeywords keywords, IVectorMoves? moves = null)
{
    /// <summary>Texts of one call to embedding.</summary>
    private const int TextsPerCall = 128;

    /// <summary>Embeds all chunks, title first, by each model that the index needs.</summary>
    /// <returns>Each document's vectors, once for each of the models.</returns>
    public async ValueTask<IReadOnlyList<DocumentVectors>> EmbedAsync(IReadOnlyList<PreparedDocument> documents, CancellationToken cancellationToken)
    {
        var texts = new List<string>();
        foreach (var document in documents)
            foreach (var chunk in document.Chunks)
                texts.Add(document.Title + "\n" + chunk);

        var result = new List<DocumentVectors>(documents.Count);
        foreach (var model in await WantedAsync(cancellationToken).ConfigureAwait(false))
        {
            var (used, embedded) = await EmbedAsync(texts, model, cancellationToken).ConfigureAwait(false);
            var first = 0;
            foreach (var document in documents)
            {
                var (job, count) = (document.Job, document.Chunks.Count);
                result.Add(new DocumentVectors(job.Tenant, job.DocumentId, job.Version, used, embedded.GetRange(first, count), job.Metadata));
                first += count;
            }
        }

        return result;
    }

    /// <summary>Embeds passages, however many.</summary>
    /// <param name="texts">The passages.</param>
    /// <param name="wanted">The model that is to do it; null for the current one.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The model that did it, and a vector for each text.</returns>
    public async ValueTask<(EmbeddingModel Model, List<float[]> Vectors)> EmbedAsync(List<string> texts, EmbeddingModel? wanted, CancellationToken cancellationToken)
    {
        var model = wanted;
        var embedded = new List<float[]>(texts.Count);
        for (var at = 0; at < texts.Count; at += TextsPerCall)
        {
            var part = texts.GetRange(at, Math.Min(TextsPerCall, texts.Count - at));
            var reply = await AskAsync(new EmbedRequest(part, EmbedPurpose.Passage) { Model = wanted }, cancellationToken).ConfigureAwait(false);
            if (reply.Vectors.Count != part.Count)
                throw new InvalidOperationException($"embedding returned {reply.Vectors.Count} vectors for {part.Count} texts");
            // Vectors of two models must not meet in one document: the next try sees one model.
            if (model is not null && model != reply.Model)
                throw new RagException(RagError.Unavailable, $"the embedding model changed from {model} to {reply.Model} in the middle of a batch");
            model = reply.Model;
            embedded.AddRange(reply.Vectors);
        }

        return (model ?? await embedding.DescribeAsync(cancellationToken).ConfigureAwait(false), embedded);
    }

    /// <summary>The models of the indexes there are; an empty one gets the model that all is to have in the end.</summary>
    private async ValueTask<IReadOnlyList<EmbeddingModel?>> WantedAsync(CancellationToken cancellationToken)
    {
        if (moves is null)
            return [null];
        var models = await moves.ModelsAsync(cancellationToken).ConfigureAwait(false);
        if (models.Active is null)
            return [(await embedding.ListAsync(cancellationToken).ConfigureAwait(false)).Target];
        return models.Next is { } next ? [models.Active, next] : [models.Active];
    }

    // A model that is not offered is a mistake in the configuration: no document is to be given up for it.
    private async ValueTask<EmbedReply> AskAsync(EmbedRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await embedding.EmbedAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (RagException error) when (error.Error == RagError.InvalidArgument && request.Model is not null)
        {
            throw new RagException(RagError.Unavailable, error.Message, TimeSpan.FromSeconds(5), error);
        }
    }

    /// <summary>Brings documents into both indexes, durably; both flush at the same time.</summary>
    public Task IndexAsync(IReadOnlyList<PreparedDocument> documents, IReadOnlyList<DocumentVectors> embedded, CancellationToken cancellationToken)
    {
        var chunks = documents
            .Select(d => new DocumentChunks(d.Job.Tenant, d.Job.DocumentId, d.Job.Version, d.Title, d.Chunks, d.Job.Metadata))
            .ToArray();
        return BothAsync(vectors.ReplaceAsync(embedded, cancellationToken), keywords.ReplaceAsync(chunks, cancellationToken));
    }

    /// <summary>Takes a document out of both indexes, durably.</summary>
    public Task DeleteAsync(IngestionJob job, CancellationToken cancellationToken) => BothAsync(
        vectors.DeleteAsync(job.Tenant, job.DocumentId, job.Version, cancellationToken),
        keywords.DeleteAsync(job.Tenant, job.DocumentId, job.Version, cancellationToken));

    private static async Task BothAsync(ValueTask one, ValueTask other)
    {
        var both = new[] { one.AsTask(), other.AsTask() };
        await Task.WhenAny(both).ConfigureAwait(false);
        Failpoints.Reach(Failpoint.IngestionBetweenIndexes);
        await Task.WhenAll(both).ConfigureAwait(false);
        Failpoints.Reach(Failpoint.IngestionIndexed);
    }
}
