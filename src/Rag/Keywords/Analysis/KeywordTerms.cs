namespace Rag.Keywords.Analysis;

/// <summary>A text's terms as every engine of keywords sees them, so that all find the same: Unicode words, lower case, without English function words, stemmed.</summary>
public static class KeywordTerms
{
    /// <summary>The most terms of a query that are searched for; further ones are left out.</summary>
    public const int MaxInQuery = 256;

    /// <summary>A text's distinct terms with their counts, in no order, and all counts together.</summary>
    /// <param name="title">The document's title, which counts as a part of each chunk; empty for a query.</param>
    /// <param name="text">The chunk or the query.</param>
    public static (IReadOnlyList<(string Term, int Count)> Terms, int Length) Of(string title, string text)
    {
        var analyzed = ChunkAnalyzer.Analyze(title, text);
        return (analyzed.Terms, analyzed.Length);
    }
}
