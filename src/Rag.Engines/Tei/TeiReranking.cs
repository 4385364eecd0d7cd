using System.Diagnostics.Metrics;
using System.Text.Json;
using Rag.Engines.ModelServers;
using Rag.Engines.Onnx;
using Rag.Errors;
using Rag.Reranking;
using Rag.Search;

namespace Rag.Engines.Tei;

/// <summary><see cref="IReranking"/> by a Text-Embeddings-Inference server (<c>/rerank</c>): scores 0…1 of question and passage (title and text) read together. Equals keep the order they came in.</summary>
internal sealed class TeiReranking(ModelServerOptions options, TimeProvider time) : IReranking, IDisposable
{
    private const int MaxCandidates = 200;

    private static readonly Meter Meter = new("Rag");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("rag.reranking.duration", "s", "Time to rerank one query's candidates");

    private readonly ModelServer _server = new(options, time);
    private TeiInfo? _info;

    public async ValueTask<IReadOnlyList<SearchResult>> RerankAsync(RerankRequest request, CancellationToken cancellationToken)
    {
        var candidates = request.Candidates;
        if (candidates.Count is < 1 or > MaxCandidates)
            throw new RagException(RagError.InvalidArgument, $"reranking: {candidates.Count} candidates given; allowed are 1 to {MaxCandidates}");
        cancellationToken.ThrowIfCancellationRequested();
        var started = time.GetTimestamp();
        var info = await InfoAsync(cancellationToken).ConfigureAwait(false);
        // The server refuses a text of nothing; it answers no question.
        var asked = string.IsNullOrWhiteSpace(request.Query) ? [] : candidates.Where(candidate => !string.IsNullOrWhiteSpace(OnnxReranking.PassageOf(candidate))).ToList();
        var parts = await Task.WhenAll(asked.Chunk(Math.Min(options.Texts, info.MostTexts)).Select(part => ScoreAsync(request.Query, part, cancellationToken))).ConfigureAwait(false);
        var blank = asked.Count == candidates.Count ? [] : candidates.Except(asked, ReferenceEqualityComparer.Instance).Cast<SearchResult>().Select(candidate => candidate with { Score = 0 });
        IReadOnlyList<SearchResult> ordered = [.. parts.SelectMany(part => part).Concat(blank).OrderByDescending(result => result.Score)];
        Duration.Record(time.GetElapsedTime(started).TotalSeconds);
        return ordered;
    }

    /// <summary>What the server says of itself, asked once.</summary>
    internal async ValueTask<TeiInfo> InfoAsync(CancellationToken cancellationToken) => _info ??= await TeiInfo.AskAsync(_server, cancellationToken).ConfigureAwait(false);

    public void Dispose() => _server.Dispose();

    private async Task<SearchResult[]> ScoreAsync(string query, SearchResult[] candidates, CancellationToken cancellationToken) => await _server.PostAsync(
        "/rerank",
        json =>
        {
            json.WriteStartObject();
            json.WriteString("query"u8, query);
            json.WriteStartArray("texts"u8);
            foreach (var candidate in candidates)
                json.WriteStringValue(OnnxReranking.PassageOf(candidate));
            json.WriteEndArray();
            json.WriteBoolean("truncate"u8, true);
            json.WriteBoolean("raw_scores"u8, false);
            json.WriteBoolean("return_text"u8, false);
            json.WriteEndObject();
        },
        (json, _) => Read(json, candidates),
        cancellationToken).ConfigureAwait(false);

    private static SearchResult[] Read(JsonElement json, SearchResult[] candidates)
    {
        var scored = new SearchResult?[candidates.Length];
        foreach (var entry in json.EnumerateArray())
        {
            var (index, score) = (entry.GetProperty("index").GetInt32(), entry.GetProperty("score").GetDouble());
            if (index < 0 || index >= scored.Length || scored[index] is not null || !double.IsFinite(score))
                throw new FormatException($"a score's index is {index} of {scored.Length} texts, or comes twice, or the score is not finite");
            scored[index] = candidates[index] with { Score = score };
        }

        return [.. scored.Select(result => result ?? throw new FormatException($"there are {json.GetArrayLength()} scores for {scored.Length} texts"))];
    }
}
