using Rag.Errors;
using Rag.Reranking;
using Rag.Search;
using Xunit;

namespace Rag.Tests.Reranking;

public class RerankingTests
{
    private static async Task<IReadOnlyList<SearchResult>> Rerank(string query, double weight, params (string Title, string Text, double Score)[] candidates) =>
        await new BuiltInReranking(new RerankingOptions { Weight = weight }).RerankAsync(
            new RerankRequest(query, [.. candidates.Select((c, i) => new SearchResult(new($"{i}", 1, 0), c.Title, c.Text, c.Score))]), default);

    private static string Ids(IEnumerable<SearchResult> results) => string.Join(' ', results.Select(r => r.Key.DocumentId));

    [Theory]
    [InlineData("load line of ships", "crane harbour tide", "the load line of a ship")] // coverage
    [InlineData("load line", "a line was drawn under the load", "the load line was drawn under it")] // pairs in order
    [InlineData("anchor chain", "anchor one two three four five six seven eight nine chain", "anchor heavy big chain one two three four five six seven eight nine")] // proximity
    [InlineData("dose of 32 mg", "the dose was 64 mg", "the dose was 32 mg")] // numbers
    public async Task Of_equally_scored_texts_the_one_that_fits_more_closely_comes_first(string query, string worse, string better) =>
        Assert.Equal("1 0", Ids(await Rerank(query, 1, ("", worse, 1), ("", better, 1))));

    [Fact]
    public async Task A_title_on_the_matter_counts() =>
        Assert.Equal("1 0", Ids(await Rerank("load line", 1, ("Cranes", "The load line.", 1), ("The load line", "The load line.", 1))));

    [Fact]
    public async Task A_rare_word_counts_more_than_a_frequent_one() =>
        Assert.Equal("2 0 1", Ids(await Rerank("ship keel", 1, ("", "ship", 1), ("", "ship", 1), ("", "keel", 1))));

    [Fact]
    public async Task Without_weight_and_without_known_words_the_order_stays()
    {
        (string, string, double)[] candidates = [("", "nothing", 3), ("", "load line", 2), ("", "line", 1)];
        Assert.Equal("0 1 2", Ids(await Rerank("load line", 0, candidates)));
        Assert.Equal("0 1 2", Ids(await Rerank("the of", 10, candidates)));
    }

    [Fact]
    public async Task All_come_back_and_scores_fall()
    {
        var results = await Rerank("ship", 0.5, [.. Enumerable.Range(0, 200).Select(i => ("", i % 3 == 0 ? "ship" : "sea", (double)(i * 7919 % 200)))]);
        Assert.Equal(200, results.Select(r => r.Key).Distinct().Count());
        Assert.Equal(results.Select(r => r.Score).OrderDescending(), results.Select(r => r.Score));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(201)]
    public async Task Too_few_and_too_many_candidates_are_refused(int count)
    {
        var error = await Assert.ThrowsAsync<RagException>(() => Rerank("x", 1, [.. Enumerable.Repeat(("", "x", 1.0), count)]));
        Assert.Equal($"reranking: {count} candidates given; allowed are 1 to 200", error.Message);
    }
}
