using Rag.Keywords;
using Rag.Reranking;
using Rag.Search;
using Rag.Tests.Onnx.Tiny;
using Xunit;

namespace Rag.Tests.Onnx;

/// <summary>A cross-encoder made here scores as a plain computation does.</summary>
public class OnnxRerankingTests
{
    [Theory]
    [InlineData(TinyHead.Score)]
    [InlineData(TinyHead.TwoScores)]
    public async Task Pairs_are_scored_and_ordered_as_by_a_plain_computation(TinyHead head)
    {
        using var folder = new TinyFolder(head: head, pooling: null);
        await using var opened = OpenModel.Reranking(folder, ("reranking:batch_texts", "5"));
        var random = new Random(3);
        var candidates = Enumerable.Range(0, 30).Select(i => new SearchResult(new ChunkKey($"d{i}", 1, 0), i % 2 == 0 ? "" : TinyFolder.Text(random, 3), TinyFolder.Text(random, 1 + i % 25), 1)).ToList();
        var reply = await opened.Service.RerankAsync(new RerankRequest("the tide in the harbour", candidates), default);
        var expected = candidates.Select(candidate => (candidate.Key, Score: Score(folder, head, "the tide in the harbour", $"{candidate.Title} {candidate.Text}".Trim())))
            .OrderByDescending(scored => scored.Score).ToList();
        Assert.Equal(expected.Select(e => e.Key), reply.Select(r => r.Key));
        Assert.All(expected.Zip(reply), pair => Assert.InRange(Math.Abs(pair.First.Score - pair.Second.Score), 0, 1e-5));
    }

    [Fact]
    public async Task A_pair_that_is_too_long_loses_the_longer_ones_end()
    {
        using var folder = new TinyFolder(head: TinyHead.Score, pooling: null);
        await using var opened = OpenModel.Reranking(folder, ("reranking:max_tokens", "20"));
        var passage = TinyFolder.Text(new Random(4), 60);
        var reply = await opened.Service.RerankAsync(new RerankRequest("the sea", [new SearchResult(new ChunkKey("d", 1, 0), "", passage, 1)]), default);
        Assert.InRange(Math.Abs(reply[0].Score - Score(folder, TinyHead.Score, "the sea", string.Join(' ', passage.Split(' ').Take(15)))), 0, 1e-5);
    }

    private static double Score(TinyFolder folder, TinyHead head, string query, string passage)
    {
        var scores = TinyBertReference.Scores(folder.Bert, TinyBertReference.Tokens(folder.Bert, TinyFolder.Ids(query, passage), TinyFolder.Ids(query).Length));
        return 1 / (1 + Math.Exp(-(head == TinyHead.Score ? scores[0] : scores[1] - scores[0])));
    }
}
