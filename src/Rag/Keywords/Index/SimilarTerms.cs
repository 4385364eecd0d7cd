using System.Collections.Concurrent;

namespace Rag.Keywords.Index;

/// <summary>A term that looks like another one, and how much: the Dice coefficient of their letter trigrams, 0–1.</summary>
internal readonly record struct SimilarTerm(Term Term, double Likeness);

/// <summary>
/// Finds the terms of a vocabulary that look like a given one: "phosphorylation" and "dephosphorylate", "fibroblast" and "myofibroblast", a typing error.
/// Stemming joins endings only; this joins what has a longer part in common. Found terms are remembered; new terms are compared as they come.
/// </summary>
/// <remarks>
/// Two terms with a likeness of at least t share at least t/(2−t) of the trigrams of either. So whoever shares none of a term's rarest trigrams,
/// all but that many, can't reach t: only the rarest lists are read (the prefix filter of Chaudhuri et al., ICDE 2006).
/// </remarks>
internal sealed class SimilarTerms(Vocabulary vocabulary, int most, double atLeast)
{
    private const int ShortestTerm = 4;
    private const int MostRemembered = 20_000;
    private const int MostComparedOneByOne = 256;

    private readonly ConcurrentDictionary<ulong, Postings> _byTrigram = new(1, 31);
    private readonly ConcurrentDictionary<string, Remembered> _remembered = new(StringComparer.Ordinal);

    private sealed record Remembered(SimilarTerm[] Terms, int VocabularyCount, long Changes);

    /// <summary>Writer only: makes a new term findable.</summary>
    public void Add(Term term)
    {
        if (most == 0 || !IsComparable(term.Text))
            return;
        Span<ulong> grams = stackalloc ulong[Words.WordReader.MaxLength + 2];
        foreach (var gram in grams[..Trigrams(term.Text, grams)])
        {
            if (!_byTrigram.TryGetValue(gram, out var list))
                _byTrigram[gram] = list = new Postings();
            list.Append(term.Number, 1, 1);
        }
    }

    /// <summary>The living terms most like this one, itself excluded, most alike first.</summary>
    public IReadOnlyList<SimilarTerm> Find(string text)
    {
        if (most == 0 || !IsComparable(text))
            return [];
        // What is remembered is read first: another reader may remember more at any moment, and what is read after it is at least as new.
        var isKnown = _remembered.TryGetValue(text, out var known);
        var changes = vocabulary.Changes;
        var count = vocabulary.Count;
        if (isKnown)
        {
            if (known!.VocabularyCount == count && known.Changes == changes)
                return known.Terms;
            if (count - known.VocabularyCount + (changes - known.Changes) <= MostComparedOneByOne && Since(known, count, changes) is { } since)
                return Remember(text, new Remembered(Best(text, known.Terms, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(since)), count, changes));
        }

        return Remember(text, new Remembered(Best(text, [], Candidates(text, count)), count, changes));
    }

    // What has come or come back since: the only terms that can add to what is known. Null when what is known has lost one, whose place another may take.
    private List<Term>? Since(Remembered known, int count, long changes)
    {
        if (vocabulary.Changed(known.Changes, changes) is not { } changed)
            return null;
        var since = new List<Term>(changed.Count + count - known.VocabularyCount);
        foreach (var term in changed)
            if (!Has(known.Terms, term))
                since.Add(term);
            else if (term.Postings.Live == 0)
                return null;
        since.AddRange(vocabulary.From(known.VocabularyCount)[..(count - known.VocabularyCount)]);
        return since;
    }

    private static bool Has(SimilarTerm[] terms, Term term)
    {
        foreach (var known in terms)
            if (known.Term == term)
                return true;
        return false;
    }

    private SimilarTerm[] Remember(string text, Remembered found)
    {
        if (_remembered.Count >= MostRemembered)
            _remembered.Clear();
        _remembered[text] = found;
        return found.Terms;
    }

    private ReadOnlySpan<Term> Candidates(string text, int vocabularyCount)
    {
        Span<ulong> grams = stackalloc ulong[Words.WordReader.MaxLength + 2];
        grams = grams[..Trigrams(text, grams)];
        var lists = new List<Postings>(grams.Length);
        foreach (var gram in grams)
            if (_byTrigram.TryGetValue(gram, out var list))
                lists.Add(list);

        var shared = (int)Math.Ceiling((atLeast * grams.Length / (2 - atLeast)) - 1e-9);
        var unknown = grams.Length - lists.Count; // nobody shares these: they are the rarest
        var read = grams.Length - shared + 1 - unknown;
        if (read <= 0)
            return [];
        lists.Sort((a, b) => a.Live.CompareTo(b.Live));

        var seen = new HashSet<int>();
        var candidates = new List<Term>();
        var terms = vocabulary.From(0);
        foreach (var list in lists.Take(read))
            foreach (var number in list.Read(vocabularyCount).Chunks)
                if (seen.Add(number))
                    candidates.Add(terms[number]);
        return System.Runtime.InteropServices.CollectionsMarshal.AsSpan(candidates);
    }

    private SimilarTerm[] Best(string text, SimilarTerm[] known, ReadOnlySpan<Term> candidates)
    {
        Span<ulong> own = stackalloc ulong[Words.WordReader.MaxLength + 2];
        Span<ulong> theirs = stackalloc ulong[Words.WordReader.MaxLength + 2];
        own = own[..Trigrams(text, own)];
        var found = new List<SimilarTerm>(known);
        foreach (var candidate in candidates)
        {
            // The longer has at least as many trigrams more as it has letters more, nearly always; the exact test follows.
            var other = candidate.Text;
            if (2.0 * Math.Min(other.Length, own.Length) < (atLeast * (other.Length + own.Length)) - 2 || other == text || !IsComparable(other) || candidate.Postings.Live == 0)
                continue;
            var likeness = Likeness(own, theirs[..Trigrams(other, theirs)]);
            if (likeness >= atLeast)
                found.Add(new SimilarTerm(candidate, likeness));
        }

        // The order must not depend on that of arrival: the same documents must give the same answers after a restart.
        found.Sort((a, b) => b.Likeness.CompareTo(a.Likeness) is var byLikeness && byLikeness != 0 ? byLikeness : string.CompareOrdinal(a.Term.Text, b.Term.Text));
        var best = new List<SimilarTerm>(most);
        foreach (var one in found)
        {
            if (best.Count == most)
                break;
            // One that went and came back may have been told of twice.
            if (best.Count == 0 || best[^1].Term != one.Term)
                best.Add(one);
        }

        return [.. best];
    }

    internal static double Likeness(string a, string b)
    {
        Span<ulong> one = stackalloc ulong[Words.WordReader.MaxLength + 2];
        Span<ulong> two = stackalloc ulong[Words.WordReader.MaxLength + 2];
        return Likeness(one[..Trigrams(a, one)], two[..Trigrams(b, two)]);
    }

    private static double Likeness(ReadOnlySpan<ulong> a, ReadOnlySpan<ulong> b)
    {
        var shared = 0;
        foreach (var gram in a)
            if (b.Contains(gram))
                shared++;
        return 2.0 * shared / (a.Length + b.Length);
    }

    // Numbers that look alike mean different things.
    private static bool IsComparable(string text)
    {
        if (text.Length < ShortestTerm)
            return false;
        foreach (var c in text)
            if (char.IsLetter(c))
                return true;
        return false;
    }

    // Distinct trigrams of ^text$.
    private static int Trigrams(string text, Span<ulong> grams)
    {
        var count = 0;
        for (var i = -1; i + 1 < text.Length; i++)
        {
            ulong first = i < 0 ? '^' : text[i];
            ulong last = i + 2 < text.Length ? text[i + 2] : '$';
            var gram = first | ((ulong)text[i + 1] << 16) | (last << 32);
            if (!grams[..count].Contains(gram))
                grams[count++] = gram;
        }

        return count;
    }
}
