using CsCheck;
using Rag.Chunks;
using Xunit;

namespace Rag.Tests.Chunks;

public class ChunkerTests
{
    private static readonly string[] Marks =
        ["\n", "\n\n", " ", "\t", "! ", "?\" ", "3.14 ", "e.g.x ", "🚢", "👩‍👩‍👧", "語。", "語語語語", "\ud83d", "\udea2"];

    // Words, sentences, lines, long runs without a space, emoji (surrogate pairs), CJK, lone surrogates.
    private static readonly Gen<string> Parts = Gen.OneOf(
        Gen.String[Gen.Char['a', 'z'], 1, 12].Select(w => w + " "),
        Gen.String[Gen.Char['a', 'z'], 1, 8].Select(w => w + ". "),
        Gen.Int[0, 13].Select(i => Marks[i]),
        Gen.Int[50, 400].Select(n => new string('x', n)),
        Gen.Int[10, 100].Select(n => string.Concat(Enumerable.Repeat("🚢", n))));

    private static readonly Gen<string> Texts = Parts.Array[0, 120].Select(string.Concat);

    [Fact]
    public void Every_character_is_in_a_chunk_and_every_chunk_is_within_its_tokens() =>
        Gen.Select(Texts, Gen.Int[16, 120], Gen.Int[0, 100]).Sample(
            (text, tokens, share) =>
            {
                var overlap = (tokens / 2 - 1) * share / 100;
                var chunks = new Chunker(tokens, overlap).Split(text);
                var end = 0;
                var start = -1;
                foreach (var chunk in chunks)
                {
                    var (from, to) = (chunk.Start.Value, chunk.End.Value);
                    // No gap, and each begins and ends after the one before it.
                    if (from > end || from <= start || to <= end)
                        return false;
                    (start, end) = (from, to);
                    if (from > 0 && char.IsHighSurrogate(text[from - 1]) && char.IsLowSurrogate(text[from]))
                        return false;
                    if (to < text.Length && char.IsHighSurrogate(text[to - 1]) && char.IsLowSurrogate(text[to]))
                        return false;
                    // Tokens are counted piece by piece; put together, a few more can arise where pieces meet.
                    if (Chunker.CountTokens(text[chunk]) > tokens + tokens / 8 + 2)
                        return false;
                }

                return end == text.Length;
            },
            seed: "0000000000000",
            iter: 300);

    [Fact]
    public void The_same_text_gives_the_same_chunks() => Texts.Sample(
        text => new Chunker(64, 12).Split(text).SequenceEqual(new Chunker(64, 12).Split(text)), seed: "0000000000000", iter: 50);

    [Fact]
    public void The_first_chunks_are_the_same_however_many_are_asked_for() => Gen.Select(Texts, Gen.Int[0, 5]).Sample(
        (text, most) => new Chunker(64, 12).Split(text, most).SequenceEqual(new Chunker(64, 12).Split(text).Take(most)), seed: "0000000000000", iter: 50);

    [Fact]
    public void Neighbours_share_whole_sentences_up_to_the_overlap()
    {
        // Ten tokens each (nine words and a full stop), with the space before the next word.
        var sentences = Enumerable.Range(0, 20).Select(i => $"this is the sentence of the number {(char)('a' + i)} here. ").ToArray();
        var text = string.Concat(sentences);
        var perSentence = Chunker.CountTokens(sentences[0]);
        var chunks = new Chunker(perSentence * 5, perSentence * 2).Split(text).Select(r => text[r]).ToArray();
        // Five sentences each, two of them shared: 0-4, 3-7, 6-10, 9-13, 12-16, 15-19.
        Assert.Equal([0, 3, 6, 9, 12, 15], chunks.Select(c => Array.FindIndex(sentences, s => c.StartsWith(s, StringComparison.Ordinal))));
        Assert.All(chunks, c => Assert.Equal(5, sentences.Count(s => c.Contains(s, StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("one word", 1)]
    public void A_short_text_is_one_chunk_and_none_is_none(string text, int chunks) => Assert.Equal(chunks, new Chunker(320, 40).Split(text).Count);

    [Theory]
    [InlineData("One. Two! Three? Four", "One. |Two! |Three? |Four")]
    [InlineData("He said \"Stop.\" Then he left.", "He said \"Stop.\" |Then he left.")]
    [InlineData("Pi is 3.14 exactly. Not e.g.x at all", "Pi is 3.14 exactly. |Not e.g.x at all")]
    [InlineData("A heading\nIts text\n\nMore", "A heading\n|Its text\n\n|More")]
    [InlineData("第一。第二！", "第一。|第二！")]
    [InlineData("Wait... what?! Yes.", "Wait... |what?! |Yes.")]
    public void Sentences_end_where_a_reader_says_so(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', TextSegments.Sentences(text).Select(r => text[r])));
}
