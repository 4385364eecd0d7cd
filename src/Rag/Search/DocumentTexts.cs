using System.Collections.Concurrent;
using Rag.Chunks;
using Rag.Documents;
using Rag.Errors;
using Rag.Keywords;

namespace Rag.Search;

/// <summary>
/// Chunks' texts from the documents themselves, for the time in which keywords, their keeper, are down: the document is read and cut as ingestion cut it.
/// What was cut is kept for a while, since the same documents are found again and again, and cutting costs far more than reading.
/// Test: <c>DocumentTextsTests</c>.
/// </summary>
internal sealed class DocumentTexts(IDocuments documents, ChunkOptions options, long mostCharacters = 16_000_000)
{
    /// <summary>Documents read at a time for one search.</summary>
    private const int Readers = 8;

    private readonly Chunker _chunker = new(options.ChunkTokens, options.OverlapTokens);
    private readonly ConcurrentDictionary<(string Tenant, string DocumentId, int Version), CutDocument> _kept = new();
    private long _characters;

    /// <summary>Texts of chunks, in the order asked for; null for one that is gone: deleted, or of a version that is not the document's newest.</summary>
    /// <exception cref="RagException">Documents answer for none of them.</exception>
    public async ValueTask<IReadOnlyList<ChunkText?>> GetAsync(string tenant, IReadOnlyList<ChunkKey> chunks, CancellationToken cancellationToken)
    {
        var texts = new ChunkText?[chunks.Count];
        Exception? failure = null;
        var answered = 0;
        await Parallel.ForEachAsync(
            Enumerable.Range(0, chunks.Count).GroupBy(i => (chunks[i].DocumentId, chunks[i].Version)),
            new ParallelOptions { MaxDegreeOfParallelism = Readers, CancellationToken = cancellationToken },
            async (places, stop) =>
            {
                try
                {
                    var cut = await CutAsync(tenant, places.Key.DocumentId, places.Key.Version, places.Max(i => chunks[i].Ordinal) + 1, stop).ConfigureAwait(false);
                    Interlocked.Increment(ref answered);
                    foreach (var i in places)
                        if (cut is not null && chunks[i].Ordinal < cut.Chunks.Count)
                            texts[i] = new ChunkText(chunks[i], cut.Title, cut.Chunks[chunks[i].Ordinal]);
                }
                catch (Exception error) when (!stop.IsCancellationRequested)
                {
                    // One document that can't be read costs the others nothing.
                    failure = error;
                }
            }).ConfigureAwait(false);
        return failure is null || answered > 0
            ? texts
            : throw new RagException(RagError.Unavailable, $"search: no text of a passage can be had: {failure.Message}", TimeSpan.FromSeconds(1), failure);
    }

    private async ValueTask<CutDocument?> CutAsync(string tenant, string documentId, int version, int wanted, CancellationToken cancellationToken)
    {
        var key = (tenant, documentId, version);
        if (_kept.TryGetValue(key, out var kept) && (kept.Whole || kept.Chunks.Count >= wanted))
            return kept;
        var document = await documents.GetAsync(tenant, documentId, cancellationToken).ConfigureAwait(false);
        if (document is not { Text: { } text } || document.Version != version)
            return null;
        var chunks = _chunker.Split(text, wanted).ConvertAll(range => text[range]);
        var cut = new CutDocument(document.Title, chunks, Whole: chunks.Count < wanted);
        Keep(key, cut);
        return cut;
    }

    private void Keep((string, string, int) key, CutDocument cut)
    {
        // An outage is short: starting over is as good as knowing which were used last.
        if (Interlocked.Add(ref _characters, cut.Characters) > mostCharacters)
        {
            _kept.Clear();
            Interlocked.Exchange(ref _characters, cut.Characters);
        }

        if (cut.Characters <= mostCharacters)
            _kept[key] = cut;
    }

    /// <summary>The first chunks of a document.</summary>
    private sealed record CutDocument(string Title, List<string> Chunks, bool Whole)
    {
        public long Characters { get; } = 100 + Title.Length + Chunks.Sum(c => (long)c.Length);
    }
}
