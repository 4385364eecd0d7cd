using System.Collections.Frozen;
using System.Text;

namespace Rag.Query;

/// <summary>
/// What must be the same in two questions for one answer to serve both: their words in order, without those that carry nothing ("the", "please"), without case,
/// plural and punctuation. Stricter than a search's stop words and stems on purpose, because a wrong hit is a wrong answer and a miss costs a computation:
/// <list type="bullet">
/// <item>"with"/"without", "before"/"after", "who"/"when", "was"/"is", "not" stay, though a search ignores them;</item>
/// <item>the order stays: "from Paris to London" is not the way back;</item>
/// <item>numbers and signs stay as written: 1,000 is not 1.000, -5 not 5, C# not C++;</item>
/// <item>words lose their plural alone: a stemmer takes "general" for "generic".</item>
/// </list>
/// </summary>
internal static class QuestionGist
{
    private static readonly FrozenSet<string> Fillers = FrozenSet.Create(
        StringComparer.Ordinal, "a", "an", "the", "of", "is", "are", "be", "do", "does", "please", "kindly", "just", "actually", "exactly", "so", "well", "ok", "okay", "hi", "hello");

    private static readonly char[] Edges = ['?', '!', '.', ',', ';', ':', '"', '\'', '(', ')', '[', ']', '\u2018', '\u2019', '\u201c', '\u201d', '\u2026', '\u00bf', '\u00a1'];

    /// <summary>The gist; empty when nothing is left.</summary>
    public static string Of(string question)
    {
        var gist = new StringBuilder(question.Length);
        foreach (var part in question.Normalize(NormalizationForm.FormKC).ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            var word = WithoutIs(part.TrimEnd(Edges).TrimStart(Edges).Replace('\u2019', '\''));
            if (word.Length == 0 || Fillers.Contains(word))
                continue;
            if (gist.Length > 0)
                gist.Append(' ');
            gist.Append(Singular(word));
        }

        return gist.ToString();
    }

    // "what's" is "what is"; "Anna's" stays, since whose it is matters.
    private static string WithoutIs(string word) =>
        word is "what's" or "who's" or "where's" or "when's" or "how's" or "it's" or "that's" or "there's" ? word[..^2] : word;

    private static string Singular(string word)
    {
        if (word.Length < 4 || word[^1] != 's' || !word.All(char.IsAsciiLetterLower) || word[^2] is 's' or 'u' or 'i')
            return word;
        if (word.EndsWith("ies", StringComparison.Ordinal) && word.Length > 4)
            return word[..^3] + "y";
        foreach (var ending in (ReadOnlySpan<string>)["ches", "shes", "sses", "xes"])
            if (word.EndsWith(ending, StringComparison.Ordinal))
                return word[..^2];
        return word[..^1];
    }
}
