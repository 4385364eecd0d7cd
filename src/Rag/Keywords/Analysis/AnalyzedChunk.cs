namespace Rag.Keywords.Analysis;

/// <summary>A chunk as the index sees it: its distinct terms, how often each comes, and how many there are in all.</summary>
internal sealed record AnalyzedChunk((string Term, int Count)[] Terms, int Length);
