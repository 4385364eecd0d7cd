using System.Diagnostics.Metrics;
using Rag.Engines.Onnx.Texts;
using Rag.Errors;
using Rag.Reranking;
using Rag.Search;

namespace Rag.Engines.Onnx;

/// <summary>
/// <see cref="IReranking"/> by a cross-encoder that runs in this process: question and passage (title and text) are read together. Scores are the model's own, brought to 0…1 by the
/// sigmoid; of two outputs the second counts against the first. Equals keep the order they came in.
/// </summary>
internal sealed class OnnxReranking(CurrentModel current, TimeProvider time) : IReranking
{
    private const int MaxCandidates = 200;

    private static readonly Meter Meter = new("Rag");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("rag.reranking.duration", "s", "Time to rerank one query's candidates");

    public async ValueTask<IReadOnlyList<SearchResult>> RerankAsync(RerankRequest request, CancellationToken cancellationToken)
    {
        var candidates = request.Candidates;
        if (candidates.Count is < 1 or > MaxCandidates)
            throw new RagException(RagError.InvalidArgument, $"reranking: {candidates.Count} candidates given; allowed are 1 to {MaxCandidates}");
        cancellationToken.ThrowIfCancellationRequested();
        var started = time.GetTimestamp();
        var model = current.Hold();
        try
        {
            var inputs = new TokenSequence[candidates.Count];
            for (var i = 0; i < inputs.Length; i++)
                inputs[i] = model.Text.Encode(request.Query, PassageOf(candidates[i]));
            var computed = await model.ComputeAsync(inputs, isUrgent: true, cancellationToken).ConfigureAwait(false);
            // By the model's own number, not by its sigmoid, in which the very good are all 1; rounded, since equals in two batches differ in their last bits.
            IReadOnlyList<SearchResult> ordered =
            [
                .. candidates.Zip(computed, (candidate, scores) => (Candidate: candidate, Score: scores.Length == 2 ? scores[1] - scores[0] : scores[0]))
                    .OrderByDescending(scored => MathF.Round(scored.Score, 5)).Select(scored => scored.Candidate with { Score = 1 / (1 + Math.Exp(-scored.Score)) }),
            ];
            Duration.Record(time.GetElapsedTime(started).TotalSeconds);
            return ordered;
        }
        finally
        {
            model.Release();
        }
    }

    /// <summary>What of a candidate is read.</summary>
    internal static string PassageOf(SearchResult candidate) => candidate.Title.Length > 0 ? $"{candidate.Title}\n{candidate.Text}" : candidate.Text;
}
