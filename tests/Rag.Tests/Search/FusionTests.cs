using Rag.Keywords;
using Rag.Search;
using Rag.Vectors;
using Xunit;

namespace Rag.Tests.Search;

public class FusionTests
{
    // Keywords 10, 6, 2 → 1, 0.5, 0. Vectors 0.9, 0.5, 0.1 → 1, 0.5, 0, times the weight.
    [Theory]
    [InlineData("a10 b6 c2", "c.9 b.5 d.1", 0.5, "a=1 b=0.75 c=0.5 d=0")]
    [InlineData("a10 b6 c2", "c.9 b.5 d.1", 2.0, "c=2 b=1.5 a=1 d=0")]
    [InlineData("a10 b6 c2", "", 0.5, "a=1 b=0.5 c=0")]
    [InlineData("", "c.9 b.5 d.1", 0.5, "c=1 b=0.5 d=0")]
    [InlineData("", "", 0.5, "")]
    [InlineData("a3", "b.5", 0.5, "a=1 b=0.5")]
    [InlineData("b3 a3", "", 0.5, "a=1 b=1")]
    [InlineData("a3 b1", "b.5 a.5", 0.5, "a=1.5 b=0.5")]
    [InlineData("a3 b1", "c.5", 0, "a=1 b=0 c=0")]
    public void Scores_are_scaled_weighted_and_added(string keywords, string vectors, double weight, string fused)
    {
        var result = Fusion.Fuse(
            [.. Split(keywords).Select(h => new KeywordHit(h[..1], 1, 0, float.Parse(h[1..])))],
            [.. Split(vectors).Select(h => new VectorHit(h[..1], 1, 0, float.Parse(h[1..])))], weight);
        Assert.Equal(fused, string.Join(' ', result.Select(r => $"{r.Key.DocumentId}={Math.Round(r.Score, 6)}")));
    }

    [Fact]
    public void While_an_update_is_half_way_only_the_newest_version_is_shown()
    {
        var result = Fusion.Fuse([new("a", 2, 0, 3), new("b", 1, 0, 1)], [new("a", 1, 0, 0.9f), new("a", 1, 1, 0.8f), new("b", 1, 0, 0.1f)], 1);
        Assert.Equal(["a:2:0", "b:1:0"], result.Select(r => r.Key.ToString()));
    }

    private static string[] Split(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
