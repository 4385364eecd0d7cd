using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Rag.Errors;
using Rag.Generation;
using Rag.Models;
using Rag.Seams;
using Rag.Search;

namespace Rag.Query;

/// <summary>
/// question ─▶ cache (<see cref="AnswerCache"/>) ─▶ search ─▶ citations ─▶ prompt ─▶ generation ─▶ text … end.
/// A part that fails is done without, and the answer says so; without search there is no answer.
/// </summary>
internal sealed class QueryService(
    ISearch search, IGeneration generation, AnswerCache answers, ModelNames models, QueryOptions options, TimeProvider time, ILogger<QueryService> log) : IQuery
{
    private const int LongestQuestion = 8192;
    private const int MostCitations = 50;

    public async IAsyncEnumerable<AnswerEvent> AnswerAsync(AnswerRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Validate(request);
        // Without a model's name an answer can't be filed.
        if (options.CacheLifetime == TimeSpan.Zero || models.Heard is not { } model)
        {
            await foreach (var step in ComputeAsync(request, [], cancellationToken).ConfigureAwait(false))
                yield return step;
            yield break;
        }

        await foreach (var step in answers.AnswerAsync(request, model, (degraded, token) => ComputeAsync(request, degraded, token), cancellationToken).ConfigureAwait(false))
            yield return step;
    }

    private async IAsyncEnumerable<AnswerEvent> ComputeAsync(
        AnswerRequest request, IReadOnlyList<string> already, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var span = Activity.Current;
        var (citations, degraded) = await RetrieveAsync(request, cancellationToken).ConfigureAwait(false);
        degraded = [.. already, .. degraded];
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
        var pieces = 0;
        GenerationEnd? end = null;
        var words = new AnswerWords(generation, log);
        Activity.Current = span; // each step of a stream runs in its reader's flow, and generation belongs under this answer
        await foreach (var step in words.SayAsync(asked, cancellationToken).ConfigureAwait(false))
            if (step is GenerationText piece)
            {
                if (pieces++ == 0)
                    firstToken = time.GetElapsedTime(askedAt);
                yield return new AnswerText(piece.Text);
            }
            else
                end = (GenerationEnd)step;
        if (words.Missing is { } lacking)
            degraded = [.. degraded, lacking];

        var timings = new AnswerTimings(retrieval, firstToken, time.GetElapsedTime(askedAt), time.GetElapsedTime(started), Cached: false);
        var done = new AnswerEnd(end!.PromptTokens, end.CompletionTokens, end.FinishReason, end.Model, timings, degraded);
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
