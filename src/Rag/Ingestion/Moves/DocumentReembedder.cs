using Rag.Documents;
using Rag.Embedding;
using Rag.Errors;
using Rag.Filters;
using Rag.Keywords;
using Rag.Vectors;
using Rag.Vectors.Moves;

namespace Rag.Ingestion.Moves;

/// <summary>How some documents fared.</summary>
/// <param name="Done">How many are in the new index.</param>
/// <param name="Failed">How many are not, and are told of again.</param>
/// <param name="Example">One of those, and why; null when there is none.</param>
internal sealed record Reembedded(int Done, int Failed, string? Example);

/// <summary>
/// Brings documents that one index holds into another by another model. Their chunks come from keywords, who keep them as they were cut: so each vector belongs to
/// the text that its chunk shows, whatever the settings of cutting are by now. Deterministic, and fenced by the index: doing it twice, or late, changes nothing.
/// </summary>
internal sealed class DocumentReembedder(DocumentIndexer indexer, IVectors vectors, IKeywords keywords, IDocuments documents, IngestionOptions options, TimeProvider time)
{
    /// <summary>Chunks whose texts are asked for in one call.</summary>
    private const int KeysPerCall = 256;

    /// <exception cref="RagException">A service is down; nothing is lost by asking again.</exception>
    public async ValueTask<Reembedded> ProcessAsync(IReadOnlyList<HeldDocument> held, EmbeddingModel model, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.IndexTimeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await ProcessAsync(held, model, new List<(HeldDocument, string)>(), limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RagException(RagError.DeadlineExceeded, $"{held.Count} documents were not embedded anew within {options.IndexTimeout.TotalSeconds:0} s (ingestion:index_timeout_seconds)", inner: error);
        }
    }

    private async ValueTask<Reembedded> ProcessAsync(IReadOnlyList<HeldDocument> held, EmbeddingModel model, List<(HeldDocument Document, string Why)> failed, CancellationToken cancellationToken)
    {
        var read = new List<ReadDocument>(held.Count);
        foreach (var document in held)
            if (document.Deleted)
                await vectors.DeleteAsync(document.Tenant, document.DocumentId, document.Version, cancellationToken).ConfigureAwait(false);
            else if (await ReadAsync(document, cancellationToken).ConfigureAwait(false) is var (found, why) && found is not null)
                read.Add(found);
            else
                failed.Add((document, why!));

        await ReplaceAsync(read, model, failed, cancellationToken).ConfigureAwait(false);
        return new Reembedded(held.Count - failed.Count, failed.Count, failed.Count == 0 ? null : $"{failed[0].Document.Tenant}/{failed[0].Document.DocumentId} version {failed[0].Document.Version}: {failed[0].Why}");
    }

    private async ValueTask<(ReadDocument? Found, string? Why)> ReadAsync(HeldDocument document, CancellationToken cancellationToken)
    {
        var texts = new List<string>(document.Chunks);
        for (var more = true; more;)
        {
            // One more than are known of: the index may not count them all.
            var keys = Enumerable.Range(texts.Count, Math.Clamp(document.Chunks - texts.Count + 1, 1, KeysPerCall)).Select(ordinal => new ChunkKey(document.DocumentId, document.Version, ordinal)).ToList();
            foreach (var chunk in await keywords.GetTextsAsync(document.Tenant, keys, cancellationToken).ConfigureAwait(false))
                if (more = chunk is not null)
                    texts.Add(chunk!.Title + "\n" + chunk.Text);
                else
                    break;
        }

        if (texts.Count < document.Chunks)
            return (null, $"keywords have the texts of {texts.Count} of its {document.Chunks} chunks; when no newer version is on its way, upload it again or delete it");
        if ((document.Metadata ?? await MetadataAsync(document, cancellationToken).ConfigureAwait(false)) is not { } metadata)
            return (null, "its metadata are known to nobody at this version; when no newer one is on its way, upload it again or delete it");
        return (new ReadDocument(document, texts, metadata), null);
    }

    private async ValueTask<IReadOnlyDictionary<string, MetadataValue>?> MetadataAsync(HeldDocument document, CancellationToken cancellationToken) =>
        await documents.GetAsync(document.Tenant, document.DocumentId, cancellationToken).ConfigureAwait(false) is { } record && record.Version == document.Version ? record.Metadata : null;

    private async ValueTask ReplaceAsync(List<ReadDocument> read, EmbeddingModel model, List<(HeldDocument Document, string Why)> failed, CancellationToken cancellationToken)
    {
        if (read.Count == 0)
            return;
        try
        {
            var (_, embedded) = await indexer.EmbedAsync(read.SelectMany(document => document.Texts).ToList(), model, cancellationToken).ConfigureAwait(false);
            var changes = new List<DocumentVectors>(read.Count);
            var first = 0;
            foreach (var (document, texts, metadata) in read)
            {
                changes.Add(new DocumentVectors(document.Tenant, document.DocumentId, document.Version, model, embedded.GetRange(first, texts.Count), metadata));
                first += texts.Count;
            }

            await vectors.ReplaceAsync(changes, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (!IngestionFailures.IsOutage(error))
        {
            if (read.Count == 1)
            {
                failed.Add((read[0].Held, error is RagException ? error.Message : error.GetType().Name));
                return;
            }

            foreach (var document in read)
                await ReplaceAsync([document], model, failed, cancellationToken).ConfigureAwait(false);
        }
    }

    private sealed record ReadDocument(HeldDocument Held, List<string> Texts, IReadOnlyDictionary<string, MetadataValue> Metadata);
}
