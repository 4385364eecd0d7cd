using System.Text;
using System.Text.Json;
using Loadline.Llm;
using Xunit;

namespace Loadline.Tests.Llm;

public class TokenTextTests
{
    private const string Passages = """
        [1] Harbour
        The harbour was opened in 1911. It has four basins. Ships of any size may enter.

        [2] Cranes
        The largest crane lifts 80 tonnes. Its operator is certified. The harbour has nine cranes.
        """;

    private static string Answer(int tokens, params (string Role, string Content)[] messages)
    {
        var text = TokenText.Compose([.. messages.Select(message => new PromptMessage(message.Role, message.Content))], tokens);
        Assert.Equal(tokens, text.Count);
        return JsonSerializer.Deserialize<string>($"\"{Encoding.UTF8.GetString(text[0, tokens])}\"")!;
    }

    [Theory]
    [InlineData("Answer from the passages.\n\n" + Passages + "\n\nQuestion: How many tonnes does the largest crane lift?")]
    [InlineData("Question: How many tonnes does the largest crane lift?\n\nContext:\n" + Passages)]
    [InlineData(Passages + "\n\nHow many tonnes does the largest crane lift?")]
    [InlineData("How many tonnes does the largest crane lift?\n\n" + Passages)]
    public void The_answer_begins_with_the_sentence_that_answers_and_cites_its_passage(string prompt) =>
        Assert.Equal("The largest crane lifts 80 tonnes. [2]", Answer(7, ("user", prompt)));

    [Fact]
    public void Passages_may_stand_in_the_system_message() =>
        Assert.StartsWith("The harbour was opened in 1911. [1]", Answer(12, ("system", Passages), ("user", "When was the harbour opened?")));

    [Fact]
    public void Short_answers_are_cut_and_long_ones_say_it_again()
    {
        Assert.Equal("The largest crane", Answer(3, ("user", Passages + "\n\nHow many tonnes does the largest crane lift?")));
        var text = Answer(60, ("user", Passages + "\n\nHow many tonnes does the largest crane lift?"));
        Assert.True(text.Split("80 tonnes").Length > 2, text);
    }

    [Fact]
    public void Without_a_passage_that_answers_it_says_so() =>
        Assert.Equal("The passages given do not answer this question.", Answer(8, ("user", "Who wrote the opera?")));

    [Fact]
    public void Overlapping_chunks_do_not_make_it_say_the_same_twice()
    {
        const string Sentence = "The largest crane lifts 80 tonnes.";
        var text = Answer(12, ("user", $"[1] {Sentence} Another crane rests.\n[2] {Sentence}\n\nQuestion: How much does the largest crane lift?"));
        Assert.Single(text.Split(Sentence).Skip(1));
    }

    [Fact]
    public void Any_text_survives_the_stream_token_by_token()
    {
        const string Odd = "The \"quoted\\path\" costs 5 € 😀😀😀😀😀😀😀😀😀😀😀 donaudampfschifffahrtsgesellschaft\u0001.";
        var text = TokenText.Compose([new("user", Odd + "\n\nWhat costs quoted path?")], 10);
        var joined = new StringBuilder();
        for (var i = 0; i < text.Count; i++)
            joined.Append(JsonSerializer.Deserialize<string>($"\"{Encoding.UTF8.GetString(text[i])}\""));
        Assert.StartsWith(Odd[..^1], joined.ToString());
        Assert.DoesNotContain('\uFFFD', joined.ToString());
    }

    [Fact]
    public void Prompt_tokens_are_the_words_of_all_messages() =>
        Assert.Equal(7, TokenText.Compose([new("system", "Be brief."), new("user", "One two.\n\nQuestion: three four?")], 1).PromptTokens);
}
