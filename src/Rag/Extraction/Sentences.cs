namespace Rag.Extraction;

/// <summary>Cuts a passage into sentences.</summary>
internal static class Sentences
{
    /// <summary>Longer ones are cut at a word: a table or a log has no full stops.</summary>
    private const int Longest = 400;

    private static readonly string[] Abbreviations = ["e.g", "i.e", "dr", "mr", "mrs", "ms", "prof", "fig", "vs", "approx", "no", "al", "etc", "st"];

    /// <summary>The sentences in their order, trimmed, line breaks inside them made spaces.</summary>
    public static List<string> Of(string text)
    {
        var sentences = new List<string>();
        var start = 0;
        for (var i = 0; i < text.Length; i++)
            if (EndsAt(text, start, i) || (i - start >= Longest && char.IsWhiteSpace(text[i])))
            {
                Add(sentences, text.AsSpan(start, i + 1 - start));
                start = i + 1;
            }

        Add(sentences, text.AsSpan(start));
        return sentences;
    }

    private static bool EndsAt(string text, int start, int i)
    {
        var c = text[i];
        if (c == '\n') // a blank line or a list item ends a sentence; a wrapped line doesn't
            return i + 1 >= text.Length || text[i + 1] is '\n' or '\r' or '-' or '*' or '#' or '|' || text[start] == '#';
        if (c is not ('.' or '!' or '?' or '。'))
            return false;
        if (c == '。' || i + 1 >= text.Length)
            return true;
        if (!char.IsWhiteSpace(text[i + 1]))
            return false;
        if (c != '.')
            return true;

        // "3. " opens a list item, "J. Smith" and "e.g. this" go on.
        var word = text.AsSpan(start, i - start);
        word = word[(word.LastIndexOfAny(' ', '\n', '(') + 1)..];
        if (word.Length <= 1)
            return false;
        foreach (var abbreviation in Abbreviations)
            if (word.Equals(abbreviation, StringComparison.OrdinalIgnoreCase))
                return false;
        return true;
    }

    private static void Add(List<string> sentences, ReadOnlySpan<char> sentence)
    {
        sentence = sentence.Trim();
        if (sentence.IsEmpty)
            return;
        sentences.Add(sentence.ContainsAny('\n', '\r', '\t')
            ? string.Join(' ', sentence.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            : sentence.ToString());
    }
}
