namespace Rag.Words;

/// <summary>
/// Splits text into words and lower-cases them, without allocating. A word is a run of letters, digits and their combining marks, in any script;
/// an apostrophe inside a word is dropped with a possessive <c>s</c>, a point or comma between digits belongs to the number, and each Chinese,
/// Japanese ideograph or kana is a word of its own, since those scripts don't write spaces.
/// </summary>
internal ref struct WordReader
{
    /// <summary>Longer words are cut here: no language needs more, and a page of base64 must not become one term.</summary>
    public const int MaxLength = 48;

    private readonly ReadOnlySpan<char> _text;
    private readonly Span<char> _word;
    private int _at;
    private int _length;

    /// <param name="text">What to split.</param>
    /// <param name="buffer">At least <see cref="MaxLength"/> characters; holds the current word.</param>
    public WordReader(ReadOnlySpan<char> text, Span<char> buffer)
    {
        _text = text;
        _word = buffer[..MaxLength];
    }

    /// <summary>The current word, lower case; may be changed in place.</summary>
    public readonly Span<char> Word => _word[.._length];

    /// <summary>Moves to the next word.</summary>
    public bool Next()
    {
        var text = _text;
        var i = _at;
        while (i < text.Length && Kind(text[i]) == CharKind.Other)
            i++;
        if (i == text.Length)
        {
            _at = i;
            return false;
        }

        var length = 0;
        if (Kind(text[i]) == CharKind.Ideograph)
        {
            _word[length++] = text[i++];
        }
        else
        {
            for (; i < text.Length; i++)
            {
                var c = text[i];
                var kind = Kind(c);
                if (kind == CharKind.Word)
                {
                    if (length < MaxLength)
                        _word[length++] = c < 128 ? (char)(c is >= 'A' and <= 'Z' ? c | 0x20 : c) : char.ToLowerInvariant(c);
                    continue;
                }

                if (kind == CharKind.Ideograph || i + 1 >= text.Length)
                    break;
                if (c is '.' or ',' && char.IsAsciiDigit(text[i - 1]) && char.IsAsciiDigit(text[i + 1]))
                {
                    if (length < MaxLength)
                        _word[length++] = '.';
                    continue;
                }

                if (c is '\'' or '\u2019' && char.IsLetter(text[i + 1]))
                {
                    // "Crohn's" is about Crohn; "don't" and "O'Neill" lose the apostrophe only.
                    if (text[i + 1] is 's' or 'S' && (i + 2 == text.Length || Kind(text[i + 2]) == CharKind.Other))
                    {
                        i += 2;
                        break;
                    }

                    continue;
                }

                break;
            }
        }

        _at = i;
        _length = length;
        return true;
    }

    private enum CharKind : byte { Other, Word, Ideograph }

    private static readonly CharKind[] Latin = MakeLatin();

    private static CharKind Kind(char c) => c < 256 ? Latin[c] : Classify(c);

    private static CharKind[] MakeLatin()
    {
        var kinds = new CharKind[256];
        for (var c = 0; c < kinds.Length; c++)
            kinds[c] = Classify((char)c);
        return kinds;
    }

    private static CharKind Classify(char c)
    {
        if (c is (>= '\u3040' and <= '\u30ff') or (>= '\u3400' and <= '\u9fff') or (>= '\uf900' and <= '\ufaff'))
            return CharKind.Ideograph;
        if (char.IsLetterOrDigit(c) || char.IsSurrogate(c))
            return CharKind.Word;
        return char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark
            ? CharKind.Word
            : CharKind.Other;
    }
}
