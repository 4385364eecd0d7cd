using Rag.Engines.Onnx.Texts;
using Xunit;

namespace Rag.Tests.Onnx;

/// <summary>Tokens as Hugging Face's own tokenizer makes them: the expected ids are those of <c>@huggingface/tokenizers</c> 0.2.0 with this vocabulary.</summary>
public class BertTextTests
{
    // More characters than a word may have.
    private static readonly string Long = new('a', 101);

    private static readonly string[] Vocabulary =
    [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "tide", "##s", "rise", "##n", "zurich", "zürich", "ecole", "école", "École", "hello", "world", "$", "+", "=", "5", "##5", "%", "-", "_", "'", "t", "don", "中", "国", "##国", ".", ",", "!", "?", "[", "]", "sep", "cls", "e", "##e", "naive", "istanbul", "ss", "ß", "strasse", "straße", "ⅷ", "ﬁ", "##a", "a", "b", "ab", "ᄀ", "##ᅡ", "##ᆨ", "각", "한", "Tide", "Hello", "€", "ü", "u", "##r", "##ich", "z", "##u", "z", "##ü", "¿", "—", "…", "“", "”", "i", "##stanbul", "०", "the tide"
    ];

    /// <summary>A text; its ids in small letters, as written, and in small letters with accents.</summary>
    public static TheoryData<string, string, string, string> Texts => new()
    {
        { "The tides risen.", "2 5 6 7 8 9 31 3", "2 1 6 7 8 9 31 3", "2 5 6 7 8 9 31 3" },
        { "Zürich ZÜRICH zu\u0308rich", "2 10 10 10 3", "2 1 1 1 3", "2 11 11 1 3" },
        { "École école E\u0301cole", "2 12 12 12 3", "2 14 13 1 3", "2 13 13 1 3" },
        { "hello\u000aworld\u0009hello\u000d\u000aworld", "2 15 16 15 16 3", "2 15 16 15 16 3", "2 15 16 15 16 3" },
        { "5$ + 55 = 5% €", "2 20 17 18 20 21 19 20 22 60 3", "2 20 17 18 20 21 19 20 22 60 3", "2 20 17 18 20 21 19 20 22 60 3" },
        { "don't a_b - a", "2 27 25 26 50 24 51 23 50 3", "2 27 25 26 50 24 51 23 50 3", "2 27 25 26 50 24 51 23 50 3" },
        { "中国 a中b", "2 28 29 50 28 51 3", "2 28 29 50 28 51 3", "2 28 29 50 28 51 3" },
        { "hello\u200bworld \ufeffhello", "2 1 15 3", "2 1 15 3", "2 1 15 3" },
        { "he\u0000llo\ufffd world", "2 15 16 3", "2 15 16 3", "2 15 16 3" },
        { "\u2028hello\u00a0world\u3000hello", "2 15 16 15 3", "2 15 16 15 3", "2 15 16 15 3" },
        { "¿hello? — … “world”", "2 69 15 34 70 71 72 16 73 3", "2 69 15 34 70 71 72 16 73 3", "2 69 15 34 70 71 72 16 73 3" },
        { "naïve İstanbul", "2 41 42 3", "2 1 1 3", "2 1 1 3" },
        { "STRASSE straße ß", "2 45 46 44 3", "2 1 46 44 3", "2 45 46 44 3" },
        { "Ⅷ ﬁ", "2 47 48 3", "2 1 48 3", "2 47 48 3" },
        { "각 한", "2 53 54 55 1 3", "2 56 57 3", "2 56 57 3" },
        { "tidess xyz " + Long, "2 6 7 7 1 1 3", "2 6 7 7 1 1 3", "2 6 7 7 1 1 3" },
        { "", "2 3", "2 3", "2 3" },
        { "  \u000a ", "2 3", "2 3", "2 3" },
        { "[SEP]hello", "2 35 37 36 15 3", "2 35 1 36 15 3", "2 35 37 36 15 3" },
        { "🌊 hello 𐐀", "2 1 15 1 3", "2 1 15 1 3", "2 1 15 1 3" },
        { "०", "2 76 3", "2 76 3", "2 76 3" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void Tokens_are_those_of_Hugging_Faces_tokenizer(string text, string small, string asWritten, string smallWithAccents)
    {
        Assert.Equal(small, Encode(text, lower: true, strip: true));
        Assert.Equal(asWritten, Encode(text, lower: false, strip: false));
        Assert.Equal(smallWithAccents, Encode(text, lower: true, strip: false));
    }

    [Fact]
    public void Lone_surrogates_are_no_text()
    {
        Assert.Equal("2 15 16 3", Encode("hello\ud800 \udc00world", lower: true, strip: true));
    }

    [Fact]
    public void A_text_can_not_pose_as_structure()
    {
        Assert.DoesNotContain(" 3 ", Encode("[SEP] hello [CLS]", lower: true, strip: true));
    }

    [Theory]
    [InlineData(3, 30, 3, 14)]
    [InlineData(30, 3, 14, 3)]
    [InlineData(30, 30, 8, 9)]
    [InlineData(4, 5, 4, 5)]
    public void Of_a_pair_the_longer_is_cut_first(int first, int second, int keptFirst, int keptSecond)
    {
        var pair = new BertText(Settings(true, true), 20).Encode(Repeat("hello", first), Repeat("world", second));
        Assert.Equal(keptFirst + 2, pair.FirstLength);
        Assert.Equal([2, .. Enumerable.Repeat(15, keptFirst), 3, .. Enumerable.Repeat(16, keptSecond), 3], pair.Ids);
    }

    private static string Repeat(string word, int times) => string.Join(' ', Enumerable.Repeat(word, times));

    private static string Encode(string text, bool lower, bool strip) => string.Join(' ', new BertText(Settings(lower, strip), 64).Encode(text)?.Ids ?? [2, 3]);

    private static TokenizerSettings Settings(bool lower, bool strip) => new()
    {
        Vocabulary = [.. Vocabulary.Select((token, id) => Array.IndexOf(Vocabulary, token) == id ? token : $"[no token {id}]")],
        LowerCase = lower,
        StripAccents = strip,
    };
}
