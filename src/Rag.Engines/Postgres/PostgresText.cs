using System.Buffers;
using System.Text;

namespace Rag.Engines.Postgres;

/// <summary>
/// Texts of users as PostgreSQL can keep them. Its <c>text</c> holds every character but NUL, which is written as the private character U+E000 with a letter after
/// it; a surrogate without its other half is no character and becomes U+FFFD, as in every UTF-8 file. All other texts are kept as they are.
/// </summary>
internal static class PostgresText
{
    private const char Mark = '\uE000';
    private static readonly SearchValues<char> Special = SearchValues.Create("\0" + Mark);

    /// <summary>For a parameter.</summary>
    public static string Write(string text)
    {
        text = Kept(text);
        if (!text.AsSpan().ContainsAny(Special))
            return text;
        var kept = new StringBuilder(text.Length + 8);
        foreach (var c in text)
            _ = c == '\0' ? kept.Append(Mark).Append('0') : c == Mark ? kept.Append(Mark).Append('1') : kept.Append(c);
        return kept.ToString();
    }

    /// <summary>As it comes back once it was kept.</summary>
    public static string Kept(string text) =>
        text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) : text;

    /// <summary>From a column.</summary>
    public static string Read(string kept)
    {
        if (!kept.Contains(Mark, StringComparison.Ordinal))
            return kept;
        var text = new StringBuilder(kept.Length);
        for (var i = 0; i < kept.Length; i++)
            text.Append(kept[i] != Mark || i + 1 == kept.Length ? kept[i] : kept[++i] == '0' ? '\0' : Mark);
        return text.ToString();
    }
}
