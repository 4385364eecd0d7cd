using System.Text;
using Microsoft.ML.Tokenizers;

namespace Rag.Engines.Onnx.Texts;

/// <summary>One input of a model.</summary>
/// <param name="Ids">The tokens, with those that frame them.</param>
/// <param name="FirstLength">How many of them are of the first text; the others are of the second (token type 1).</param>
internal sealed record TokenSequence(int[] Ids, int FirstLength);

/// <summary>
/// Texts to a BERT model's tokens: <c>[CLS] text [SEP]</c>, or <c>[CLS] question [SEP] passage [SEP]</c>. What is too long is cut off at its end. A text that spells out a special token,
/// such as <c>[SEP]</c>, is text like any other: what a document says can't pose as structure.
/// </summary>
internal sealed class BertText
{
    // A token takes a character at least, a word 100 at most; what lies far behind the last token that is kept is not looked at.
    private const int CharactersPerToken = 24;

    private readonly WordPieceTokenizer _words;
    private readonly int _start;
    private readonly int _end;

    /// <param name="files">What the folder says.</param>
    /// <param name="maxTokens">The most tokens of one input.</param>
    public BertText(TokenizerSettings files, int maxTokens)
    {
        MaxTokens = maxTokens;
        (_start, _end, Padding) = (files.Id(files.Start), files.Id(files.End), files.Id(files.Padding));
        using var vocabulary = new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', files.Vocabulary) + "\n"));
        _words = WordPieceTokenizer.Create(vocabulary, new WordPieceOptions
        {
            Normalizer = new BertNormaliser(files.LowerCase, files.StripAccents, files.PartIdeographs, files.Clean),
            PreTokenizer = new BertWords(),
            UnknownToken = files.Unknown,
            ContinuingSubwordPrefix = files.Continuing,
            MaxInputCharsPerWord = files.LongestWord,
        });
    }

    /// <summary>The most tokens of one input, those that frame it included.</summary>
    public int MaxTokens { get; }

    /// <summary>The token that fills what is short.</summary>
    public int Padding { get; }

    /// <summary>One text; null when it has no token.</summary>
    public TokenSequence? Encode(string text)
    {
        var tokens = Tokens(text, MaxTokens - 2);
        return tokens.Count == 0 ? null : new TokenSequence([_start, .. tokens, _end], tokens.Count + 2);
    }

    /// <summary>A pair. When both together are too long, the longer one is cut first, down to the other's length, and then both alike.</summary>
    public TokenSequence Encode(string first, string second)
    {
        var most = MaxTokens - 3;
        var (a, b) = (Tokens(first, most), Tokens(second, most));
        var (keepA, keepB) = (a.Count, b.Count);
        if (keepA + keepB > most)
        {
            var half = most / 2;
            if (keepA <= half)
                keepB = most - keepA;
            else if (keepB <= most - half)
                keepA = most - keepB;
            else
                (keepA, keepB) = (half, most - half);
        }

        return new TokenSequence([_start, .. a.Take(keepA), _end, .. b.Take(keepB), _end], keepA + 2);
    }

    private IReadOnlyList<int> Tokens(string text, int most)
    {
        var longest = most * CharactersPerToken;
        while (true)
        {
            var part = text.Length > longest ? text.AsSpan(0, longest) : text;
            var tokens = _words.EncodeToIds(part, most, out _, out _);
            // Long words or much that is no text: look at more of it, unless there is none.
            if (tokens.Count >= most || part.Length == text.Length)
                return tokens;
            longest *= 4;
        }
    }
}
