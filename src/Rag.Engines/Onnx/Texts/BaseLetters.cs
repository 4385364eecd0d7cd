using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Rag.Engines.Onnx.Texts;

/// <summary>
/// What remains of a letter without its marks (<c>é</c> → <c>e</c>): Unicode's canonical decomposition (NFD) with what is of category Mn left out. The product runs
/// with invariant globalization, in which <see cref="string.Normalize()"/> changes nothing; so the table is part of it: <c>Decompositions.txt</c>, of Unicode 14.
/// </summary>
internal static class BaseLetters
{
    private const int FirstSyllable = 0xAC00, LastSyllable = 0xD7A3, FirstLead = 0x1100, FirstVowel = 0x1161, FirstTail = 0x11A7, Vowels = 21, Tails = 28;

    private static readonly FrozenDictionary<int, string> Table = Read();

    /// <summary>Writes what remains of a letter; nothing for a mark by itself.</summary>
    public static void Append(StringBuilder text, Rune letter)
    {
        if (letter.Value < 0x80)
            text.Append((char)letter.Value);
        else if (letter.Value is >= FirstSyllable and <= LastSyllable)
            AppendSyllable(text, letter.Value - FirstSyllable);
        else if (Table.TryGetValue(letter.Value, out var without))
            text.Append(without);
        else if (Rune.GetUnicodeCategory(letter) != UnicodeCategory.NonSpacingMark)
            text.Append(letter.ToString());
    }

    // Hangul by arithmetic, as the Unicode standard has it (3.12): a syllable is its lead, its vowel and its tail, if any.
    private static void AppendSyllable(StringBuilder text, int index)
    {
        text.Append((char)(FirstLead + index / (Vowels * Tails))).Append((char)(FirstVowel + index % (Vowels * Tails) / Tails));
        if (index % Tails is > 0 and var tail)
            text.Append((char)(FirstTail + tail));
    }

    private static FrozenDictionary<int, string> Read()
    {
        using var lines = new StreamReader(typeof(BaseLetters).Assembly.GetManifestResourceStream(typeof(BaseLetters), "Decompositions.txt")!);
        var table = new Dictionary<int, string>();
        while (lines.ReadLine() is { } line)
        {
            var codes = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(code => int.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToList();
            table[codes[0]] = string.Concat(codes.Skip(1).Select(char.ConvertFromUtf32));
        }

        return table.ToFrozenDictionary();
    }
}
