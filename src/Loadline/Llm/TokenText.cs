using System.Text;
using System.Text.Encodings.Web;

namespace Loadline.Llm;

/// <summary>An answer cut into token-like pieces — a word with the space before it — as UTF-8 that is already escaped for a JSON string.</summary>
internal sealed class TokenText
{
    private const int LongestPiece = 16;
    private byte[] _utf8 = new byte[512];
    private readonly int[] _ends;

    private TokenText(int tokens) => _ends = new int[tokens];

    /// <summary>How many tokens.</summary>
    public int Count { get; private set; }

    /// <summary>The words of the prompt.</summary>
    public int PromptTokens { get; private set; }

    /// <summary>One token.</summary>
    public ReadOnlySpan<byte> this[int token] => this[token, token + 1];

    /// <summary>The tokens [from, to) joined.</summary>
    public ReadOnlySpan<byte> this[int from, int to]
    {
        get
        {
            var start = from == 0 ? 0 : _ends[from - 1];
            return _utf8.AsSpan(start, _ends[to - 1] - start);
        }
    }

    /// <summary>
    /// Answers a prompt from its own passages in exactly <paramref name="tokens"/> tokens: the sentences that share most words with the question, best
    /// first, each followed by its passage's number where the prompt numbers passages (<c>[2]</c>); said again, or cut, to the length asked.
    /// </summary>
    public static TokenText Compose(IReadOnlyList<PromptMessage> messages, int tokens)
    {
        var sentences = Sentences.Rank(messages, Prompt.FindQuestion(messages), out var words);
        var text = new TokenText(tokens) { PromptTokens = words };
        while (text.Count < tokens)
        {
            foreach (var sentence in sentences)
            {
                text.Append(sentence.Range.In(messages), tokens);
                if (sentence.Passage > 0)
                    text.Append($"[{sentence.Passage}]", tokens);
            }
            if (sentences.Count == 0)
                text.Append("The passages given do not answer this question.", tokens);
        }
        return text;
    }

    private void Append(ReadOnlySpan<char> sentence, int limit)
    {
        for (var i = 0; i < sentence.Length && Count < limit;)
        {
            while (i < sentence.Length && char.IsWhiteSpace(sentence[i]))
                i++;
            var start = i;
            while (i < sentence.Length && !char.IsWhiteSpace(sentence[i]) && i - start < LongestPiece)
                i++;
            if (i < sentence.Length && char.IsLowSurrogate(sentence[i]) && char.IsHighSurrogate(sentence[i - 1]))
                i++;
            if (i > start)
                AppendPiece(sentence[start..i], space: Count > 0 && (start == 0 || char.IsWhiteSpace(sentence[start - 1])));
        }
    }

    private void AppendPiece(ReadOnlySpan<char> piece, bool space)
    {
        Span<byte> utf8 = stackalloc byte[(LongestPiece + 1) * 3];
        utf8 = utf8[..Encoding.UTF8.GetBytes(piece, utf8)];
        var start = Count == 0 ? 0 : _ends[Count - 1];
        var most = start + 1 + utf8.Length * 6; // \u00XX
        if (_utf8.Length < most)
            Array.Resize(ref _utf8, Math.Max(most, _utf8.Length * 2));
        if (space)
            _utf8[start++] = (byte)' ';
        JavaScriptEncoder.UnsafeRelaxedJsonEscaping.EncodeUtf8(utf8, _utf8.AsSpan(start), out _, out var written);
        _ends[Count++] = start + written;
    }
}
