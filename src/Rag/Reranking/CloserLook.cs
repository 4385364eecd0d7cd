using Rag.Words;

namespace Rag.Reranking;

/// <summary>
/// How well one text answers a query, seen word by word, 0…1: what counting words can't see. Each part is a share between 0 and 1.
/// <list type="bullet">
/// <item>coverage: query words that come at all, each weighted by its rarity among the candidates</item>
/// <item>pairs: neighbouring query words that are neighbours (at most one word between) in the text too, in this order</item>
/// <item>proximity: how short the shortest passage is that holds all of the covered words</item>
/// <item>title: query words that come in the title, by rarity</item>
/// </list>
/// Numbers are words here: "32%" is matched like any other, and weighs more the fewer candidates have it.
/// </summary>
internal sealed class CloserLook
{
    private readonly string[] _words;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _numbers;
    private readonly int[] _sequence;
    private readonly double[] _rarity;

    /// <param name="query">The question.</param>
    /// <param name="mostWords">Words beyond these are not looked at.</param>
    public CloserLook(string query, int mostWords)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var sequence = new List<int>();
        Span<char> buffer = stackalloc char[WordReader.MaxLength];
        var reader = new WordReader(query, buffer);
        while (reader.Next() && sequence.Count < mostWords)
        {
            if (StopWords.Contains(reader.Word))
                continue;
            var word = reader.Word[..PorterStemmer.Stem(reader.Word)].ToString();
            numbers.TryAdd(word, numbers.Count);
            sequence.Add(numbers[word]);
        }

        _words = [.. numbers.Keys];
        _numbers = numbers.GetAlternateLookup<ReadOnlySpan<char>>();
        _sequence = [.. sequence];
        _rarity = new double[_words.Length];
        Array.Fill(_rarity, 1.0);
    }

    /// <summary>Distinct words looked for.</summary>
    public int Words => _words.Length;

    /// <summary>Where the query's words come in a text.</summary>
    public Sighting Read(string title, string text)
    {
        var hits = new List<(int Word, int At)>();
        var inTitle = ReadInto(title, hits, 0);
        var titleHits = hits.Count;
        ReadInto(text, hits, inTitle + 10); // no passage and no pair spans the title and the text
        return new Sighting(hits, titleHits);
    }

    /// <summary>Weighs words by how few of the candidates have them.</summary>
    public void Weigh(IReadOnlyList<Sighting> candidates)
    {
        var having = new int[_words.Length];
        foreach (var candidate in candidates)
            for (var word = 0; word < having.Length; word++)
                if (candidate.Hits.Exists(h => h.Word == word))
                    having[word]++;
        for (var word = 0; word < having.Length; word++)
            _rarity[word] = Math.Log(1 + ((candidates.Count + 1.0) / (having[word] + 0.5)));
    }

    /// <summary>The score, 0…1.</summary>
    public double Score(Sighting sighting)
    {
        if (_words.Length == 0 || sighting.Hits.Count == 0)
            return 0;
        return (0.4 * Coverage(sighting.Hits)) + (0.25 * Pairs(sighting.Hits)) + (0.15 * Proximity(sighting.Hits))
            + (0.2 * Coverage(sighting.Hits.GetRange(0, sighting.TitleHits)));
    }

    private int ReadInto(string text, List<(int, int)> hits, int at)
    {
        Span<char> buffer = stackalloc char[WordReader.MaxLength];
        var reader = new WordReader(text, buffer);
        for (; reader.Next(); at++)
        {
            var word = reader.Word;
            if (_numbers.TryGetValue(word[..PorterStemmer.Stem(word)], out var number))
                hits.Add((number, at));
        }

        return at;
    }

    private double Coverage(List<(int Word, int At)> hits)
    {
        double covered = 0, all = 0;
        for (var word = 0; word < _rarity.Length; word++)
        {
            all += _rarity[word];
            if (hits.Exists(h => h.Word == word))
                covered += _rarity[word];
        }

        return covered / all;
    }

    private double Pairs(List<(int Word, int At)> hits)
    {
        if (_sequence.Length < 2)
            return 0;
        double found = 0, all = 0;
        for (var i = 0; i + 1 < _sequence.Length; i++)
        {
            var weight = _rarity[_sequence[i]] + _rarity[_sequence[i + 1]];
            all += weight;
            for (var j = 0; j < hits.Count; j++)
            {
                if (hits[j].Word != _sequence[i])
                    continue;
                for (var k = j + 1; k < hits.Count && hits[k].At - hits[j].At <= 2; k++)
                    if (hits[k].Word == _sequence[i + 1])
                    {
                        found += weight;
                        goto Next;
                    }
            }

        Next:;
        }

        return found / all;
    }

    // The shortest passage with all words that come at all, by a window that grows at its end and shrinks at its start.
    private double Proximity(List<(int Word, int At)> hits)
    {
        var distinct = 0;
        var counts = new int[_words.Length];
        foreach (var (word, _) in hits)
            if (counts[word]++ == 0)
                distinct++;
        if (distinct < 2)
            return 0;

        Array.Clear(counts);
        var shortest = int.MaxValue;
        for (int end = 0, start = 0, inside = 0; end < hits.Count; end++)
        {
            if (counts[hits[end].Word]++ == 0)
                inside++;
            for (; inside == distinct; start++)
            {
                shortest = Math.Min(shortest, hits[end].At - hits[start].At + 1);
                if (--counts[hits[start].Word] == 0)
                    inside--;
            }
        }

        return (double)distinct / shortest * distinct / _words.Length;
    }

    /// <summary>Where the query's words were seen: first those in the title, then those in the text, in order.</summary>
    internal sealed record Sighting(List<(int Word, int At)> Hits, int TitleHits);
}
