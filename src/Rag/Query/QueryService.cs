using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Rag.Caching;
using Rag.Errors;
using Rag.Generation;
using Rag.Models;
using Rag.Search;
using Rag.Seams;

namespace Rag.Query;

/// <summary>
/// question ─▶ cache ─▶ (one computation per key) ─▶ search ─▶ citations ─▶ prompt ─▶ generation ─▶ text … end ─▶ cache.
/// A part that fails is done without, and the answer says so; without search there is no answer.
/// </summary>
internal sealed class QueryService(
    ISearch search, IGeneration generation, ICacheEntries cache, IIndexVersions versions, QueryOptions options, TimeProvider time,
    ILogger<QueryService> log) : IQuery
{
    private const int LongestQuestion = 8192;
    private const int MostCitations = 50;

    private readonly ModelNames _models = new(generation, time);
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
        var key = AnswerKey.Of(request, _models.Default, versions.Of(request.Tenant));
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
        yield return new AnswerCitations(citations, degraded);

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
        var words = new AnswerWords(generation, log);
        await foreach (var step in words.SayAsync(asked, cancellationToken).ConfigureAwait(false))
            if (step is GenerationText piece)
            {
                if (pieces++ == 0)
                    firstToken = time.GetElapsedTime(askedAt);
                text?.Append(piece.Text);
                yield return new AnswerText(piece.Text);
            }
            else
                end = (GenerationEnd)step;
        if (words.Missing is { } missing)
            degraded = [.. degraded, missing];

        var timings = new AnswerTimings(retrieval, firstToken, time.GetElapsedTime(askedAt), time.GetElapsedTime(started), Cached: false);
        var done = new AnswerEnd(end!.PromptTokens, end.CompletionTokens, end.FinishReason, end.Model, timings, degraded);
        // An answer with a part missing is better than none, but not one to tell again.
        if (key is not null && degraded.Count == 0 && pieces > 0)
            await cache.KeepAsync(key, new CachedAnswer(citations, text!.ToString(), done), options.CacheLifetime, cancellationToken).ConfigureAwait(false);
        QueryMetrics.Answered(done);
        yield return done;
    }

    private async ValueTask<SearchReply> RetrieveAsync(AnswerRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await search.SearchAsync(
                new SearchRequest(request.Tenant, request.Question, request.TopK, request.Filter), cancellationToken).ConfigureAwait(false);
        }
        catch (RagException late) when (late.Error == RagError.DeadlineExceeded && CallScope.Current?.Remaining != TimeSpan.Zero)
        {
            // Time was left, so search is the part that is ill; and without passages there is nothing to answer from.
            throw new RagException(RagError.Unavailable, $"query: search does not answer ({late.Message}), and without it nothing can; try again later", TimeSpan.FromSeconds(1), late);
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
}
