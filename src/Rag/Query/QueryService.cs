using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rag.Errors;
using Rag.Extraction;
using Rag.Generation;
using Rag.Reranking;
using Rag.Search;

namespace Rag.Query;

/// <summary>
/// question ─▶ cache (<see cref="AnswerCache"/>) ─▶ search ─▶ rerank ─▶ citations ─▶ prompt ─▶ generation ─▶ text … end.
/// When generation fails before its first word, the extractive answerer takes its place and the answer says so.
/// </summary>
internal sealed partial class QueryService(
    ISearch search, IGeneration generation, AnswerCache answers, QueryOptions options, TimeProvider time,
    ILogger<QueryService> log, IServiceProvider services) : IQuery
{
    private const int LongestQuestion = 8192;
    private const int MostCitations = 50;

    private readonly IReranking? _reranking = options.Rerank ? services.GetService<IReranking>() : null;
    private readonly ExtractiveAnswerer _fallback = new();
    private readonly ModelName _model = new(generation, time);

    public async IAsyncEnumerable<AnswerEvent> AnswerAsync(AnswerRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Validate(request);
        // Without a model's name an answer can't be filed.
        if (options.CacheLifetime == TimeSpan.Zero || await _model.CurrentAsync(cancellationToken).ConfigureAwait(false) is not { } model)
        {
            await foreach (var step in ComputeAsync(request, [], cancellationToken).ConfigureAwait(false))
                yield return step;
            yield break;
        }

        await foreach (var step in answers.AnswerAsync(request, model, (degraded, token) => ComputeAsync(request, degraded, token), cancellationToken).ConfigureAwait(false))
            yield return step;
    }

    private async IAsyncEnumerable<AnswerEvent> ComputeAsync(
        AnswerRequest request, IReadOnlyList<string> missing, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var (citations, degraded) = await RetrieveAsync(request, cancellationToken).ConfigureAwait(false);
        degraded = [.. missing, .. degraded];
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
