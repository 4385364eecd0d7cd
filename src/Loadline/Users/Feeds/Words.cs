namespace Loadline.Users.Feeds;

/// <summary>
/// Pronounceable synthetic words: two-letter syllables, so a number has exactly one word and words of different lengths never meet. Vocabulary words have two or
/// three syllables, names of things four: no name is ever a word of a text about something else.
/// </summary>
internal static class Words
{
    private const string Consonants = "bcdfghjklmnprstvwxyz";
    private const string Vowels = "aeiou";
    private const int Syllables = 100;

    /// <summary>How many names there are.</summary>
    internal const int Names = Syllables * Syllables * Syllables * Syllables;

    /// <summary>How many vocabulary words there are.</summary>
    internal const int Vocabulary = 32_768;

    private static readonly string[] Made = [.. Enumerable.Range(0, Vocabulary).Select(Make)];

    /// <summary>English function words by how often they are used: the glue that makes keyword search do its work on what matters.</summary>
    internal static readonly string[] Function =
    [
        "the", "of", "and", "to", "in", "a", "is", "that", "for", "it", "was", "with", "as", "on", "by", "at", "from", "are", "this", "which",
        "be", "an", "has", "were", "or", "their", "its", "had", "not", "been", "also", "have", "more", "when", "after", "than", "between", "during",
        "into", "most", "other", "over", "about", "under", "because", "where", "through", "before", "such", "each",
    ];

    /// <summary>A vocabulary word.</summary>
    internal static string Word(int index) => Made[index & (Vocabulary - 1)];

    /// <summary>The name of a thing, with a capital; each number below <see cref="Names"/> has its own.</summary>
    internal static string Name(int number)
    {
        // 7·10⁷+3 and 10⁸ have no common factor: a bijection that puts neighbours far apart.
        var scattered = (int)((((long)number * 70_000_003) + 12_345_678) % Names);
        return string.Create(8, scattered, static (span, value) =>
        {
            Spell(span, value);
            span[0] = char.ToUpperInvariant(span[0]);
        });
    }

    // An odd multiplier modulo 2^15 is a bijection too: alphabetical neighbours are not neighbours in rank.
    private static string Make(int index)
    {
        var value = (index * 20_011) & (Vocabulary - 1);
        // 370,003 and 10⁶ have no common factor: three-syllable words begin in every way, and still each number has its own.
        return value < Syllables * Syllables
            ? string.Create(4, value, Spell)
            : string.Create(6, (int)((long)value * 370_003 % (Syllables * Syllables * Syllables)), Spell);
    }

    private static void Spell(Span<char> span, int value)
    {
        for (var i = span.Length - 2; i >= 0; i -= 2)
        {
            var syllable = value % Syllables;
            span[i] = Consonants[syllable / Vowels.Length];
            span[i + 1] = Vowels[syllable % Vowels.Length];
            value /= Syllables;
        }
    }
}
