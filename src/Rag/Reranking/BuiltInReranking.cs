using System.Diagnostics;
using System.Diagnostics.Metrics;
using Rag.Errors;
using Rag.Search;

namespace Rag.Reranking;

/// <summary><see cref="IReranking"/> by <see cref="CloserLook"/>: the score that a candidate came with, scaled to 0…1, plus the closer look's, weighted.</summary>
internal sealed class BuiltInReranking : IReranking
{
    private const int MaxCandidates = 200;
    private const int MaxQueryWords = 64;

    private static readonly Meter Meter = new("Rag");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("rag.reranking.duration", "s", "Time to rerank one query's candidates");

    private readonly double _weight;

    public BuiltInReranking(RerankingOptions options)
    {
        if (options.Problems().ToArray() is { Length: > 0 } problems)
            throw new InvalidOperationException(string.Join("; ", problems));
        _weight = options.Weight;
    }

    public ValueTask<IReadOnlyList<SearchResult>> RerankAsync(RerankRequest request, CancellationToken cancellationToken)
    {
        var candidates = request.Candidates;
        if (candidates.Count is < 1 or > MaxCandidates)
            throw new RagException(RagError.InvalidArgument, $"reranking: {candidates.Count} candidates given; allowed are 1 to {MaxCandidates}");
        var started = Stopwatch.GetTimestamp();
        var look = new CloserLook(request.Query, MaxQueryWords);
        var sightings = new CloserLook.Sighting[candidates.Count];
        for (var i = 0; i < sightings.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            sightings[i] = look.Read(candidates[i].Title, candidates[i].Text);
        }

        look.Weigh(sightings);
        var (worst, best) = (candidates.Min(c => c.Score), candidates.Max(c => c.Score));
        var scored = new (SearchResult Result, double Score)[candidates.Count];
        for (var i = 0; i < scored.Length; i++)
        {
            var given = best > worst ? (candidates[i].Score - worst) / (best - worst) : 1;
            scored[i] = (candidates[i], given + (_weight * look.Score(sightings[i])));
        }

        // OrderBy is stable: equals keep the order they came in.
        IReadOnlyList<SearchResult> ordered = [.. scored.OrderByDescending(s => s.Score).Select(s => s.Result with { Score = s.Score })];
        Duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
        return ValueTask.FromResult(ordered);
    }
}
