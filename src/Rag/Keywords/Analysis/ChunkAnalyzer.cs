using Rag.Words;

namespace Rag.Keywords.Analysis;

/// <summary>Text to terms: Unicode words, lower case, without English function words, stemmed. Queries and chunks go the same way.</summary>
internal static class ChunkAnalyzer
{
    /// <summary>Changes whenever the same text would give other terms, so that an old snapshot is not trusted.</summary>
    public const int Version = 1;

    [ThreadStatic] private static Dictionary<string, int>? t_counts;
    [ThreadStatic] private static Dictionary<string, string>? t_known;

    /// <summary>Analyses a chunk; its document's title counts as a part of it.</summary>
    public static AnalyzedChunk Analyze(string title, ReadOnlySpan<char> text)
    {
        var counts = t_counts ??= new Dictionary<string, int>(StringComparer.Ordinal);
        counts.Clear();
        var length = Count(title, counts) + Count(text, counts);
        var terms = new (string, int)[counts.Count];
        var i = 0;
        foreach (var (term, count) in counts)
            terms[i++] = (term, count);
        if (counts.Count > 65_536)
            t_counts = null;
        return new AnalyzedChunk(terms, length);
    }

    private static int Count(ReadOnlySpan<char> text, Dictionary<string, int> counts)
    {
        Span<char> buffer = stackalloc char[WordReader.MaxLength];
        var known = t_known ??= new Dictionary<string, string>(StringComparer.Ordinal);
        if (known.Count > 50_000)
            known.Clear();
        var knownBySpan = known.GetAlternateLookup<ReadOnlySpan<char>>();
        var reader = new WordReader(text, buffer);
        var length = 0;
        while (reader.Next())
        {
            var word = reader.Word;
            if (StopWords.Contains(word))
                continue;
            length++;

            // Most words come again and again: one lookup instead of stemming and a new string.
            if (!knownBySpan.TryGetValue(word, out var term))
            {
                var written = word.ToString();
                term = word[..PorterStemmer.Stem(word)].ToString();
                known[written] = term;
            }

            System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(counts, term, out _)++;
        }

        return length;
    }
}
