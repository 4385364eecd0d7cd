using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rag.Caching;
using Rag.Errors;
using Rag.Extraction;
using Rag.Generation;
using Rag.Reranking;
using Rag.Search;

namespace Rag.Query;

/// <summary>
/// question ─▶ cache ─▶ (one computation per key) ─▶ search ─▶ rerank ─▶ citations ─▶ prompt ─▶ generation ─▶ text … end ─▶ cache.
/// When generation fails before its first word, the extractive answerer takes its place and the answer says so.
/// </summary>
internal sealed partial class QueryService(
    ISearch search, IGeneration generation, ICacheEntries cache, IIndexVersions versions, QueryOptions options, TimeProvider time,
    ILogger<QueryService> log, IServiceProvider services) : IQuery
{
    private const int LongestQuestion = 8192;
    private const int MostCitations = 50;

    private readonly IReranking? _reranking = options.Rerank ? services.GetService<IReranking>() : null;
    private readonly ExtractiveAnswerer _fallback = new();
    private readonly ConcurrentDictionary<string, SharedAnswer> _inTheMaking = new();

    public async IAsyncEnumerable<AnswerEvent> AnswerAsync(AnswerRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Validate(request);
        if (options.CacheLifetime == TimeSpan.Zero)
        {
            await foreach (var step in ComputeAsync(request, null, cancellationToken).ConfigureAwait(false))
                yield return step;
            yield break;
        }

        var started = time.GetTimestamp();
        // The version is read before anything is retrieved; see IIndexVersions.Of.
        var models = await generation.ListModelsAsync(cancellationToken).ConfigureAwait(false);
        var key = AnswerKey.Of(request, models[0], versions.Of(request.Tenant));
        if (await cache.FindAsync<CachedAnswer>(key, cancellationToken).ConfigureAwait(false) is { } kept)
        {
            yield return new AnswerCitations(kept.Citations);
            yield return new AnswerText(kept.Text);
            var end = kept.End with { Timings = new AnswerTimings(default, default, default, time.GetElapsedTime(started), Cached: true) };
            QueryMetrics.Answered(end);
            yield return end;
            yield break;
        }

        await foreach (var step in Join(key, request).ReadAsync(cancellationToken).ConfigureAwait(false))
            yield return step;
    }

    private SharedAnswer Join(string key, AnswerRequest request)
    {
        while (true)
        {
            var answer = _inTheMaking.GetOrAdd(
                key, static (key, state) => new SharedAnswer(
                    token => state.Service.ComputeAsync(state.request, key, token),
                    ended => state.Service._inTheMaking.TryRemove(new KeyValuePair<string, SharedAnswer>(key, ended))),
                (Service: this, request));
            if (answer.TryJoin())
                return answer;
            // It ended in between; if it went before it was filed, its own removal missed it.
            _inTheMaking.TryRemove(new KeyValuePair<string, SharedAnswer>(key, answer));
        }
    }

    private async IAsyncEnumerable<AnswerEvent> ComputeAsync(
        AnswerRequest request, string? key, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var (citations, degraded) = await RetrieveAsync(request, cancellationToken).ConfigureAwait(false);
        var retrieval = time.GetElapsedTime(started);
        yield return new AnswerCitations(citations);

        var asked = new GenerationRequest
        {
            Messages = PromptBuilder.Build(request.Question, request.History, citations, options.PromptTokens),
            Question = request.Question,
            Passages = citations.Select(c => c.Text).ToArray(),
            MaxTokens = request.MaxTokens,
            Temperature = request.Temperature,
        };
        var askedAt = time.GetTimestamp();
        var firstToken = TimeSpan.Zero;
        var text = key is null ? null : new StringBuilder();
        var pieces = 0;
        GenerationEnd? end = null;
        var source = generation.GenerateAsync(asked, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            while (end is null)
            {
                GenerationEvent step;
                try
                {
                    step = await source.MoveNextAsync().ConfigureAwait(false)
                        ? source.Current
                        : throw new RagException(RagError.Unavailable, "generation: the engine ended without saying so; ask again");
                }
                catch (RagException error) when (pieces == 0 && generation is not ExtractiveAnswerer && !cancellationToken.IsCancellationRequested)
                {
                    FellBack(error.Error, error.Message);
                    degraded = [.. degraded, "generation_unavailable"];
                    await source.DisposeAsync().ConfigureAwait(false);
                    source = _fallback.GenerateAsync(asked, cancellationToken).GetAsyncEnumerator(cancellationToken);
                    continue;
                }

                if (step is GenerationText piece)
                {
                    if (pieces++ == 0)
                        firstToken = time.GetElapsedTime(askedAt);
                    text?.Append(piece.Text);
                    yield return new AnswerText(piece.Text);
                }
                else
                    end = (GenerationEnd)step;
            }
        }
        finally
        {
            await source.DisposeAsync().ConfigureAwait(false);
        }

        var timings = new AnswerTimings(retrieval, firstToken, time.GetElapsedTime(askedAt), time.GetElapsedTime(started), Cached: false);
        var done = new AnswerEnd(end.PromptTokens, end.CompletionTokens, end.FinishReason, end.Model, timings, degraded);
        // An answer with a part missing is better than none, but not one to tell again.
        if (key is not null && degraded.Count == 0 && pieces > 0)
            await cache.KeepAsync(key, new CachedAnswer(citations, text!.ToString(), done), options.CacheLifetime, cancellationToken).ConfigureAwait(false);
        QueryMetrics.Answered(done);
        yield return done;
    }

    private async ValueTask<(IReadOnlyList<SearchResult> Citations, IReadOnlyList<string> Degraded)> RetrieveAsync(
        AnswerRequest request, CancellationToken cancellationToken)
    {
        var wanted = _reranking is null ? request.TopK : Math.Max(request.TopK, options.RerankCandidates);
        var found = await search.SearchAsync(new SearchRequest(request.Tenant, request.Question, wanted, request.Filter), cancellationToken).ConfigureAwait(false);
        if (_reranking is null || found.Results.Count < 2)
            return (found.Results, found.Degraded);
        try
        {
            var ranked = await _reranking.RerankAsync(new RerankRequest(request.Question, found.Results), cancellationToken).ConfigureAwait(false);
            return (ranked.Take(request.TopK).ToArray(), found.Degraded);
        }
        catch (RagException error) when (!cancellationToken.IsCancellationRequested)
        {
            RerankingFailed(error.Message);
            return (found.Results.Take(request.TopK).ToArray(), [.. found.Degraded, "reranking_unavailable"]);
        }
    }

    private static void Validate(AnswerRequest request)
    {
        var problems = new List<string>();
        if (string.IsNullOrWhiteSpace(request.Question) || request.Question.Length > LongestQuestion)
            problems.Add($"query: expected 1–{LongestQuestion} characters, got {request.Question.Length}");
        if (request.TopK is < 1 or > MostCitations)
            problems.Add($"top_k: {request.TopK} is not permitted; expected 1–{MostCitations}");
        if (problems.Count > 0)
            throw new RagException(RagError.InvalidArgument, string.Join("; ", problems));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Generation failed before its first word ({Error}: {Reason}); answering from the passages")]
    private partial void FellBack(RagError error, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Reranking failed ({Reason}); keeping the order of retrieval")]
    private partial void RerankingFailed(string reason);
}
