using Rag.Extraction;
using Rag.Generation;
using Xunit;

namespace Rag.Tests.Extraction;

public class ExtractiveAnswererTests
{
    private static readonly string[] Passages =
    [
        "Tides rise and fall twice a day. The moon's gravity causes the tides, with help from the sun. Fishermen know them well.",
        "Dr. Smith measured the pressure, e.g. at 3.5 km depth. The pressure was 352 bar! Was it expected? Yes.",
        "# Batteries\nThe Orion battery\nlasts 41 hours.\n\n- It charges in 2 hours.\n- It weighs 3 kg.",
    ];

    [Theory]
    [InlineData("What causes the tides?", "The moon's gravity causes the tides, with help from the sun. [1]")]
    [InlineData("How high was the pressure that was measured?", "Dr. Smith measured the pressure, e.g. at 3.5 km depth. [2]")]
    [InlineData("How long does the Orion battery last?", "The Orion battery lasts 41 hours. [3]")]
    [InlineData("how much does it weigh", "- It weighs 3 kg. [3]")]
    public async Task The_sentence_that_covers_the_question_best_answers_with_its_passage(string question, string answer) =>
        Assert.StartsWith(answer, (await AnswerAsync(question)).Text);

    [Theory]
    [InlineData("Who wrote Hamlet?")]
    [InlineData("what is it")]
    [InlineData("???")]
    public async Task What_the_passages_do_not_hold_is_said_to_be_not_found(string question) =>
        Assert.Equal(ExtractiveAnswerer.NotFound, (await AnswerAsync(question)).Text);

    [Fact]
    public async Task Without_passages_nothing_is_found() => Assert.Equal(ExtractiveAnswerer.NotFound, (await AnswerAsync("What causes the tides?", [])).Text);

    [Fact]
    public async Task A_sentence_that_two_passages_share_is_said_once() =>
        Assert.Equal("The moon causes tides. [1]", (await AnswerAsync("What causes tides?", ["The moon causes tides.", "The moon causes tides."])).Text);

    [Fact]
    public async Task Pieces_are_words_and_the_end_counts_them()
    {
        var (text, pieces, end) = await AnswerAsync("What causes the tides?");
        Assert.Equal(text.Split(' ').Length, pieces);
        Assert.Equal((pieces, "stop", "extractive"), (end.CompletionTokens, end.FinishReason, end.Model));
    }

    [Fact]
    public async Task An_answer_over_its_tokens_is_cut_and_says_so()
    {
        var (text, pieces, end) = await AnswerAsync("What causes the tides?", maxTokens: 3);
        Assert.Equal("The moon's gravity ", text);
        Assert.Equal((3, "length"), (pieces, end.FinishReason));
    }

    [Fact]
    public void A_text_without_full_stops_is_cut_at_words()
    {
        var sentences = Sentences.Of(string.Join(' ', Enumerable.Range(0, 1000)));
        Assert.All(sentences, sentence => Assert.InRange(sentence.Length, 1, 410));
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"{i}"), sentences.SelectMany(sentence => sentence.Split(' ')));
    }

    private static async Task<(string Text, int Pieces, GenerationEnd End)> AnswerAsync(string question, string[]? passages = null, int? maxTokens = null)
    {
        var request = new GenerationRequest { Messages = [new ChatMessage("user", question)], Question = question, Passages = passages ?? Passages, MaxTokens = maxTokens };
        var events = await new ExtractiveAnswerer().GenerateAsync(request, default).ToListAsync();
        var pieces = events.OfType<GenerationText>().ToList();
        Assert.All(pieces, piece => Assert.NotEmpty(piece.Text));
        return (string.Concat(pieces.Select(p => p.Text)), pieces.Count, Assert.IsType<GenerationEnd>(events[^1]));
    }
}
