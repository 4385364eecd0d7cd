namespace Rag.Bench.SciFact;

/// <summary>How good one ranking is, with judgements that are yes or no.</summary>
internal static class RankingScores
{
    /// <summary>Normalised discounted cumulative gain of the first <paramref name="k"/> (Järvelin and Kekäläinen, 2002; as trec_eval has it): Σ 1/log2(rank+1) over the relevant ones, divided by the most that is possible.</summary>
    public static double Ndcg(IReadOnlyList<string> ranking, IReadOnlySet<string> relevant, int k)
    {
        double gained = 0, ideal = 0;
        for (var i = 0; i < k; i++)
        {
            if (i < ranking.Count && relevant.Contains(ranking[i]))
                gained += 1 / Math.Log2(i + 2);
            if (i < relevant.Count)
                ideal += 1 / Math.Log2(i + 2);
        }

        return gained / ideal;
    }

    /// <summary>Share of the relevant ones among the first <paramref name="k"/>.</summary>
    public static double Recall(IReadOnlyList<string> ranking, IReadOnlySet<string> relevant, int k) =>
        (double)ranking.Take(k).Count(relevant.Contains) / relevant.Count;

    /// <summary>Documents in the order of their best chunks.</summary>
    public static List<string> Documents(IEnumerable<string> documentsOfChunks) => [.. documentsOfChunks.Distinct()];
}
