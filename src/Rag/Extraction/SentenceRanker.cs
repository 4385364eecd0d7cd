using Rag.Words;

namespace Rag.Extraction;

/// <summary>A sentence and the passage, from 0, that it stands in.</summary>
internal readonly record struct RankedSentence(string Text, int Passage, double Score);

/// <summary>
/// Finds the sentences that answer a question best: the share of the question's weight that a sentence covers, where a word weighs as in BM25
/// (<c>ln(1 + (n − df + ½)/(df + ½))</c> over the sentences at hand), less a little for long sentences, more a little for earlier passages.
/// </summary>
internal static class SentenceRanker
{
    private const int MostSentences = 3;
    private const int MostPassages = 50;

    // Below this share of the question's weight a sentence shares a word by chance.
    private const double LeastCoverage = 0.15;

    // A further sentence must be nearly as good as the best: a padded answer is a worse one.
    private const double NearlyAsGood = 0.75;

    /// <summary>The best sentences, best first; empty when none covers enough of the question.</summary>
    public static List<RankedSentence> Best(string question, IReadOnlyList<string> passages)
    {
        var terms = Terms(question);
        if (terms.Count == 0)
            return [];
        var candidates = Read(terms, passages);
        var weights = Weigh(terms.Count, candidates);
        var all = weights.Sum();

        var ranked = new List<RankedSentence>();
        foreach (var (text, passage, covers, words) in candidates)
        {
            var covered = 0.0;
            for (var t = 0; t < weights.Length; t++)
                if ((covers >> t & 1) == 1)
                    covered += weights[t];
            var coverage = covered / all;
            if (coverage < LeastCoverage)
                continue;
            var score = coverage / (1 + 0.01 * Math.Max(0, words - 30)) + 0.05 / (passage + 1);
            ranked.Add(new RankedSentence(text, passage, score));
        }

        ranked.Sort((a, b) => b.Score.CompareTo(a.Score));
        return Pick(ranked);
    }

    private static List<RankedSentence> Pick(List<RankedSentence> ranked)
    {
        var best = new List<RankedSentence>();
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var sentence in ranked)
        {
            if (best.Count == MostSentences || (best.Count > 0 && sentence.Score < NearlyAsGood * best[0].Score))
                break;
            if (seen.Add(sentence.Text)) // chunks overlap: the same sentence comes twice
                best.Add(sentence);
        }

        return best;
    }

    // The question's words without stop words, each with a bit; a question beyond 64 different words has said enough.
    private static Dictionary<string, int> Terms(string question)
    {
        var terms = new Dictionary<string, int>(StringComparer.Ordinal);
        var lookup = terms.GetAlternateLookup<ReadOnlySpan<char>>();
        var reader = new WordReader(question, stackalloc char[WordReader.MaxLength]);
        while (reader.Next() && terms.Count < 64)
        {
            if (StopWords.Contains(reader.Word))
                continue;
            var stem = reader.Word[..PorterStemmer.Stem(reader.Word)];
            lookup.TryAdd(stem, terms.Count);
        }

        return terms;
    }

    private static List<(string Text, int Passage, ulong Covers, int Words)> Read(Dictionary<string, int> terms, IReadOnlyList<string> passages)
    {
        var lookup = terms.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> buffer = stackalloc char[WordReader.MaxLength];
        var candidates = new List<(string, int, ulong, int)>();
        for (var p = 0; p < passages.Count && p < MostPassages; p++)
            foreach (var sentence in Sentences.Of(passages[p]))
            {
                ulong covers = 0;
                var words = 0;
                var reader = new WordReader(sentence, buffer);
                for (; reader.Next(); words++)
                    if (!StopWords.Contains(reader.Word) && lookup.TryGetValue(reader.Word[..PorterStemmer.Stem(reader.Word)], out var term))
                        covers |= 1UL << term;
                candidates.Add((sentence, p, covers, words));
            }

        return candidates;
    }

    private static double[] Weigh(int terms, List<(string Text, int Passage, ulong Covers, int Words)> candidates)
    {
        var weights = new double[terms];
        for (var t = 0; t < terms; t++)
        {
            var df = candidates.Count(c => (c.Covers >> t & 1) == 1);
            weights[t] = Math.Log(1 + (candidates.Count - df + 0.5) / (df + 0.5));
        }

        return weights;
    }
}
