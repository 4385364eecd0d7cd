using System.Globalization;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace Rag.Engines.Onnx.Texts;

/// <summary>
/// What BERT does to a text before it looks for words, as Hugging Face's tokenizers do it. The library's own normaliser is another one: it joins words that a line
/// break parts, and leaves accents where globalization is invariant. Test: <c>BertTextTests</c>, against Hugging Face's results.
/// </summary>
/// <param name="lowerCase">Whether letters become small.</param>
/// <param name="stripAccents">Whether letters lose their marks.</param>
/// <param name="partIdeographs">Whether each CJK ideograph is a word.</param>
/// <param name="clean">Whether control characters go and every space becomes a plain one.</param>
internal sealed class BertNormaliser(bool lowerCase, bool stripAccents, bool partIdeographs, bool clean) : Normalizer
{
    public override string Normalize(string original) => Normalize(original.AsSpan());

    public override string Normalize(ReadOnlySpan<char> original)
    {
        var text = new StringBuilder(original.Length + 16);
        foreach (var rune in original.EnumerateRunes()) // a lone surrogate comes as U+FFFD
        {
            if (clean && IsNoText(rune))
                continue;
            if (clean && IsSpace(rune))
                text.Append(' ');
            else if (partIdeographs && IsIdeograph(rune.Value))
                Append(text.Append(' '), rune).Append(' ');
            else
                Append(text, rune);
        }

        if (lowerCase)
            Lower(text);
        return text.ToString();
    }

    /// <summary>Whether it parts words.</summary>
    public static bool IsSpace(Rune rune) => rune.Value is '\t' or '\n' or '\r' || Rune.IsWhiteSpace(rune);

    private StringBuilder Append(StringBuilder text, Rune rune)
    {
        if (stripAccents)
            BaseLetters.Append(text, rune);
        else
            text.Append(rune.ToString());
        return text;
    }

    private static void Lower(StringBuilder text)
    {
        for (var i = 0; i < text.Length; i++)
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length)
            {
                var lower = Rune.ToLowerInvariant(new Rune(text[i], text[i + 1])).ToString();
                (text[i], text[i + 1]) = (lower[0], lower[1]);
                i++;
            }
            else if (text[i] == '\u0130') // the one letter whose small form, by Unicode, is two
            {
                text[i] = 'i';
                text.Insert(i + 1, '\u0307');
            }
            else
            {
                text[i] = char.ToLowerInvariant(text[i]);
            }
    }

    private static bool IsNoText(Rune rune) => rune.Value is 0 or 0xFFFD
        || (rune.Value is not ('\t' or '\n' or '\r') && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse);

    private static bool IsIdeograph(int code) => code is >= 0x4E00 and <= 0x9FFF or >= 0x3400 and <= 0x4DBF or >= 0x20000 and <= 0x2A6DF or >= 0x2A700 and <= 0x2B73F
        or >= 0x2B740 and <= 0x2B81F or >= 0x2B920 and <= 0x2CEAF or >= 0xF900 and <= 0xFAFF or >= 0x2F800 and <= 0x2FA1F;
}
