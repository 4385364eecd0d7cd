using Microsoft.ML.Tokenizers;

namespace Rag.Chunks;

/// <summary>
/// Cuts a text into overlapping chunks of bounded tokens. Sentences and lines stay whole where they fit; a chunk begins with the last sentences of the one
/// before it. Chunks are exact parts of the text, every character is in at least one, and no surrogate pair is cut. Safe for concurrent use.
/// <code>
///   text    │ s1 │ s2 │ s3 │ s4 │ s5 │ s6 │
///   chunks  └────────────────┘
///                        └──────────────┘    s3 (up to the overlap) is in both
/// </code>
/// </summary>
internal sealed class Chunker(int chunkTokens, int overlapTokens)
{
    // Shared: its tables take some 10 MB and 100 ms to build.
    private static readonly Lazy<TiktokenTokenizer> Cl100k = new(() => TiktokenTokenizer.CreateForEncoding("cl100k_base"));

    /// <summary>Counts the tokens of a text as chunks are measured.</summary>
    public static int CountTokens(ReadOnlySpan<char> text) =>
        Cl100k.Value.CountTokens(text, considerPreTokenization: true, considerNormalization: false);

    /// <summary>The chunks, in order; none for an empty text.</summary>
    /// <param name="text">What to cut.</param>
    /// <param name="most">How many chunks are wanted: those after them cost nothing. They are the same, however many are asked for.</param>
    public List<Range> Split(string text, int most = int.MaxValue)
    {
        var pieces = new List<Piece>();
        using var source = Pieces(text).GetEnumerator();
        bool Has(int index)
        {
            while (pieces.Count <= index && source.MoveNext())
                pieces.Add(source.Current);
            return index < pieces.Count;
        }

        var chunks = new List<Range>();
        var first = 0;
        while (chunks.Count < most && Has(first))
        {
            var last = first;
            var tokens = 0;
            while (Has(last) && (last == first || tokens + pieces[last].Tokens <= chunkTokens))
                tokens += pieces[last++].Tokens;
            chunks.Add(pieces[first].Start..pieces[last - 1].End);
            if (!Has(last))
                break;

            // Step back over what fits into the overlap, but always move on, and leave room for at least the piece that comes next.
            var next = last;
            var shared = 0;
            while (next - 1 > first && shared + pieces[next - 1].Tokens <= overlapTokens
                && shared + pieces[next - 1].Tokens + pieces[last].Tokens <= chunkTokens)
                shared += pieces[--next].Tokens;
            first = next;
        }

        return chunks;
    }

    /// <summary>Sentences with their tokens; those over the overlap are cut at words, so that an overlap exists in texts without punctuation too.</summary>
    private IEnumerable<Piece> Pieces(string text)
    {
        foreach (var sentence in TextSegments.Sentences(text))
        {
            var (start, end) = (sentence.Start.Value, sentence.End.Value);
            var tokens = CountTokens(text.AsSpan(start, end - start));
            if (tokens <= chunkTokens)
                yield return new Piece(start, end, tokens);
            else
                foreach (var part in Cut(text, start, end, Math.Max(overlapTokens, 16)))
                    yield return part;
        }
    }

    private static IEnumerable<Piece> Cut(string text, int start, int end, int maxTokens)
    {
        while (start < end)
        {
            // A token is at least one character, and what the tokenizer looks at is bounded, however long the piece is.
            var window = TextSegments.Whole(text, start, Math.Min(end, start + maxTokens * 8));
            var cut = window;
            var tokens = CountTokens(text.AsSpan(start, cut - start));
            while (tokens > maxTokens && cut - start > 1)
            {
                // In proportion, a little less: two or three rounds are enough.
                var length = Math.Max(1, (int)((long)(cut - start) * maxTokens / tokens * 15 / 16));
                var shorter = TextSegments.Whole(text, start, TextSegments.WordEnd(text, start, start + length));
                if (shorter >= cut)
                    break;
                cut = shorter;
                tokens = CountTokens(text.AsSpan(start, cut - start));
            }

            yield return new Piece(start, cut, tokens);
            start = cut;
        }
    }

    private readonly record struct Piece(int Start, int End, int Tokens);
}
