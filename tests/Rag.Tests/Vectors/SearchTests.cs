using System.Numerics.Tensors;
using System.Text.Json;
using Rag.Filters;
using Rag.Tests.Journals;
using Rag.Vectors;
using Xunit;

namespace Rag.Tests.Vectors;

public class SearchTests
{
    // No scans: the graph alone must find them.
    private static readonly VectorsOptions Graph = new() { ScanBelow = 0 };

    [Fact]
    public async Task The_graph_finds_at_least_95_of_100_true_neighbours()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder, Graph);
        var random = new Random(1);
        var documents = await Fill(index, random, 2000);
        Assert.InRange(await Make.Recall(index, documents, random), 0.95, 1);
        Assert.InRange(await Make.Recall(index, documents, random, queries: 20, topK: 200), 0.95, 1);
    }

    [Fact]
    public async Task A_small_tenant_is_searched_exactly_and_scores_are_cosines_best_first()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder);
        var random = new Random(2);
        var documents = await Fill(index, random, 100);
        for (var q = 0; q < 20; q++)
        {
            var query = Make.Vector(random);
            var exact = Make.Exact(documents, query, 50);
            var found = await Make.Search(index, query, 50);
            Assert.Equal(exact.Select(h => (h.DocumentId, h.Ordinal)), found.Select(h => (h.DocumentId, h.Ordinal)));
            Assert.All(exact.Zip(found), pair => Assert.Equal(pair.First.Score, pair.Second.Score, 1e-5f));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(999)]
    [InlineData(1000)]
    public async Task As_many_as_asked_for_come_back_each_once(int topK)
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder, Graph);
        var random = new Random(3);
        await Fill(index, random, 2400);
        var found = await Make.Search(index, Make.Vector(random), topK);
        Assert.Equal(topK, found.Distinct().Count());
    }

    [Fact]
    public async Task A_thousand_equal_chunks_do_not_hide_the_rest()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder, Graph);
        var random = new Random(4);
        var others = await Fill(index, random, 1000);
        var same = Make.Vector(random);
        for (var i = 0; i < 50; i++)
            await Make.Replace(index, new DocumentVectors("t", $"same-{i}", 1, Make.Model, [.. Enumerable.Repeat(same, 20)], Make.NoMetadata));
        others.AddRange(await Fill(index, random, 1000, "later")); // 7000 chunks: too many for a scan at any top_k
        double sum = 0;
        for (var q = 0; q < 200; q++)
        {
            var query = Make.Vector(random);
            var exact = Make.Exact(others, query, 5).Select(hit => hit.Score).Concat(Enumerable.Repeat(TensorPrimitives.Dot(same, query), 1000)).OrderDescending().Take(5).ToList();
            sum += (await Make.Search(index, query, 5)).Count(hit => hit.Score >= exact[^1] - 1e-5f) / 5.0;
        }

        Assert.InRange(sum / 200, 0.95, 1);
        Assert.Equal(1000, (await Make.Search(index, same, 1000)).Count(hit => hit.Score > 0.999f));
    }

    [Theory]
    [InlineData("""{"rare":true}""")]
    [InlineData("""{"half":1}""")]
    [InlineData("""{"kind":{"$in":["a","b"]},"rare":{"$ne":true}}""")]
    [InlineData("""{"cluster":"far"}""")]
    public async Task A_filter_gives_the_nearest_of_what_matches_whatever_its_share(string json)
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder, Graph);
        var random = new Random(5);
        var filter = MetadataFilter.Parse(JsonDocument.Parse(json).RootElement)!;
        var documents = new List<DocumentVectors>();
        for (var i = 0; i < 1500; i++)
        {
            var metadata = new Dictionary<string, MetadataValue> { ["half"] = i % 2, ["kind"] = "abc"[i % 3].ToString() };
            if (i % 100 == 0)
                metadata["rare"] = true;
            if (i < 700)
                metadata["cluster"] = "far"; // correlated with the place in space: see below
            var document = Make.Document($"d{i}", 1, random, metadata: metadata);
            if (i < 700)
                foreach (var chunk in document.Chunks)
                    for (var d = 0; d < chunk.Length; d++)
                        chunk[d] = -chunk[d];
            documents.Add(document);
        }

        await Make.Replace(index, [.. documents]);
        var matching = documents.Where(d => filter.Matches(d.Metadata)).ToList();
        Assert.InRange(await Make.Recall(index, matching, random, queries: 50, filter: filter), 0.95, 1);
        var ids = matching.Select(d => d.DocumentId).ToHashSet();
        Assert.All(await Make.Search(index, Make.Vector(random), 100, filter: filter), hit => Assert.Contains(hit.DocumentId, ids));
    }

    [Fact]
    public async Task A_filter_that_nothing_matches_finds_nothing()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder, Graph);
        var random = new Random(6);
        await Fill(index, random, 300);
        Assert.Empty(await Make.Search(index, Make.Vector(random), filter: MetadataFilter.Parse(JsonDocument.Parse("""{"a":1}""").RootElement)));
    }

    [Fact]
    public async Task Tenants_never_see_each_other()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder, Graph);
        var random = new Random(7);
        for (var i = 0; i < 300; i++)
            await Make.Replace(index, Make.Document($"a{i}", 1, random, tenant: "a"), Make.Document($"b{i}", 1, random, tenant: "b"));
        var query = Make.Vector(random);
        Assert.All(await Make.Search(index, query, 500, "a"), hit => Assert.StartsWith("a", hit.DocumentId));
        Assert.All(await Make.Search(index, query, 500, "b"), hit => Assert.StartsWith("b", hit.DocumentId));
        Assert.Empty(await Make.Search(index, query, 500, "c"));
    }

    [Fact]
    public async Task The_same_calls_with_the_same_seed_give_the_same_answers_and_the_same_memory()
    {
        var runs = new List<(List<VectorHit> Hits, long Bytes)>();
        for (var run = 0; run < 2; run++)
        {
            using var folder = new TestFolder();
            using var index = Make.Index(folder, new VectorsOptions { ScanBelow = 0, SearchBreadth = 8, InsertBreadth = 8, Links = 4 });
            var random = new Random(8);
            await Fill(index, random, 800);
            var hits = new List<VectorHit>();
            for (var q = 0; q < 50; q++)
                hits.AddRange(await Make.Search(index, Make.Vector(random)));
            runs.Add((hits, (await index.DescribeAsync(default)).Bytes));
        }

        Assert.Equal(runs[0].Hits, runs[1].Hits);
        Assert.Equal(runs[0].Bytes, runs[1].Bytes);
    }

    internal static async Task<List<DocumentVectors>> Fill(IVectors index, Random random, int documents, string prefix = "d")
    {
        var made = Enumerable.Range(0, documents).Select(i => Make.Document($"{prefix}{i}", 1, random)).ToList();
        foreach (var batch in made.Chunk(100))
            await Make.Replace(index, batch);
        return made;
    }
}
