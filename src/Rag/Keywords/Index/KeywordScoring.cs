namespace Rag.Keywords.Index;

/// <summary>
/// BM25 as Lucene has it (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009, with an idf that can't be negative):
/// <c>Σ weight · idf · tf·(k1+1) / (tf + k1·(1 − b + b·length/average))</c> with <c>idf = ln(1 + (N − n + 0.5)/(n + 0.5))</c>.
/// </summary>
internal readonly struct KeywordScoring(double k1, double b, int chunks, double averageLength)
{
    private readonly double _flat = k1 * (1 - b);
    private readonly double _perTerm = averageLength > 0 ? k1 * b / averageLength : 0;

    /// <summary>A term's factor: everything that doesn't depend on the chunk.</summary>
    public double Factor(int chunksWithTerm, double weight)
    {
        var n = Math.Min(chunksWithTerm, chunks); // a write that is not yet published may have counted already
        return weight * (k1 + 1) * Math.Log(1 + ((chunks - n + 0.5) / (n + 0.5)));
    }

    /// <summary>One term's share of one chunk's score.</summary>
    public double Score(double factor, int count, int length) => factor * count / (count + _flat + (_perTerm * length));
}
