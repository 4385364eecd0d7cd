using Rag.Keywords.Index;
using Xunit;

namespace Rag.Tests.Keywords;

public class SimilarTermsTests
{
    [Theory]
    [InlineData("ship", "ship", 1.0)] // ^sh shi hip ip$ on both sides
    [InlineData("ship", "shop", 0.25)] // 2·1/(4+4): only ^sh
    [InlineData("cell", "cells", 0.6666667)] // 2·3/(4+5): ^ce cel ell
    [InlineData("abcd", "wxyz", 0)]
    public void Likeness_is_the_share_of_common_trigrams(string a, string b, double likeness) => Assert.Equal(likeness, SimilarTerms.Likeness(a, b), 6);

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.6)]
    [InlineData(0.9)]
    public void Reading_the_rarest_trigrams_misses_nobody(double atLeast)
    {
        var random = new Random(42);
        var words = Enumerable.Range(0, 3000).Select(_ => string.Concat(Enumerable.Range(0, 4 + random.Next(5)).Select(_ => "abce"[random.Next(4)]))).Distinct().ToArray();
        var vocabulary = new Vocabulary();
        var similar = new SimilarTerms(vocabulary, 20, atLeast);
        foreach (var word in words)
            Add(vocabulary, similar, word);
        vocabulary.Publish();

        foreach (var word in words.Take(200).Append("unknownabc"))
        {
            var expected = words.Where(w => w != word).Select(w => (Word: w, Likeness: SimilarTerms.Likeness(word, w))).Where(x => x.Likeness >= atLeast)
                .OrderByDescending(x => x.Likeness).ThenBy(x => x.Word, StringComparer.Ordinal).Take(20);
            Assert.Equal(expected, similar.Find(word).Select(s => (s.Term.Text, s.Likeness)));
        }
    }

    [Fact]
    public void What_is_remembered_follows_terms_that_come_go_and_come_back()
    {
        var vocabulary = new Vocabulary();
        var similar = new SimilarTerms(vocabulary, 5, 0.5);
        Add(vocabulary, similar, "fibroblast");
        vocabulary.Publish();
        Assert.Empty(similar.Find("fibroblast"));

        var added = Add(vocabulary, similar, "myofibroblast");
        Assert.Empty(similar.Find("fibroblast")); // not published yet
        vocabulary.Publish();
        Assert.Equal(["myofibroblast"], similar.Find("fibroblast").Select(s => s.Term.Text));

        added.Postings.CountRemoved();
        vocabulary.NoteRevival();
        vocabulary.Publish();
        Assert.Empty(similar.Find("fibroblast"));

        added.Postings.Append(9, 1, 1);
        vocabulary.NoteRevival();
        vocabulary.Publish();
        Assert.Equal(["myofibroblast"], similar.Find("fibroblast").Select(s => s.Term.Text));
    }

    private static Term Add(Vocabulary vocabulary, SimilarTerms similar, string text)
    {
        var term = vocabulary.GetOrAdd(text);
        term.Postings.Append(0, 1, 1);
        similar.Add(term);
        return term;
    }
}
