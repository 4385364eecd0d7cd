using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Rag.Embedding;
using Rag.Errors;
using Rag.Keywords;
using Rag.Reranking;
using Rag.Seams;
using Rag.Vectors;

namespace Rag.Search;

/// <summary>
/// <see cref="ISearch"/>: both sides are asked at once, fused, and the texts of the winners are fetched in one call. A side that fails is left out and named.
/// <code>
/// query ─┬▶ keywords ──────────────▶┐
///        └▶ embedding ─▶ vectors ──▶┴ fuse ─▶ texts ─▶ (rerank) ─▶ reply
///                                              └ without keywords: from documents
/// </code>
/// Each part's time is its contract's cap, kept by the seam; one after the other (embedding, vectors, texts) they stay below a second.
/// </summary>
internal sealed partial class HybridSearch : ISearch
{
    private const int MaxTopK = 1000;
    private const int MaxQueryLength = 8192;
    private const string KeywordsUnavailable = "keywords_unavailable";

    private static readonly Meter Meter = new("Rag");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("rag.search.duration", "s", "Time of one hybrid search");
    private static readonly Counter<long> Degradations = Meter.CreateCounter<long>("rag.search.degraded", "{search}", "Searches answered without a part, by part");

    private readonly IEmbedding _embedding;
    private readonly IVectors _vectors;
    private readonly IKeywords _keywords;
    private readonly DocumentTexts _documents;
    private readonly IReranking? _reranking;
    private readonly ServingModel? _serving;
    private readonly SearchOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, RepeatedWarning> _warnings = new(StringComparer.Ordinal);

    /// <param name="embedding">Embeds questions.</param>
    /// <param name="vectors">One side.</param>
    /// <param name="keywords">The other, and the texts.</param>
    /// <param name="documents">The texts while keywords are down.</param>
    /// <param name="reranking">Null when it is not there.</param>
    /// <param name="options">How to fuse.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Says what was missing.</param>
    /// <param name="serving">Which model the index has; null takes embedding's current one.</param>
    public HybridSearch(
        IEmbedding embedding, IVectors vectors, IKeywords keywords, DocumentTexts documents, IReranking? reranking, SearchOptions options, TimeProvider time, ILogger<HybridSearch> logger,
        ServingModel? serving = null)
    {
        if (options.Problems().ToArray() is { Length: > 0 } problems)
            throw new InvalidOperationException(string.Join("; ", problems));
        (_embedding, _vectors, _keywords, _documents, _reranking, _options, _time, _logger, _serving) =
            (embedding, vectors, keywords, documents, reranking, options, time, logger, serving);
    }

    public async ValueTask<SearchReply> SearchAsync(SearchRequest request, CancellationToken cancellationToken)
    {
        if (request.TopK is < 1 or > MaxTopK)
            throw new RagException(RagError.InvalidArgument, $"search: top_k is {request.TopK}; allowed are 1 to {MaxTopK}");
        if (request.Query.Length is < 1 or > MaxQueryLength)
            throw new RagException(RagError.InvalidArgument, $"search: the query has {request.Query.Length} characters; allowed are 1 to {MaxQueryLength}");

        var started = Stopwatch.GetTimestamp();
        var degraded = new List<string>(0);
        // A closer look can only bring forward what it was shown.
        var wanted = _options.Rerank ? Math.Max(request.TopK, _options.RerankTop) : request.TopK;
        var depth = Math.Clamp((int)Math.Ceiling(wanted * _options.DepthPerResult), _options.LeastDepth, MaxTopK);

        // In one process both answer before their first await, and nothing is gained by another thread; services apart work at the same time.
        var keywordsTask = AskKeywords(request, depth, degraded, cancellationToken);
        var vectorsTask = AskVectors(request, depth, degraded, cancellationToken);
        var keywords = await keywordsTask.ConfigureAwait(false);
        var (vectors, model) = await vectorsTask.ConfigureAwait(false);
        if (keywords is null && vectors is null)
            throw CallScope.Current?.Remaining == TimeSpan.Zero
                ? new RagException(RagError.DeadlineExceeded, "search: the time allowed ran out before a side answered")
                : new RagException(RagError.Unavailable, $"search: neither side answers ({string.Join(", ", degraded)}); try again later", TimeSpan.FromSeconds(1));

        var fused = Fusion.Fuse(keywords ?? [], vectors ?? [], _options.WeightOf(model));
        var results = await FetchTexts(request.Tenant, wanted, fused, degraded, cancellationToken).ConfigureAwait(false);
        if (_options.Rerank && results.Count > 1)
            results = await Rerank(request.Query, results, degraded, cancellationToken).ConfigureAwait(false);
        if (results.Count > request.TopK)
            results.RemoveRange(request.TopK, results.Count - request.TopK);

        foreach (var part in degraded)
            Degradations.Add(1, new KeyValuePair<string, object?>("part", part));
        Duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
        return new SearchReply(results, degraded);
    }

    private async ValueTask<IReadOnlyList<KeywordHit>?> AskKeywords(SearchRequest request, int depth, List<string> degraded, CancellationToken cancellationToken)
    {
        try
        {
            return await _keywords.SearchAsync(new KeywordSearch(request.Tenant, request.Query, depth, request.Filter), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (IsOutage(e, cancellationToken))
        {
            return Without<IReadOnlyList<KeywordHit>>(KeywordsUnavailable, degraded, e);
        }
    }

    private async ValueTask<(IReadOnlyList<VectorHit>? Hits, EmbeddingModel? Model)> AskVectors(SearchRequest request, int depth, List<string> degraded, CancellationToken cancellationToken)
    {
        var model = _serving is null ? null : await _serving.GetAsync(cancellationToken).ConfigureAwait(false);
        for (var last = _serving is null; ; last = true)
        {
            var part = "embedding_unavailable";
            try
            {
                var embedded = await _embedding.EmbedAsync(new EmbedRequest([request.Query], EmbedPurpose.Query) { Model = model }, cancellationToken).ConfigureAwait(false);
                (part, model) = ("vectors_unavailable", embedded.Model);
                // A question of stop words alone has no direction: every neighbour would be as good.
                var vector = embedded.Vectors[0];
                return !vector.AsSpan().ContainsAnyExcept(0f)
                    ? ([], model)
                    : (await _vectors.SearchAsync(new VectorSearch(request.Tenant, model, vector, depth, request.Filter), cancellationToken).ConfigureAwait(false), model);
            }
            catch (Exception e) when (IsOutage(e, cancellationToken))
            {
                // Refused rather than down: the index may have moved on to another model a moment ago.
                if (last || e is not RagException { Error: RagError.InvalidArgument } || await _serving!.OtherThanAsync(model, cancellationToken).ConfigureAwait(false) is not { } other)
                    return (Without<IReadOnlyList<VectorHit>>(part, degraded, e), part == "embedding_unavailable" ? null : model);
                model = other;
            }
        }
    }

    // A chunk whose text is gone was replaced or deleted a moment ago: the next ones take its place.
    private async ValueTask<List<SearchResult>> FetchTexts(
        string tenant, int wanted, List<(ChunkKey Key, double Score)> fused, List<string> degraded, CancellationToken cancellationToken)
    {
        var results = new List<SearchResult>(Math.Min(wanted, fused.Count));
        for (var from = 0; from < fused.Count && results.Count < wanted;)
        {
            var asked = fused.GetRange(from, Math.Min(fused.Count - from, wanted - results.Count));
            var texts = await TextsOf(tenant, asked.ConvertAll(f => f.Key), degraded, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < asked.Count; i++)
                if (texts[i] is { } text)
                    results.Add(new SearchResult(asked[i].Key, text.Title, text.Text, asked[i].Score));
            from += asked.Count;
        }

        return results;
    }

    // Texts live with the keywords; who has just failed to answer is not waited for a second time.
    private async ValueTask<IReadOnlyList<ChunkText?>> TextsOf(string tenant, IReadOnlyList<ChunkKey> chunks, List<string> degraded, CancellationToken cancellationToken)
    {
        if (!degraded.Contains(KeywordsUnavailable))
            try
            {
                return await _keywords.GetTextsAsync(tenant, chunks, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (IsOutage(e, cancellationToken))
            {
                Without<object>(KeywordsUnavailable, degraded, e);
            }

        return await _documents.GetAsync(tenant, chunks, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<List<SearchResult>> Rerank(string query, List<SearchResult> results, List<string> degraded, CancellationToken cancellationToken)
    {
        try
        {
            if (_reranking is null)
                throw new RagException(RagError.Unavailable, "search: reranking is switched on, but the service is not there");
            var top = results.GetRange(0, Math.Min(results.Count, _options.RerankTop));
            var reranked = await _reranking.RerankAsync(new RerankRequest(query, top), cancellationToken).ConfigureAwait(false);
            return [.. reranked, .. results.Skip(top.Count)];
        }
        catch (Exception e) when (IsOutage(e, cancellationToken))
        {
            Without<object>("reranking_unavailable", degraded, e);
            return results;
        }
    }

    // The request was checked at the entrance, so whatever a part complains about is the part's matter (vectors of another model, for instance);
    // only a caller who has gone away is none of it.
    private static bool IsOutage(Exception e, CancellationToken cancellationToken) =>
        !(e is OperationCanceledException && cancellationToken.IsCancellationRequested);

    private T? Without<T>(string part, List<string> degraded, Exception e)
        where T : class
    {
        lock (degraded)
            if (!degraded.Contains(part))
                degraded.Add(part);
        if (_warnings.GetOrAdd(part, static (_, time) => new RepeatedWarning(time), _time).IsDue(out var times))
            LogWithout(part, times, e.Message, e is RagException ? null : e); // an outage says it all in its message
        return null;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "search: {Part} ({Times} times): {Reason}")]
    private partial void LogWithout(string part, long times, string reason, Exception? cause);
}
