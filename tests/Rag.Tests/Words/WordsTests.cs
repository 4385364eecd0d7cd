using Rag.Words;
using Xunit;

namespace Rag.Tests.Words;

public class WordsTests
{
    // The examples of Porter's paper, step by step, as the whole algorithm leaves them.
    [Theory]
    [InlineData("caresses", "caress")]
    [InlineData("ponies", "poni")]
    [InlineData("ties", "ti")]
    [InlineData("caress", "caress")]
    [InlineData("cats", "cat")]
    [InlineData("feed", "feed")]
    [InlineData("agreed", "agre")]
    [InlineData("plastered", "plaster")]
    [InlineData("bled", "bled")]
    [InlineData("motoring", "motor")]
    [InlineData("sing", "sing")]
    [InlineData("conflated", "conflat")]
    [InlineData("troubled", "troubl")]
    [InlineData("sized", "size")]
    [InlineData("hopping", "hop")]
    [InlineData("tanned", "tan")]
    [InlineData("falling", "fall")]
    [InlineData("hissing", "hiss")]
    [InlineData("fizzed", "fizz")]
    [InlineData("failing", "fail")]
    [InlineData("filing", "file")]
    [InlineData("happy", "happi")]
    [InlineData("sky", "sky")]
    [InlineData("relational", "relat")]
    [InlineData("conditional", "condit")]
    [InlineData("rational", "ration")]
    [InlineData("valenci", "valenc")]
    [InlineData("digitizer", "digit")]
    [InlineData("radicalli", "radic")]
    [InlineData("differentli", "differ")]
    [InlineData("vileli", "vile")]
    [InlineData("analogousli", "analog")]
    [InlineData("vietnamization", "vietnam")]
    [InlineData("predication", "predic")]
    [InlineData("operator", "oper")]
    [InlineData("feudalism", "feudal")]
    [InlineData("decisiveness", "decis")]
    [InlineData("hopefulness", "hope")]
    [InlineData("callousness", "callous")]
    [InlineData("formaliti", "formal")]
    [InlineData("sensitiviti", "sensit")]
    [InlineData("sensibiliti", "sensibl")]
    [InlineData("triplicate", "triplic")]
    [InlineData("formative", "form")]
    [InlineData("electriciti", "electr")]
    [InlineData("electrical", "electr")]
    [InlineData("goodness", "good")]
    [InlineData("revival", "reviv")]
    [InlineData("allowance", "allow")]
    [InlineData("inference", "infer")]
    [InlineData("airliner", "airlin")]
    [InlineData("gyroscopic", "gyroscop")]
    [InlineData("adjustable", "adjust")]
    [InlineData("irritant", "irrit")]
    [InlineData("replacement", "replac")]
    [InlineData("adjustment", "adjust")]
    [InlineData("dependent", "depend")]
    [InlineData("adoption", "adopt")]
    [InlineData("homologou", "homolog")]
    [InlineData("communism", "commun")]
    [InlineData("activate", "activ")]
    [InlineData("effective", "effect")]
    [InlineData("bowdlerize", "bowdler")]
    [InlineData("probate", "probat")]
    [InlineData("rate", "rate")]
    [InlineData("cease", "ceas")]
    [InlineData("controll", "control")]
    [InlineData("roll", "roll")]
    [InlineData("generalizations", "gener")]
    [InlineData("oscillators", "oscil")]
    [InlineData("il6", "il6")]
    [InlineData("größen", "größen")]
    [InlineData("as", "as")]
    [InlineData("ing", "ing")]
    [InlineData("ied", "i")]
    public void A_word_has_the_stem_that_Porter_gives(string word, string stem)
    {
        var letters = word.ToCharArray();
        Assert.Equal(stem, new string(letters, 0, PorterStemmer.Stem(letters)));
    }

    [Theory]
    [InlineData("IL-6 and TNF-α", "il|6|and|tnf|α")]
    [InlineData("Crohn's disease isn’t O'Neill's", "crohn|disease|isnt|oneill")]
    [InlineData("0.5 mg, 1,000 cells.", "0.5|mg|1.000|cells")]
    [InlineData("Über ÉCOLE Straße", "über|école|straße")]
    [InlineData("日本 RAG", "日|本|rag")]
    [InlineData("  …  ", "")]
    [InlineData("a_b c/d", "a|b|c|d")]
    [InlineData("end.", "end")]
    [InlineData("boss'", "boss")]
    public void Text_is_split_into_lower_case_words(string text, string words)
    {
        var found = new List<string>();
        var reader = new WordReader(text, new char[WordReader.MaxLength]);
        while (reader.Next())
            found.Add(reader.Word.ToString());
        Assert.Equal(words, string.Join('|', found));
    }

    [Fact]
    public void A_word_without_end_is_cut_and_not_split()
    {
        var reader = new WordReader(new string('x', 5000) + " y", new char[WordReader.MaxLength]);
        Assert.True(reader.Next());
        Assert.Equal(WordReader.MaxLength, reader.Word.Length);
        Assert.True(reader.Next());
        Assert.Equal("y", reader.Word.ToString());
        Assert.False(reader.Next());
    }

    [Theory]
    [InlineData("the", true)]
    [InlineData("without", true)]
    [InlineData("protein", false)]
    [InlineData("", false)]
    public void Function_words_are_known(string word, bool isStopWord) => Assert.Equal(isStopWord, StopWords.Contains(word));
}
