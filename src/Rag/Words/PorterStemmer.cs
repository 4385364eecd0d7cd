namespace Rag.Words;

/// <summary>
/// The stemmer of M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980, with the two departures of the author's own later
/// code (<c>-bli</c> → <c>-ble</c>, <c>-logi</c> → <c>-log</c>). Works in place on lower-case a–z.
/// </summary>
internal static class PorterStemmer
{
    /// <summary>Stems a word in place and returns how many characters are left. Words with anything but a–z, and those of one or two letters, stay as they are.</summary>
    public static int Stem(Span<char> word)
    {
        if (word.Length < 3)
            return word.Length;
        foreach (var c in word)
            if (c is < 'a' or > 'z')
                return word.Length;

        var stem = new Stemming(word);
        stem.Plurals();
        stem.PastAndProgressive();
        stem.FinalY();
        stem.ReplaceFirst(Step2, 0);
        stem.ReplaceFirst(Step3, 0);
        stem.DropLongSuffix();
        stem.FinalE();
        return stem.Length;
    }

    private static readonly (string Suffix, string By)[] Step2 =
    [
        ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"), ("alli", "al"),
        ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"),
        ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"), ("logi", "log"),
    ];

    private static readonly (string Suffix, string By)[] Step3 =
        [("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")];

    private static readonly string[] Step4 =
    [
        "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti", "ous", "ive", "ize",
    ];

    private ref struct Stemming(Span<char> word)
    {
        private readonly Span<char> _w = word;
        public int Length = word.Length;

        // Step 1a.
        public void Plurals()
        {
            if (_w[Length - 1] != 's')
                return;
            if (Ends("sses") || Ends("ies"))
                Length -= 2;
            else if (_w[Length - 2] != 's')
                Length--;
        }

        // Step 1b.
        public void PastAndProgressive()
        {
            if (Ends("eed"))
            {
                if (Measure(Length - 3) > 0)
                    Length--;
                return;
            }

            if (Ends("ed") && HasVowel(Length - 2))
                Length -= 2;
            else if (Ends("ing") && HasVowel(Length - 3))
                Length -= 3;
            else
                return;

            if (Ends("at") || Ends("bl") || Ends("iz"))
                _w[Length++] = 'e';
            else if (EndsInDoubleConsonant())
                Length -= _w[Length - 1] is 'l' or 's' or 'z' ? 0 : 1;
            else if (Measure(Length) == 1 && EndsConsonantVowelConsonant(Length))
                _w[Length++] = 'e';
        }

        // Step 1c.
        public readonly void FinalY()
        {
            if (_w[Length - 1] == 'y' && HasVowel(Length - 1))
                _w[Length - 1] = 'i';
        }

        // Steps 2 and 3: the longest suffix that fits is replaced if enough word is left before it. The tables need no order:
        // where one suffix ends another ("ational", "tional", "ation"), the longest is looked for.
        public void ReplaceFirst((string Suffix, string By)[] table, int measureAbove)
        {
            var best = -1;
            for (var i = 0; i < table.Length; i++)
                if (Ends(table[i].Suffix) && (best < 0 || table[i].Suffix.Length > table[best].Suffix.Length))
                    best = i;
            if (best < 0)
                return;
            var stem = Length - table[best].Suffix.Length;
            if (Measure(stem) <= measureAbove)
                return;
            table[best].By.CopyTo(_w[stem..]);
            Length = stem + table[best].By.Length;
        }

        // Step 4.
        public void DropLongSuffix()
        {
            var best = "";
            foreach (var suffix in Step4)
                if (suffix.Length > best.Length && Ends(suffix))
                    best = suffix;
            var stem = Length - best.Length;
            if (best.Length == 0 || Measure(stem) <= 1 || (best == "ion" && (stem == 0 || _w[stem - 1] is not ('s' or 't'))))
                return;
            Length = stem;
        }

        // Step 5.
        public void FinalE()
        {
            if (_w[Length - 1] == 'e')
            {
                var m = Measure(Length - 1);
                if (m > 1 || (m == 1 && !EndsConsonantVowelConsonant(Length - 1)))
                    Length--;
            }

            if (_w[Length - 1] == 'l' && EndsInDoubleConsonant() && Measure(Length) > 1)
                Length--;
        }

        private readonly bool Ends(string suffix) => suffix.Length < Length + 1 && _w[..Length].EndsWith(suffix);

        private readonly bool IsConsonant(int i) => _w[i] switch
        {
            'a' or 'e' or 'i' or 'o' or 'u' => false,
            'y' => i == 0 || !IsConsonant(i - 1),
            _ => true,
        };

        // m in [C](VC)^m[V].
        private readonly int Measure(int end)
        {
            var m = 0;
            var afterVowel = false;
            for (var i = 0; i < end; i++)
            {
                var consonant = IsConsonant(i);
                if (consonant && afterVowel)
                    m++;
                afterVowel = !consonant;
            }

            return m;
        }

        private readonly bool HasVowel(int end)
        {
            for (var i = 0; i < end; i++)
                if (!IsConsonant(i))
                    return true;
            return false;
        }

        private readonly bool EndsInDoubleConsonant() =>
            Length >= 2 && _w[Length - 1] == _w[Length - 2] && IsConsonant(Length - 1);

        // *o: the second consonant is not w, x or y.
        private readonly bool EndsConsonantVowelConsonant(int end) =>
            end >= 3 && IsConsonant(end - 1) && !IsConsonant(end - 2) && IsConsonant(end - 3) && _w[end - 1] is not ('w' or 'x' or 'y');
    }
}
