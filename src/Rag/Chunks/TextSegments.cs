namespace Rag.Chunks;

/// <summary>Where a text may be cut. Segments follow each other without gaps; each carries the white space behind it.</summary>
internal static class TextSegments
{
    /// <summary>Sentences, and lines where a sentence has none: a cut is after <c>. ! ?</c> (and their CJK forms) with what closes them, or after a line end.</summary>
    public static IEnumerable<Range> Sentences(string text)
    {
        var start = 0;
        var at = 0;
        while (at < text.Length)
        {
            var c = text[at++];
            if (c != '\n' && !EndsSentence(text, c, ref at))
                continue;
            while (at < text.Length && char.IsWhiteSpace(text[at]))
                at++;
            yield return start..at;
            start = at;
        }

        if (start < text.Length)
            yield return start..text.Length;
    }

    /// <summary>The end of the last word that ends at or before <paramref name="limit"/>; the limit itself when there is none behind <paramref name="start"/>.</summary>
    public static int WordEnd(string text, int start, int limit)
    {
        if (limit >= text.Length)
            return text.Length;
        for (var at = limit; at > start; at--)
            if (char.IsWhiteSpace(text[at - 1]))
                return at;
        return limit;
    }

    /// <summary>The index itself, or one further when it would cut a surrogate pair.</summary>
    public static int Whole(string text, int start, int index) =>
        index > start && index < text.Length && char.IsHighSurrogate(text[index - 1]) && char.IsLowSurrogate(text[index]) ? index + 1 : index;

    private static bool EndsSentence(string text, char c, ref int at)
    {
        if (c is '。' or '！' or '？')
            return true;
        if (c is not ('.' or '!' or '?'))
            return false;
        var end = at;
        while (end < text.Length && text[end] is '.' or '!' or '?' or '"' or '\'' or ')' or ']' or '”' or '’' or '»')
            end++;
        // "3.14" and "e.g.x" are no ends; white space must follow.
        if (end < text.Length && !char.IsWhiteSpace(text[end]))
            return false;
        at = end;
        return true;
    }
}
