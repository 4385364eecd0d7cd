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
        vocabulary.NoteChange(added);
        vocabulary.Publish();
        Assert.Empty(similar.Find("fibroblast"));

        added.Postings.Append(9, 1, 1);
        vocabulary.NoteChange(added);
        vocabulary.Publish();
        Assert.Equal(["myofibroblast"], similar.Find("fibroblast").Select(s => s.Term.Text));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(40)]
    public void What_is_remembered_is_what_a_fresh_look_finds_whatever_came_and_went(int changesBetweenLooks)
    {
        var random = new Random(changesBetweenLooks);
        var vocabulary = new Vocabulary();
        var remembering = new SimilarTerms(vocabulary, 3, 0.4);
        var words = Enumerable.Range(0, 400).Select(_ => string.Concat(Enumerable.Range(0, 4 + random.Next(4)).Select(_ => "abc"[random.Next(3)]))).Distinct().ToArray();
        var asked = words.Take(20).ToArray();
        for (var step = 0; step < 600; step++)
        {
            for (var i = 0; i < changesBetweenLooks; i++)
            {
                var word = words[random.Next(words.Length)];
                if (!vocabulary.TryGet(word, out var term))
                    Add(vocabulary, remembering, word);
                else if (term.Postings.Live > 0 && random.Next(3) > 0)
                {
                    term.Postings.CountRemoved();
                    vocabulary.NoteChange(term);
                }
                else if (term.Postings.Live == 0)
                {
                    vocabulary.NoteChange(term);
                    term.Postings.Append(step + 1, 1, 1);
                }
            }

            vocabulary.Publish();
            foreach (var word in asked)
            {
                var living = vocabulary.From(0).ToArray().Where(term => term.Postings.Live > 0 && term.Text != word);
                var expected = living.Select(term => (term.Text, Likeness: SimilarTerms.Likeness(word, term.Text))).Where(found => found.Likeness >= 0.4)
                    .OrderByDescending(found => found.Likeness).ThenBy(found => found.Text, StringComparer.Ordinal).Take(3);
                Assert.Equal(expected, remembering.Find(word).Select(found => (found.Term.Text, found.Likeness)));
            }
        }
    }

    [Fact]
    public async Task Readers_may_ask_while_terms_come_and_go()
    {
        var vocabulary = new Vocabulary();
        var similar = new SimilarTerms(vocabulary, 3, 0.4);
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
                foreach (var word in (string[])["fibroblast", "fibroblasts", "fibrosis", "fibre"])
                    similar.Find(word);
        })).ToArray();
        for (var i = 0; i < 20_000 && !readers.Any(reader => reader.IsFaulted); i++)
        {
            var word = $"fibro{i % 700}blast";
            if (!vocabulary.TryGet(word, out var term))
                Add(vocabulary, similar, word);
            else
            {
                if (term.Postings.Live > 0)
                    term.Postings.CountRemoved();
                else
                    term.Postings.Append(i, 1, 1);
                vocabulary.NoteChange(term);
            }

            vocabulary.Publish();
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
    }

    private static Term Add(Vocabulary vocabulary, SimilarTerms similar, string text)
    {
        var term = vocabulary.GetOrAdd(text);
        term.Postings.Append(0, 1, 1);
        similar.Add(term);
        return term;
    }
}
