using Rag.Crashes;
using Rag.Embedding;
using Rag.Errors;
using Rag.Keywords;
using Rag.Vectors;

namespace Rag.Ingestion;

/// <summary>Embeds documents and brings them into both indexes. Deterministic: the same document gives the same chunks, so doing it twice changes nothing.</summary>
internal sealed class DocumentIndexer(IEmbedding embedding, IVectors vectors, IKeywords keywords)
{
    /// <summary>Texts of one call to embedding.</summary>
    private const int TextsPerCall = 128;

    /// <summary>Embeds all chunks, title first.</summary>
    public async ValueTask<IReadOnlyList<DocumentVectors>> EmbedAsync(IReadOnlyList<PreparedDocument> documents, CancellationToken cancellationToken)
    {
        var texts = new List<string>();
        foreach (var document in documents)
            foreach (var chunk in document.Chunks)
                texts.Add(document.Title + "\n" + chunk);

        EmbeddingModel? model = null;
        var embedded = new List<float[]>(texts.Count);
        for (var at = 0; at < texts.Count; at += TextsPerCall)
        {
            var part = texts.GetRange(at, Math.Min(TextsPerCall, texts.Count - at));
            var reply = await embedding.EmbedAsync(new EmbedRequest(part, EmbedPurpose.Passage), cancellationToken).ConfigureAwait(false);
            if (reply.Vectors.Count != part.Count)
                throw new InvalidOperationException($"embedding returned {reply.Vectors.Count} vectors for {part.Count} texts");
            // Vectors of two models must not meet in one document: the next try sees one model.
            if (model is not null && model != reply.Model)
                throw new RagException(RagError.Unavailable, $"the embedding model changed from {model} to {reply.Model} in the middle of a batch");
            model = reply.Model;
            embedded.AddRange(reply.Vectors);
        }

        var result = new DocumentVectors[documents.Count];
        var first = 0;
        for (var i = 0; i < result.Length; i++)
        {
            var (job, count) = (documents[i].Job, documents[i].Chunks.Count);
            result[i] = new DocumentVectors(job.Tenant, job.DocumentId, job.Version, model!, embedded.GetRange(first, count), job.Metadata);
            first += count;
        }

        return result;
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
