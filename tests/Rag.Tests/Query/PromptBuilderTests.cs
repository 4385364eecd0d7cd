using Rag.Generation;
using Rag.Keywords;
using Rag.Query;
using Rag.Search;
using Xunit;

namespace Rag.Tests.Query;

public class PromptBuilderTests
{
    [Fact]
    public void Passages_are_numbered_from_one_in_their_order_and_the_question_comes_last()
    {
        var messages = PromptBuilder.Build("Why?", [new ChatMessage("user", "earlier")], [Passage("First", "aaa"), Passage("", "bbb")], 1000);
        Assert.Equal(["system", "user", "user"], messages.Select(m => m.Role));
        Assert.Equal("earlier", messages[1].Content);
        Assert.Equal("Passages:\n[1] First: aaa\n\n[2] bbb\n\nQuestion: Why?", messages[2].Content);
    }

    [Theory]
    [InlineData(300)]
    [InlineData(1000)]
    [InlineData(4000)]
    public void The_prompt_stays_within_its_budget(int tokens)
    {
        var history = Enumerable.Range(0, 20).Select(i => new ChatMessage("user", new string('h', 300))).ToList();
        var passages = Enumerable.Range(0, 20).Select(_ => Passage("Title", new string('p', 900))).ToList();
        var messages = PromptBuilder.Build("Why is it so?", history, passages, tokens);
        Assert.InRange(messages.Sum(m => m.Content.Length) / PromptBuilder.CharactersPerToken, tokens / 2, tokens + 20);
        Assert.Contains("[1] Title: ppp", messages[^1].Content);
        Assert.EndsWith("Question: Why is it so?", messages[^1].Content);
    }

    [Fact]
    public void The_latest_turns_are_kept_when_not_all_fit()
    {
        var history = Enumerable.Range(0, 10).Select(i => new ChatMessage("user", $"{i}{new string('h', 400)}")).ToList();
        var kept = PromptBuilder.Build("Why?", history, [Passage("", "short")], 500).Skip(1).SkipLast(1).Select(m => m.Content[0]).ToList();
        Assert.Equal("6789"[(4 - kept.Count)..].ToCharArray(), kept);
        Assert.NotEmpty(kept);
    }

    private static SearchResult Passage(string title, string text) => new(new ChunkKey("d", 1, 0), title, text, 1);
}
