using System.Text;
using Microsoft.ML.Tokenizers;

namespace Rag.Engines.Onnx.Texts;

/// <summary>
/// Cuts a normalised text into words as BERT does: at spaces, and each punctuation mark by itself; ASCII's symbols (<c>$</c>, <c>+</c>, <c>=</c>) are punctuation too. The library's
/// own cutter drops them.
/// </summary>
internal sealed class BertWords : PreTokenizer
{
    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text) => Cut(text);

    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => Cut(text);

    private static List<(int Offset, int Length)> Cut(ReadOnlySpan<char> text)
    {
        var words = new List<(int, int)>(text.Length / 5 + 1);
        int at = 0, start = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            var length = rune.Utf16SequenceLength;
            var isMark = IsMark(rune);
            if (isMark || BertNormaliser.IsSpace(rune))
            {
                if (at > start)
                    words.Add((start, at - start));
                if (isMark)
                    words.Add((at, length));
                start = at + length;
            }

            at += length;
        }

        if (at > start)
            words.Add((start, at - start));
        return words;
    }

    private static bool IsMark(Rune rune) => Rune.IsPunctuation(rune) || (rune.IsAscii && Rune.IsSymbol(rune));
}
